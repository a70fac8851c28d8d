"""The errors that phonseg raises, by what went wrong.

Every message has the form ``path: what is wrong (detail). What to do.`` A user of phonseg can act on every
`PhonsegError`. Any other exception is a mistake in phonseg itself.
"""


class PhonsegError(Exception):
    """Base of every error that phonseg raises on purpose."""


class AudioError(PhonsegError):
    """A recording cannot be read, or holds values that cannot be sound."""


class TextGridError(PhonsegError):
    """A TextGrid or another reference file cannot be read, or would not be valid if written."""


class ModelError(PhonsegError):
    """A model file cannot be read, is damaged, or does not fit this version of phonseg."""


class TrainingError(PhonsegError):
    """Training cannot start, or has failed (NaN, collapse, nothing to learn from)."""


class ConfigurationError(PhonsegError, ValueError):
    """An argument or a setting is out of its range."""


class OutputError(PhonsegError):
    """A result cannot be written."""


class PhonsegWarning(UserWarning):
    """The result can be used, but something about the input should be checked."""
