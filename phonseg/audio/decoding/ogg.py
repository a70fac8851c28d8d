"""An Ogg file -> whether pages of it are missing or damaged, which libsndfile does not report.

Source: S. Pfeiffer, The Ogg Encapsulation Format Version 0, RFC 3533 (2003).
"""

from __future__ import annotations

import os
import struct
import zlib

from phonseg.audio.decoding.checked_file import SeekableFile
from phonseg.audio.decoding.decoder import CHAINED

UNENDED = "it has no end mark: it was cut short, or never finished"
BROKEN = "a part of it is missing or damaged, so all times after it are too early"
FIRST_PAGE, LAST_PAGE = 2, 4  # flags of a page: where a stream begins and ends
REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))  # each byte with its bits in reverse order


def flaw_of_ogg(file: SeekableFile) -> str:
    """Checks all pages from the first one to the end of the streams that begin there.

    Args:
        file: open for reading and seeking. Its position changes.

    Returns:
        What is wrong, as a clause for a message; empty if all is well.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    following: dict[int, int] = {}  # stream -> the number that its next page should have
    while following or file.tell() == 0:
        flags, stream, number, is_intact = _read_page(file)
        if not is_intact and file.tell() == length:
            return UNENDED
        if not is_intact or following.get(stream, number) != number:
            return BROKEN
        following[stream] = number + 1
        if flags & LAST_PAGE:
            del following[stream]
    return CHAINED if _read_page(file)[0] & FIRST_PAGE else ""


def _read_page(file: SeekableFile) -> tuple[int, int, int, bool]:
    """Reads a page: its flags, stream, number and whether its checksum is right; zeros and False if there is none."""
    head = file.read(27)
    if len(head) < 27 or head[:5] != b"OggS\0":
        return 0, 0, 0, False
    lengths = file.read(head[26])
    flags, stream, number, checksum = struct.unpack_from("<5xB8x3I", head)
    # The checksum of zlib has the bits in reverse order, and all bits inverted at the beginning and at the end.
    content = (head[:22] + bytes(4) + head[26:] + lengths + file.read(sum(lengths))).translate(REVERSED_BITS)
    found = int(f"{zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF:032b}"[::-1], 2)
    return flags, stream, number, found == checksum
