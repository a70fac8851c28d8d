"""The errors that phonseg raises, by what went wrong.

A message says what is wrong and, where something can be done, what to do. A message about a file begins with its path.
It is one line, whatever the file is called. Any exception other than a `PhonsegError` is a mistake in phonseg itself.
"""

import re

# Control characters, line breaks, and what turns the direction of writing: they change how other text is shown.
_NOT_PRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def printable(text: str, keep: str = "") -> str:
    r"""Returns a text that can do nothing to a terminal, a table or a picture: ESC, for one, becomes `\x1b`.

    Args:
        text: such as a file name, a label or a message.
        keep: control characters that stay as they are.
    """
    return _NOT_PRINTABLE.sub(lambda it: it[0] if it[0] in keep else it[0].encode("unicode_escape").decode(), text)


class PhonsegError(Exception):
    """Base of every error that phonseg raises on purpose."""

    def __str__(self) -> str:
        """The message, in one line."""
        return printable(super().__str__())


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

    def __str__(self) -> str:
        """The message, in one line."""
        return printable(super().__str__())
