"""Folders of recordings go in; a label file and a record for each recording come out."""
