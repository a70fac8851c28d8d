"""Diarizations -> pictures of who speaks when, and players for notebooks."""
