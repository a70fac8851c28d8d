"""What can go wrong, by kind.

Every message has the form ``path: what is wrong (detail). What to do.`` A programming mistake of ours stays an
ordinary exception; whatever derives from `PhonsegError` is meant to be read by the person at the keyboard.
"""


class PhonsegError(Exception):
    """Base of every error that phonseg raises on purpose."""


class AudioError(PhonsegError):
    """A recording cannot be read, or holds something that is not sound."""


class TextGridError(PhonsegError):
    """A TextGrid or another reference file cannot be read, or would not be valid if written."""


class ModelError(PhonsegError):
    """A model file cannot be read, is damaged, or does not fit this version of phonseg."""


class TrainingError(PhonsegError):
    """Training cannot start, or went wrong (NaN, collapse, nothing to learn from)."""


class ConfigurationError(PhonsegError, ValueError):
    """An argument or a setting is out of its range."""


class OutputError(PhonsegError):
    """A result cannot be written."""


class PhonsegWarning(UserWarning):
    """The result stands, but something about the input deserves a look."""
