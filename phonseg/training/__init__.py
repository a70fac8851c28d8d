"""Recordings -> a trained model. No label can be passed to training."""
