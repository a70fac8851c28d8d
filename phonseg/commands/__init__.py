"""The commands of the command line, one in each module.

`add` adds the command's own parser; `run` does what was asked and returns the exit code. A module imports what is heavy
inside `run` alone, for `phonseg --help` loads them all.
"""
