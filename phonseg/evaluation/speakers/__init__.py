"""Turns of speakers, two of each recording, go in; scores and changes come out."""
