"""Command-line arguments -> one call of the Python API, a printed report and an exit code.

The module of a command has `EXAMPLES`, the lines under its help; `add(commands)`, which adds the command and its
options to the parser; and `run(options)`, which carries out the command and returns its exit code.
"""
