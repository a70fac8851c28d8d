"""Where things lie in the file of a TextGrid, so that tiers can be put into it and nothing else touched.

Text is read as Praat reads it: what counts are texts in quotes, <flags> and words that begin like a number; all other
words, and whatever follows an exclamation mark, are there for people.
"""

from __future__ import annotations

import codecs
import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from phonseg.errors import TextGridError
from phonseg.praat_binary import MAGIC, WIDE, BinaryReader, read_tier

WORD = re.compile(r'![^\r\n]*|(?P<token>"(?:[^"]|"")*"|<[^>]*>|[-+]?\d\S*)|[^\s"<]\S*|["<]')
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
DIGIT = "0123456789"
NUMBER = "-+" + DIGIT
PARTS = {'"IntervalTier"': 3, '"TextTier"': 2}  # how many values an interval, or a point, has


@dataclass(frozen=True, slots=True)
class TierPlace:
    """name: of the tier. place: from its class to its last value. values: what lies there and counts (if text)."""

    name: str
    place: slice
    values: Sequence[str] = ()


class GridFile(Protocol):
    """A TextGrid as it lies in its file, whose places are counted in characters, or in bytes if it is binary.

    start, end: seconds, as they stand there. count: where the number of tiers stands.
    """

    start: str
    end: str
    count: slice
    tiers: Sequence[TierPlace]

    def bytes_of(self, place: slice) -> bytes:
        """What lies there."""

    def counted(self, number: int) -> bytes:
        """A number of tiers in this form."""

    def written(self, body: str, position: int | None) -> bytes:
        """A tier (as in the long form, from its class to its last value) in this form.

        position: which tier of the file it becomes; None where it takes the place of one.
        """


def check_not_blank(data: bytes, path: str | Path) -> None:
    """Raises TextGridError where a file holds nothing, whatever it was meant to be."""
    if data.strip(b"\0 \t\r\n\v\f"):
        return
    what = "is empty"
    if data:
        kind = "white space" if data.strip(b"\0") else "zero bytes, as after a power cut"
        what = f"holds nothing but {kind}"
    raise TextGridError(f"{path}: {what} ({len(data)} bytes). Take another copy, or make it anew.")


def opened(base: bytes, path: str | Path) -> GridFile:
    """A TextGrid of whatever form. Raises TextGridError if it is damaged, or none."""
    check_not_blank(base, path)
    return BinaryFile(base, path) if base.startswith(MAGIC) else TextFile(base, path)


class TextFile:
    """A text file, long or short."""

    def __init__(self, base: bytes, path: str | Path) -> None:
        self._path = path
        self._mark, self._codec, self._text = _decoded(base, path)
        self._words = (word for word in WORD.finditer(self._text) if word["token"])
        for wanted in ('"ooTextFile"', '"TextGrid"'):
            if self._take('"')[0] != wanted:
                raise TextGridError(f"{path}: is not a Praat TextGrid. Give a TextGrid, saved from Praat alone.")
        self.start, self.end = self._take(NUMBER)[0], self._take(NUMBER)[0]
        self._take("<")
        count = self._take(DIGIT)
        self.count = slice(*count.span())
        self.tiers: Sequence[TierPlace] = [self._tier() for _ in range(int(count[0]))]
        self._newline = next((end for end in ("\r\n", "\n", "\r") if end in self._text), "\n")
        self._long = "xmin" in self._text[: count.start()]

    def bytes_of(self, place: slice) -> bytes:
        """As in `GridFile`."""
        return (b"" if place.start else self._mark) + self._encoded(self._text[place])

    def counted(self, number: int) -> bytes:
        """As in `GridFile`."""
        return self._encoded(str(number))

    def written(self, body: str, position: int | None) -> bytes:
        """As in `GridFile`."""
        lead = "" if position is None else f"\n    item [{position}]:\n        class = " if self._long else "\n"
        return self._encoded((lead + (body if self._long else "\n".join(_tokens(body)))).replace("\n", self._newline))

    def _take(self, kind: str) -> re.Match[str]:
        """The next of what counts, which begins with one of the characters of `kind`."""
        word = next(self._words, None)
        if word is not None and word[0][0] in kind and _is_number(word[0], kind):
            return word
        line = self._text.count("\n", 0, word.start() if word else len(self._text)) + 1
        found = f"{word[0][:40]} stands in line {line}" if word else f"it ends too early, in line {line}"
        raise TextGridError(f"{self._path}: is damaged ({found}). Save it again from Praat.")

    def _tier(self) -> TierPlace:
        kind, name, *extent, count = (self._take(kind) for kind in ('"', '"', NUMBER, NUMBER, DIGIT))
        parts = PARTS.get(kind[0])
        if parts is None:
            raise TextGridError(f"{self._path}: {kind[0][:40]} is no kind of tier. Save it again from Praat.")
        kinds = [*[NUMBER] * (parts - 1), '"']
        values = [self._take(kind) for _ in range(int(count[0])) for kind in kinds]
        every = [kind, name, *extent, count, *values]
        return TierPlace(_unquoted(name[0]), slice(kind.start(), every[-1].end()), [word[0] for word in every])

    def _encoded(self, part: str) -> bytes:
        try:
            return part.encode(self._codec)
        except UnicodeEncodeError as error:
            raise TextGridError(
                f"{self._path}: its encoding ({self._codec}) has no {part[error.start]!r}. Save it from Praat in UTF-8."
            ) from error


