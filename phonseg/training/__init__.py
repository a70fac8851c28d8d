"""Recordings go in; a trained model comes out. No label can be passed."""
