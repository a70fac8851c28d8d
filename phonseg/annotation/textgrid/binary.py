"""Bytes of Praat's binary form -> numbers, texts and tiers.

All numbers are big-endian. A text is its length (16 bits) and its characters, one byte each; where 0xffff stands for
the length, that follows, and the characters are in UTF-16. Source: the files that Praat writes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from phonseg.annotation.intervals import Interval

MAGIC = b"ooBinaryFile\x08TextGrid"
WIDE = 0xFFFF  # in the place of a length
INTERVALS, POINTS = "IntervalTier", "TextTier"  # the two classes of tier


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of a TextGrid, in any form.

    Attributes:
        kind: its class, `INTERVALS` or `POINTS`.
        name: as it stands in the file.
        place: from its class to its last value.
        intervals: as they stand in the file; a point starts and ends at its time.
    """

    kind: str
    name: str
    place: slice
    intervals: Sequence[Interval]


class BinaryReader:
    """Goes through bytes from a place on.

    Attributes:
        place: of the next byte.

    Raises:
        ValueError: with the place, where the bytes end too early or hold no tier.
    """

    def __init__(self, content: bytes, place: int) -> None:
        self.content = content
        self.place = place

    def take(self, length: int) -> bytes:
        """The next bytes."""
        taken = self.content[self.place : self.place + length]
        if len(taken) < length:
            raise ValueError(f"it ends too early, at byte {len(self.content)}")
        self.place += length
        return taken

    def number(self) -> float:
        """The next number."""
        return float(struct.unpack(">d", self.take(8))[0])

    def count(self) -> int:
        """How many of something follow."""
        return int.from_bytes(self.take(4), "big")

    def text(self) -> str:
        """The next text."""
        length = int.from_bytes(self.take(2), "big")
        if length != WIDE:
            return self.take(length).decode("latin-1")
        units = b""
        for _ in range(int.from_bytes(self.take(2), "big")):
            unit = self.take(2)
            # A character beyond the first 65 536 is two units, and is counted once.
            units += unit + (self.take(2) if 0xD8 <= unit[0] <= 0xDB else b"")
        return units.decode("utf-16-be", errors="replace")

    def tier(self) -> Tier:
        """The next tier."""
        first = self.place
        kind, name = self.take(self.take(1)[0]).decode("latin-1"), self.text()
        if kind not in (INTERVALS, POINTS):
            raise ValueError(f"at byte {first} there is no tier")
        self.take(16)  # its own start and end
        intervals = []
        for _ in range(self.count()):
            start = self.number()
            intervals.append((start, self.number() if kind == INTERVALS else start, self.text()))
        return Tier(kind, name, slice(first, self.place), intervals)
