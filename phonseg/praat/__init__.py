"""Praat's plug-in: its scripts, and the answers to its requests."""
