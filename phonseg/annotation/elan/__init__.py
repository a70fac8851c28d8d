"""ELAN's files: bytes -> tiers -> `Segmentation`, and back."""
