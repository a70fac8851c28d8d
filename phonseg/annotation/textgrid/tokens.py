"""Praat's text form -> its tokens.

As in Praat, only texts in quotes, <flags> and words that begin like a number count. All other words, and the rest of a
line after an exclamation mark, are comments. Source:
https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from __future__ import annotations

import re

from phonseg.annotation.encodings import whole_characters
from phonseg.annotation.intervals import NUMBER
from phonseg.annotation.textgrid.tier import INTERVALS, POINTS

# Comments (many words at once, for speed) or a token. A text without its second quote is a token of no kind.
WORD = re.compile(
    r'(?:[a-zA-Z=\[][^\s"]*+(?=\s)\s*+)++|![^\r\n]*|'
    r'(?P<token>"(?:[^"]++|"")*+"(?!\S)|<[^>]*>|(?:[-+]|\.?\d)\S*|[^\s"]*+"|<)|\S+'
)
NEWLINE = re.compile(r"\r\n?|\n")

# The kinds of token: their names in messages, and their patterns.
Kind = tuple[str, re.Pattern[str]]
TEXT: Kind = "a text between quotes", re.compile('".*"', re.DOTALL)
CLASS: Kind = f'"{INTERVALS}" or "{POINTS}"', re.compile(f'"(?:{INTERVALS}|{POINTS})"')
COUNT: Kind = "a whole number", re.compile(r"\d{1,9}(?:\.0*)?", re.ASCII)
TIME: Kind = "a number", NUMBER


class Tokens:
    """The tokens of a text, one after the other.

    Args:
        text: the whole file.
        start: where the first token may stand, in characters.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._words = (word for word in WORD.finditer(text, start) if word["token"])
        self._next = next(self._words, None)

    def peek(self) -> re.Match[str] | None:
        """Returns the next token, and stays before it; None at the end of the text."""
        return self._next

    def take(self, kind: Kind) -> re.Match[str]:
        """Returns the next token, and goes on.

        Args:
            kind: that it must be of.

        Raises:
            ValueError: with the line, if it is of another kind or there is none.
        """
        token, (name, pattern) = self._next, kind
        if token is None:
            raise ValueError(f"it ends too early, in {self.place()}")
        if not pattern.fullmatch(token[0]):
            raise ValueError(f"{self._what_stands()} instead of {name}")
        self._next = next(self._words, None)
        return token

    def end(self) -> None:
        """Raises ValueError, with the line, if there is one more token."""
        if self._next:
            raise ValueError(f"{self._what_stands()}, after the last value")

    def place(self) -> str:
        """Returns the line in which the next token stands, or the last line, such as "line 3"."""
        at = self._next.start() if self._next else len(self._text)
        lines = self._text.count("\n", 0, at) + self._text.count("\r", 0, at) - self._text.count("\r\n", 0, at)
        return f"line {lines + 1}"

    def _what_stands(self) -> str:
        at = self._next.start() if self._next else len(self._text)
        found = NEWLINE.split(self._text[at : at + 40])[0].rstrip()
        return f"{whole_characters(found)} stands in {self.place()}"


def tokens(text: str) -> list[str]:
    """Returns the tokens of a text, without comments.

    Args:
        text: in Praat's text form, long or short.
    """
    return [word["token"] for word in WORD.finditer(text) if word["token"]]


def unquoted(token: str) -> str:
    """Returns the text that a token in quotes stands for, in which lines end with a newline, as in Praat.

    Args:
        token: with its quotes.
    """
    return whole_characters(NEWLINE.sub("\n", token[1:-1].replace('""', '"')))
