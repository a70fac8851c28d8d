"""Whole files, folders, processes, warnings and standard error: what the operating system does for phonseg."""
