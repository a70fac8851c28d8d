"""Folders of recordings -> a label file and a record for each recording."""
