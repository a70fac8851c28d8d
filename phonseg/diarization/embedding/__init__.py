"""Frames of speech come in, a vector for each window comes out; those of one speaker are alike."""
