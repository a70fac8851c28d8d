"""Praat's plug-in: its scripts, and the answers to what it asks."""
