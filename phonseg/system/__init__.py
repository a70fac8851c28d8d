"""Whole files, folders, processes, warnings and standard streams: what the operating system does for phonseg."""
