"""A path, an open file, an array or a Sound goes in; blocks of samples of all channels come out."""
