"""Two files, or two folders, go in; the pairs that belong together come out, each of them compared."""
