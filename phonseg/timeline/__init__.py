"""What lies in time: frame grids, curves, candidates and segmentations, as frozen types that know nothing of files."""
