"""Bytes of a TextGrid in Praat's binary form -> its tiers; and new tiers -> bytes in the same form.

All numbers are big-endian. A text is its length (16 bits) and its characters, one byte each. If other characters
occur, 0xffff stands before the length, and the characters are in UTF-16. Source: the files that Praat writes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from phonseg.annotation.intervals import Interval
from phonseg.annotation.textgrid.tier import INTERVALS, POINTS, Tier, check_size, count_error, tier_count_error
from phonseg.annotation.textgrid.tokens import tokens, unquoted
from phonseg.errors import TextGridError

MAGIC = b"ooBinaryFile\x08TextGrid"  # the first bytes of every such file
WIDE = 0xFFFF  # stands before the length of a text in UTF-16
_CLASSES = tuple(bytes([len(kind)]) + kind.encode() for kind in (INTERVALS, POINTS))  # as a tier begins


class BinaryFile:
    """A TextGrid in binary form. Places in it are counted in bytes.

    Args:
        base: the whole file, which begins with `MAGIC`.
        path: what messages name.

    Attributes:
        start: seconds, as a decimal number.
        end: seconds, as a decimal number.
        count: the place of the number of tiers, with the byte before it, which says whether there are tiers.
        times: the places of all times, in the order of the file: each is the first of 8 bytes.
        tiers: in the order of the file.

    Raises:
        ValueError: with the byte, if the file is damaged.
    """

    def __init__(self, base: bytes, path: str | Path) -> None:
        self._base, self._path, self._read = base, path, len(MAGIC)
        self.times: list[int] = []
        self.start, self.end, flag = repr(self._number()), repr(self._number()), self._take(1)
        self.count = slice(self._read - 1, self._read + 4)
        self._held = 0  # intervals and points in the tiers read so far
        self.tiers: Sequence[Tier] = self._all_tiers(self._count() if flag != b"\0" else 0)

    def bytes_of(self, place: slice) -> bytes:
        """Returns a part of the file.

        Args:
            place: of the part, in bytes.
        """
        return self._base[place]

    def counted(self, number: int) -> bytes:
        """Returns what to write in place of `count`.

        Args:
            number: of tiers.
        """
        return struct.pack(">?i", True, number)

    def written(self, body: str, position: int | None) -> bytes:
        """Returns a tier in binary form.

        Args:
            body: the tier in the long text form, from its class to its last value.
            position: has no effect; in text files it is the position of the tier.

        Returns:
            Its bytes.

        Raises:
            TextGridError: if a text is longer than any in this form.
        """
        kind, name, start, end, count, *values = tokens(body)
        if max(map(len, (name, *values))) > WIDE + 1:  # with the two quotation marks
            problem = f"a binary TextGrid cannot hold a text of {WIDE} characters or more"
            raise TextGridError(f"{self._path}: {problem}. Save it from Praat as a text file.")
        head = struct.pack(">B", len(kind) - 2) + kind[1:-1].encode() + _binary_text(name)
        items = (_binary_text(one) if one.startswith('"') else struct.pack(">d", float(one)) for one in values)
        return head + struct.pack(">ddi", float(start), float(end), int(count)) + b"".join(items)

    def _take(self, length: int) -> bytes:
        taken = self._base[self._read : self._read + length]
        if len(taken) < length:
            raise ValueError(f"it ends too early, at byte {len(self._base)}")
        self._read += length
        return taken

    def _number(self) -> float:
        self.times.append(self._read)
        return float(struct.unpack(">d", self._take(8))[0])

    def _count(self) -> int:
        return int.from_bytes(self._take(4))

    def _text(self) -> str:
        length = int.from_bytes(self._take(2))
        if length != WIDE:
            return self._take(length).decode("latin-1")
        units = b""
        for _ in range(int.from_bytes(self._take(2))):
            unit = self._take(2)
            # A character beyond the first 65 536 is two units, and is counted once.
            units += unit + (self._take(2) if 0xD8 <= unit[0] <= 0xDB else b"")
        return units.decode("utf-16-be", errors="replace")

    def _all_tiers(self, declared: int) -> list[Tier]:
        tiers: list[Tier] = []
        while self._read < len(self._base):
            if not self._base.startswith(_CLASSES, self._read):
                if tiers:
                    last = tiers[-1]
                    raise count_error(last.kind, last.name, len(last.intervals), None, f"byte {self._read}")
                raise ValueError(f"at byte {self._read} there is no tier")
            if len(tiers) == declared:
                raise tier_count_error(declared, None, f"byte {self._read}")
            tiers.append(self._tier())
            check_size(len(tiers), 0)
        if len(tiers) < declared:
            raise tier_count_error(declared, len(tiers), f"byte {self._read}")
        return tiers

    def _tier(self) -> Tier:
        first = self._read
        kind, name = self._take(self._take(1)[0]).decode("latin-1"), self._text()
        self._number(), self._number()  # its own start and end
        declared, intervals = self._count(), list[Interval]()
        for held in range(declared):
            if self._read == len(self._base) or self._base.startswith(_CLASSES, self._read):
                raise count_error(kind, name, declared, held, f"byte {self._read}")
            start = self._number()
            intervals.append((start, self._number() if kind == INTERVALS else start, self._text()))
            self._held += 1
            check_size(0, self._held)
        return Tier(kind, name, slice(first, self._read), intervals)


def _binary_text(token: str) -> bytes:
    text = unquoted(token)
    if text.isascii():
        return struct.pack(">H", len(text)) + text.encode()
    return struct.pack(">HH", WIDE, len(text)) + text.encode("utf-16-be")
