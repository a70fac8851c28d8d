"""Reads and writes files of turns (TextGrid, RTTM, CSV, JSON), and reads those of ELAN and Audacity, too."""
