"""Praat's TextGrids: bytes -> tiers -> `Segmentation`, and back; tiers can be added to a file that exists already."""
