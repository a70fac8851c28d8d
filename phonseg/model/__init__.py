"""A recording and a model go in; a segmentation comes out."""
