"""Praat's TextGrids: one parser, one reader, one writer."""
