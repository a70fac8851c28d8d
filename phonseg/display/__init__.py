"""Segmentations and scores -> pictures, and players for notebooks."""
