"""Reads label files (TextGrid, TIMIT, Buckeye, ELAN, CSV and others) into segmentations, and writes segmentations."""
