"""The errors that phonseg raises, by what went wrong.

A message says what is wrong and, where something can be done, what to do. A message about a file begins with its path.
Any exception other than a `PhonsegError` is a mistake in phonseg itself.
"""


class PhonsegError(Exception):
    """Base of every error that phonseg raises on purpose."""


class AudioError(PhonsegError):
    """A recording is missing, cannot be read, lacks a channel, or holds values that cannot be sound."""


class TextGridError(PhonsegError):
    """A label file, such as a TextGrid, cannot be read, or could not hold what is to be written."""


class ModelError(PhonsegError):
    """A model file cannot be read, is damaged, or does not fit this version of phonseg."""


class TrainingError(PhonsegError):
    """Training cannot start, or has failed (NaN, collapse, nothing to learn from)."""


class ConfigurationError(PhonsegError, ValueError):
    """An argument or a setting is out of its range, or needs what is missing (a package, candidates)."""


class OutputError(PhonsegError):
    """A result cannot be written."""


class PhonsegWarning(UserWarning):
    """The result can be used, but something about the input should be checked."""
