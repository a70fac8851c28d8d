"""Label files go in and segmentations come out; segmentations go in and label files come out."""
