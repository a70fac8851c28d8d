"""Frames go in; the dissimilarity curve, its peaks and the stretches of speech come out."""
