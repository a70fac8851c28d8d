"""Recordings -> what networks learn from: contrastive losses, and pseudo-labels with their losses."""
