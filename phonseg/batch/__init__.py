"""Folders of recordings -> label files or sound files, and a record for each recording."""
