"""Frames of speech come in, a vector for each window comes out, in which speakers differ and the windows of one do not."""
