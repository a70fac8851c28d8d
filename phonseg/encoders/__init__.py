"""Samples go in; one vector for each frame comes out."""
