"""A path, an open file, an array or a Praat Sound -> blocks of samples of all its channels."""
