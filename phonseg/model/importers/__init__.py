"""Checkpoints of other programs go in; models of phonseg come out."""
