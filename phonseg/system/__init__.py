"""What the operating system does for phonseg: files, folders, processes, warnings and standard error."""
