"""Recordings come in, what tells speakers apart comes out; no label can be passed."""
