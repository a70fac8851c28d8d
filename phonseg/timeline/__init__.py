"""Frame grids, curves, candidates and segmentations: frozen types for what lies in time. No file is read."""
