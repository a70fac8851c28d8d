"""Command-line arguments go in; one call of the Python API, its words and an exit code come out."""
