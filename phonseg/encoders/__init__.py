"""Samples -> frames: one vector for every 10 ms, from an encoder that plugs in."""
