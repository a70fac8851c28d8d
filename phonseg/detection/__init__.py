"""Frames -> dissimilarity curve -> peaks; loudness -> regions of speech and their audible parts."""
