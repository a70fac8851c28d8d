"""Bytes of a TextGrid in Praat's text form, long or short -> its tiers; and new tiers -> bytes in the same form.

As in Praat, only texts in quotes, <flags> and words that begin like a number count. All other words, and the rest of a
line after an exclamation mark, are comments. Source:
https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

from phonseg.annotation.textgrid.tier import INTERVALS, POINTS, Tier
from phonseg.errors import TextGridError

# Comments (many words at once, for speed) or a token. A text without its second quote is a token of no kind.
WORD = re.compile(
    r'(?:[a-zA-Z=\[][^\s"]*+(?=\s)\s*+)++|![^\r\n]*|'
    r'(?P<token>"(?:[^"]++|"")*+"(?!\S)|<[^>]*>|(?:[-+]|\.?\d)\S*|[^\s"]*+"|<)|\S+'
)
HEAD = '"TextGrid"'  # the last token of the head that every TextGrid begins with
_NEWLINE = re.compile(r"\r\n?|\n")
_CODECS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

# The kinds of token: their names in messages, and their patterns.
_Kind = tuple[str, re.Pattern[str]]
_TEXT: _Kind = "a text between quotes", re.compile('".*"', re.DOTALL)
_CLASS: _Kind = f'"{INTERVALS}" or "{POINTS}"', re.compile(f'"(?:{INTERVALS}|{POINTS})"')
_FLAG: _Kind = "<exists> or <absent>", re.compile("<(?:exists|absent)>")
_COUNT: _Kind = "a whole number", re.compile(r"\d{1,9}(?:\.0*)?", re.ASCII)
# So few digits that the number is finite.
_NUMBER: _Kind = "a number", re.compile(r"[-+]?(?=\.?\d)\d{0,40}(?:\.\d*)?(?:[eE](?:-\d{1,9}|\+?0*\d{1,2}))?", re.ASCII)


class TextFile:
    """A TextGrid in text form: UTF-8, UTF-16 or Latin-1. Places in it are counted in characters.

    Args:
        base: the whole file.
        path: what messages name.

    Attributes:
        start: seconds, as a decimal number.
        end: seconds, as a decimal number.
        count: the place of the number of tiers.
        tiers: in the order of the file.

    Raises:
        ValueError: with the line, if the file is damaged.
    """

    def __init__(self, base: bytes, path: str | Path) -> None:
        self._path = path
        self._codec, self._text = _decoded(base)
        after_head = self._text.find(HEAD) + len(HEAD)
        self._tokens = (word for word in WORD.finditer(self._text, after_head) if word["token"])
        self.start, self.end, flag = self._take(_NUMBER)[0], self._take(_NUMBER)[0], self._take(_FLAG)
        count = self._take(_COUNT) if flag[0] == "<exists>" else None
        self.count = slice(*(count or flag).span())
        self.tiers: Sequence[Tier] = [self._tier() for _ in range(int(float(count[0])) if count else 0)]
        if token := next(self._tokens, None):
            raise ValueError(f"{self._what_stands(token.start())}, after the last value")
        self._newline = next((end for end in ("\r\n", "\n", "\r") if end in self._text), "\n")
        self._long = "xmin" in self._text[: self.count.start]
        self._before_count = "" if count else "<exists>\nsize = " if self._long else "<exists>\n"

    def bytes_of(self, place: slice) -> bytes:
        """Returns the bytes of a part of the file.

        Args:
            place: of the part, in characters.
        """
        return self._text[place].encode(self._codec, "surrogatepass")

    def counted(self, number: int) -> bytes:
        """Returns what to write in place of `count`.

        Args:
            number: of tiers.
        """
        return self._encoded(f"{self._before_count}{number}")

    def written(self, body: str, position: int | None) -> bytes:
        """Returns a tier in the form and encoding of this file.

        Args:
            body: the tier in the long form, from its class to its last value.
            position: of the tier in the file, counted from 1, if it is added at the end; None if it replaces a tier.

        Returns:
            Its bytes.

        Raises:
            TextGridError: if the encoding lacks a character of the tier.
        """
        lead = "" if position is None else f"\n    item [{position}]:\n        class = " if self._long else "\n"
        return self._encoded(lead + (body if self._long else "\n".join(tokens(body))))

    def _encoded(self, new: str) -> bytes:
        try:
            return new.replace("\n", self._newline).encode(self._codec, "surrogatepass")
        except UnicodeEncodeError as error:
            problem = f"its encoding ({self._codec}) has no {error.object[error.start]!r}"
            raise TextGridError(f"{self._path}: {problem}. Save it from Praat in UTF-8.") from error

    def _take(self, kind: _Kind) -> re.Match[str]:
        """Returns the next token, which must be of that kind."""
        token, (name, pattern) = next(self._tokens, None), kind
        if token is None:
            raise ValueError(f"it ends too early, in line {self._line(len(self._text))}")
        if not pattern.fullmatch(token[0]):
            raise ValueError(f"{self._what_stands(token.start())} instead of {name}")
        return token

    def _what_stands(self, place: int) -> str:
        found = _NEWLINE.split(self._text[place : place + 40])[0].rstrip()
        return f"{_joined(found)} stands in line {self._line(place)}"

    def _line(self, place: int) -> int:
        return len(_NEWLINE.findall(self._text, 0, place)) + 1

    def _tier(self) -> Tier:
        kind, name, *_extent, count = map(self._take, (_CLASS, _TEXT, _NUMBER, _NUMBER, _COUNT))
        times = [_NUMBER] * (2 if kind[0] == f'"{INTERVALS}"' else 1)
        intervals, last = [], count
        for _ in range(int(float(count[0]))):
            ends = [float(self._take(time)[0]) for time in times]
            last = self._take(_TEXT)
            intervals.append((ends[0], ends[-1], unquoted(last[0])))
        return Tier(kind[0][1:-1], unquoted(name[0]), slice(kind.start(), last.end()), intervals)


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
    return _joined(_NEWLINE.sub("\n", token[1:-1].replace('""', '"')))


def _joined(text: str) -> str:
    """Joins each pair of surrogates to the character that it stands for; a single one becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _decoded(base: bytes) -> tuple[str, str]:
    """The encoding, and the text with its byte order mark; surrogates that were encoded one by one stay apart."""
    codec = next((codec for mark, codec in _CODECS.items() if base.startswith(mark)), None)
    try:
        return codec or "utf-8", base.decode(codec or "utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        if codec:
            raise ValueError(f"from byte {error.start} on it is not {codec}") from error
        return "latin-1", base.decode("latin-1")
