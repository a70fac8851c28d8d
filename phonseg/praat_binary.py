"""TextGrids in Praat's binary form.

All numbers are big-endian. A text is its length (16 bits) and its characters, one byte each; where 0xffff stands for
the length, that follows, and the characters are in UTF-16. Source: the files that Praat writes.
"""

from __future__ import annotations

import struct

Interval = tuple[float, float, str]  # start, end (seconds), label
Tier = tuple[str, list[Interval] | None]  # name, intervals (None: a tier of points)
Grid = tuple[float, float, list[Tier]]  # start, end (seconds), tiers

MAGIC = b"ooBinaryFile\x08TextGrid"
WIDE = 0xFFFF  # in the place of a length


def read_binary(content: bytes) -> Grid:
    """What a file that begins with `MAGIC` holds. Raises ValueError, with the reason, if it is damaged."""
    file = BinaryReader(content, len(MAGIC))
    start, end = file.number(), file.number()
    there = file.take(1) != b"\0"
    return start, end, [read_tier(file) for _ in range(file.count())] if there else []


def read_tier(file: BinaryReader) -> Tier:
    """The tier at the place of the reader."""
    kind, name = file.take(file.take(1)[0]), file.text()
    file.take(16)  # its own start and end
    if kind == b"IntervalTier":
        return name, [(file.number(), file.number(), file.text()) for _ in range(file.count())]
    if kind == b"TextTier":
        for _ in range(file.count()):
            file.number()
            file.text()
        return name, None
    raise ValueError(f"at byte {file.place} there is no tier")


class BinaryReader:
    """Goes through bytes from a place on."""

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
        return int.from_bytes(self.take(4), "big", signed=True)

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
