"""The bytes of a TextGrid -> its tiers, and where they lie, so that others can be added and nothing else touched.

Text is read as Praat reads it: what counts are texts in quotes, <flags> and words that begin like a number; all other
words, and whatever follows an exclamation mark, are there for people. Source:
https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from phonseg.annotation.textgrid.binary import INTERVALS, MAGIC, POINTS, WIDE, BinaryReader, Tier
from phonseg.errors import TextGridError

WORD = re.compile(  # words for people (many at once, for speed) or a token; half a text is a token, but of no kind
    r'(?:[a-zA-Z=\[][^\s"]*+(?=\s)\s*+)++|![^\r\n]*|'
    r'(?P<token>"(?:[^"]++|"")*+"(?!\S)|<[^>]*>|(?:[-+]|\.?\d)\S*|[^\s"]*+"|<)|\S+'
)
# What may stand somewhere, as messages call it. A number is short enough to be finite.
TEXT, NUMBER, COUNT = "a text between quotes", "a number", "a whole number"
CLASS, FLAG = f'"{INTERVALS}" or "{POINTS}"', "<exists> or <absent>"
KINDS = {
    TEXT: re.compile(r'".*"\Z', re.DOTALL),
    NUMBER: re.compile(r"[-+]?(?=\.?\d)\d{0,40}(?:\.\d*)?(?:[eE][-+]?\d{1,2})?\Z", re.ASCII),
    COUNT: re.compile(r"\d{1,9}(?:\.0*)?\Z", re.ASCII),
    CLASS: re.compile(rf'"(?:{INTERVALS}|{POINTS})"\Z'),
    FLAG: re.compile(r"<(?:exists|absent)>\Z"),
}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEAD = '"TextGrid"'  # the last of what every file begins with
_NEWLINE = re.compile(r"\r\n?|\n")


class GridFile(Protocol):
    """A TextGrid as it lies in its file, whose places are counted in characters, or in bytes if it is binary.

    Attributes:
        start: seconds, as it stands there.
        end: seconds, as it stands there.
        count: where the number of tiers stands.
        tiers: in their order.
    """

    start: str
    end: str
    count: slice
    tiers: Sequence[Tier]

    def bytes_of(self, place: slice) -> bytes:
        """What lies there."""

    def counted(self, number: int) -> bytes:
        """A number of tiers in this form."""

    def written(self, body: str, position: int | None) -> bytes:
        """A tier (as in the long form, from its class to its last value) in this form.

        Args:
            body: the tier.
            position: which tier of the file it becomes; None where it takes the place of one.
        """


def open_textgrid(base: bytes, path: str | Path) -> GridFile:
    """A TextGrid of any form: text (long or short; UTF-8, UTF-16 or Latin-1) or binary.

    Args:
        base: the whole file.
        path: what messages name.

    Returns:
        Its tiers and where they lie.

    Raises:
        TextGridError: with the line (the byte, if it is binary), if it is damaged; with what it is, if it is something
            else.
    """
    _check_not_blank(base, path)
    try:
        if base.startswith(MAGIC):
            return BinaryFile(base)
        _check_kind(base, path)
        return TextFile(base, path)
    except ValueError as error:
        raise TextGridError(f"{path}: is damaged ({error}). Save it again from Praat.") from error


def check_start(file: GridFile, path: str | Path, slack: float) -> None:
    """Raises TextGridError where a TextGrid starts more than `slack` seconds from 0 s."""
    if not abs(float(file.start)) <= slack:
        raise TextGridError(
            f"{path}: the TextGrid starts at {float(file.start)} s, whereas a recording starts at 0 s. "
            'Shift it in Praat (Modify > Modify times > "Shift times to...").'
        )


class TextFile:
    """A text file, long or short. Raises ValueError, with the line, if it is damaged."""

    def __init__(self, base: bytes, path: str | Path) -> None:
        self._path = path
        self._mark, self._codec, self._text = _decoded(base)
        after_head = self._text.find(_HEAD) + len(_HEAD)
        self._words = (word for word in WORD.finditer(self._text, after_head) if word["token"])
        self.start, self.end = self._take(NUMBER)[0], self._take(NUMBER)[0]
        flag = self._take(FLAG)
        count = self._take(COUNT) if flag[0] == "<exists>" else None
        self.count = slice(*(count or flag).span())
        self.tiers: Sequence[Tier] = [self._tier() for _ in range(int(float(count[0])) if count else 0)]
        if (word := next(self._words, None)) is not None:
            raise ValueError(f"{self._what_stands(word.start())}, after all that it should hold")
        self._newline = next((end for end in ("\r\n", "\n", "\r") if end in self._text), "\n")
        self._long = "xmin" in self._text[: self.count.start]
        self._before_count = "" if count else "<exists>\nsize = " if self._long else "<exists>\n"

    def bytes_of(self, place: slice) -> bytes:
        """As in `GridFile`."""
        return (b"" if place.start else self._mark) + self._encoded(self._text[place])

    def counted(self, number: int) -> bytes:
        """As in `GridFile`."""
        return self._encoded(f"{self._before_count}{number}".replace("\n", self._newline))

    def written(self, body: str, position: int | None) -> bytes:
        """As in `GridFile`."""
        lead = "" if position is None else f"\n    item [{position}]:\n        class = " if self._long else "\n"
        return self._encoded((lead + (body if self._long else "\n".join(_tokens(body)))).replace("\n", self._newline))

    def _take(self, kind: str) -> re.Match[str]:
        """The next of what counts, which must be of that kind."""
        word = next(self._words, None)
        if word is None:
            raise ValueError(f"it ends too early, in line {self._line(len(self._text))}")
        if not KINDS[kind].match(word[0]):
            raise ValueError(f"{self._what_stands(word.start())} instead of {kind}")
        return word

    def _what_stands(self, place: int) -> str:
        found = _NEWLINE.split(self._text[place : place + 40])[0].rstrip()
        return f"{_joined(found)} stands in line {self._line(place)}"

    def _line(self, place: int) -> int:
        return len(_NEWLINE.findall(self._text, 0, place)) + 1

    def _tier(self) -> Tier:
        kind, name, *_extent, count = map(self._take, (CLASS, TEXT, NUMBER, NUMBER, COUNT))
        times = [NUMBER] * (2 if kind[0] == f'"{INTERVALS}"' else 1)
        intervals, last = [], count
        for _ in range(int(float(count[0]))):
            start, *end = [float(self._take(number)[0]) for number in times]
            last = self._take(TEXT)
            intervals.append((start, end[0] if end else start, _unquoted(last[0])))
        return Tier(kind[0][1:-1], _unquoted(name[0]), slice(kind.start(), last.end()), intervals)

    def _encoded(self, part: str) -> bytes:
        try:
            return part.encode(self._codec, "surrogatepass")
        except UnicodeEncodeError as error:
            raise TextGridError(
                f"{self._path}: its encoding ({self._codec}) has no {part[error.start]!r}. Save it from Praat in UTF-8."
            ) from error


class BinaryFile:
    """A binary file. Raises ValueError, with the byte, if it is damaged."""

    def __init__(self, base: bytes) -> None:
        self._base = base
        file = BinaryReader(base, len(MAGIC))
        self.start, self.end, there = repr(file.number()), repr(file.number()), file.take(1)
        self.count = slice(file.place - 1, file.place + 4)  # with the byte that says whether there are tiers
        self.tiers: Sequence[Tier] = [file.tier() for _ in range(file.count() if there != b"\0" else 0)]

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


def _check_not_blank(data: bytes, path: str | Path) -> None:
    """Raises TextGridError where a file holds nothing, whatever it was meant to be."""
    if data.strip(b"\0 \t\r\n\v\f"):
        return
    kind = "white space" if data.strip(b"\0") else "zero bytes, as after a power cut"
    what = f"holds nothing but {kind}" if data else "is empty"
    raise TextGridError(f"{path}: {what} ({len(data)} bytes). Take another copy, or make it anew.")


def _check_kind(base: bytes, path: str | Path) -> None:
    """Raises TextGridError, with what a file is, where it does not begin as a TextGrid does."""
    utf_16 = base.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    head = base[:200].replace(b"\0", b"") if utf_16 else base[:200]
    if b'"Praat chronological TextGrid' in head:
        raise TextGridError(f"{path}: is a chronological TextGrid. Open it in Praat and save it as a text file.")
    found = re.match(rb"ooBinaryFile.(\w+)", base, re.DOTALL) or re.search(rb'ooTextFile[^"]*"\s+[^"]*("[^"]*")', head)
    if found is None:
        raise TextGridError(f"{path}: is not a Praat TextGrid (begins with {base[:20]!r}). Save it again from Praat.")
    if found[1] != _HEAD.encode():
        kind = found[1].decode("latin-1").strip('"')
        raise TextGridError(
            f"{path}: is a Praat file, but not a TextGrid ({kind}). Open it in Praat and save the TextGrid alone."
        )


def _decoded(base: bytes) -> tuple[bytes, str, str]:
    """Byte order mark, encoding and text, in which surrogates stay where they were encoded one by one."""
    mark, codec = next(((mark, codec) for mark, codec in _MARKS if base.startswith(mark)), (b"", "utf-8"))
    try:
        return mark, codec, base[len(mark) :].decode(codec, "surrogatepass")
    except UnicodeDecodeError as error:
        if mark:
            raise ValueError(f"from byte {len(mark) + error.start} on it is not {codec}") from error
        return b"", "latin-1", base.decode("latin-1")


def _tokens(text: str) -> list[str]:
    return [word["token"] for word in WORD.finditer(text) if word["token"]]


def _unquoted(token: str) -> str:
    """The text of a token, with the ends of lines that Praat gives it."""
    return _joined(_NEWLINE.sub("\n", token[1:-1].replace('""', '"')))


def _joined(text: str) -> str:
    """The text with the character that two surrogates stand for in their place, and U+FFFD in that of a single one."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _binary_text(token: str) -> bytes:
    text = _unquoted(token)
    if text.isascii():
        return struct.pack(">H", len(text)) + text.encode()
    return struct.pack(">HH", WIDE, len(text)) + text.encode("utf-16-be")