class BinaryFile:
    """A binary file."""

    def __init__(self, base: bytes, path: str | Path) -> None:
        self._base = base
        tiers = []
        file = BinaryReader(base, len(MAGIC))
        try:
            self.start, self.end, there = repr(file.number()), repr(file.number()), file.take(1)
            self.count = slice(file.place - 1, file.place + 4)  # with the byte that says whether there are tiers
            for _ in range(file.count() if there != b"\0" else 0):
                first = file.place
                name, _intervals = read_tier(file)
                tiers.append(TierPlace(name, slice(first, file.place)))
        except ValueError as error:
            raise TextGridError(f"{path}: is damaged ({error}). Save it again from Praat.") from error
        self.tiers: Sequence[TierPlace] = tiers

    def bytes_of(self, place: slice) -> bytes:
        """As in `GridFile`."""
        return self._base[place]

    def counted(self, number: int) -> bytes:
        """As in `GridFile`."""
        return struct.pack(">?i", True, number)

    def written(self, body: str, position: int | None) -> bytes:
        """As in `GridFile`."""
        kind, name, start, end, count, *values = _tokens(body)
        head = struct.pack(">B", len(kind) - 2) + kind[1:-1].encode() + _binary_text(name)
        items = (_binary_text(one) if one.startswith('"') else struct.pack(">d", float(one)) for one in values)
        return head + struct.pack(">ddi", float(start), float(end), int(count)) + b"".join(items)


def _decoded(base: bytes, path: str | Path) -> tuple[bytes, str, str]:
    """Byte order mark, encoding and text."""
    mark, codec = next(((mark, codec) for mark, codec in _MARKS if base.startswith(mark)), (b"", "utf-8"))
    try:
        return mark, codec, base[len(mark) :].decode(codec)
    except UnicodeDecodeError as error:
        if mark:
            raise TextGridError(f"{path}: is damaged ({error}). Save it again from Praat.") from error
        return b"", "latin-1", base.decode("latin-1")


def _tokens(text: str) -> list[str]:
    return [word["token"] for word in WORD.finditer(text) if word["token"]]


def _is_number(token: str, kind: str) -> bool:
    """Whether what begins like a number is one, a whole one for `DIGIT`."""
    if kind not in (NUMBER, DIGIT):
        return True
    try:
        return math.isfinite(float(token)) and (kind is NUMBER or token.isdecimal())
    except ValueError:
        return False


def _unquoted(token: str) -> str:
    return token[1:-1].replace('""', '"')


def _binary_text(token: str) -> bytes:
    text = _unquoted(token)
    if text.isascii():
        return struct.pack(">H", len(text)) + text.encode()
    return struct.pack(">HH", WIDE, len(text)) + text.encode("utf-16-be")
