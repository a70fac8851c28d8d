"""Segmentations and scores go in; pictures and notebook players come out."""
