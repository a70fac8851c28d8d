"""A container that FFmpeg reads -> where its sound should end, by the sizes that it states.

MPEG-4, Matroska, AVI and Windows Media files state the size of the part that holds the sound, unless they were written
into a pipe. FFmpeg goes by the true size of the file instead, also in the durations of AVI and Windows Media files.

Sources: ISO/IEC 14496-12; RFC 8794 and 9559 (Matroska); Microsoft, AVI RIFF File Reference; Microsoft, Advanced Systems
Format 1.2.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from phonseg.audio.decoding.checked_file import SeekableFile

MOST_PARTS = 1_000  # at the outermost level of a file, before the sound
SEGMENT = b"\x18\x53\x80\x67"  # of a Matroska file: all but its header
ASF_HEADER, ASF_DATA = (bytes.fromhex(f"{name}a6d900aa0062ce6c") for name in ("3026b2758e66cf11", "3626b2758e66cf11"))
ASF_PROPERTIES = re.escape(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + b".{8}"
ASF_BROADCAST = 1  # a flag: sizes are not known
UNKNOWN_SIZE = 0x7FFFF000  # bytes of a list of an AVI file: from here on, a size is not known
HEAD_SIZE = 65_536  # bytes in which all that is searched for lies


class Stated(NamedTuple):
    """What a container states.

    Attributes:
        end: the byte at which its sound should end; 0 if it does not say.
        seconds: how long its sound should be; None if it does not say, or FFmpeg finds it too.
    """

    end: int = 0
    seconds: float | None = None


def stated(file: SeekableFile) -> Stated:
    """Reads where the sound of a container should end.

    Args:
        file: open for reading and seeking. Its position changes.

    Returns:
        What it states; `Stated()` if it does not say.
    """
    file.seek(0)
    head = file.read(HEAD_SIZE)
    if head[:4] == b"\x1aE\xdf\xa3":
        return Stated(_end_in_matroska(file))
    if head[:16] == ASF_HEADER:
        found = re.search(ASF_PROPERTIES + b".{40}(.{8}).{8}(.{8})(.{4})", head, re.DOTALL)
        duration, lead, flags = (_number(value) for value in found.groups()) if found else (0, 0, ASF_BROADCAST)
        if flags & ASF_BROADCAST:
            return Stated()
        seconds = duration / 1e7 - lead / 1e3
        return Stated(_end_in_asf(file), seconds if seconds > 0 else None)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        counts = re.search(b"strh.{4}auds.{16}(.{4})(.{4}).{4}(.{4})", head, re.DOTALL)
        scale, rate, length = (_number(count) for count in counts.groups()) if counts else (0, 0, 0)
        return Stated(_end_in_avi(file), length * scale / rate if rate and length else None)
    return Stated(_end_in_mpeg_4(file) if head[4:8].isalpha() else 0)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _end_in_matroska(file: SeekableFile) -> int:
    start, size = 4, 0
    for name in (b"", SEGMENT):
        file.seek(start)
        head = file.read(4 + 8)
        head = head[len(name) :] if head.startswith(name) else b""
        width = 9 - head[0].bit_length() if head else 9  # of a number, by the zeros that it begins with
        if len(head) < width:
            return 0
        size = int.from_bytes(head[:width]) & (2 ** (7 * width) - 1)
        if size == 2 ** (7 * width) - 1:  # not known
            return 0
        start += len(name) + width + size
    return start


def _end_in_asf(file: SeekableFile) -> int:
    start = 0
    for name in (ASF_HEADER, ASF_DATA):
        file.seek(start)
        head = file.read(24)
        if head[:16] != name or len(head) < 24:
            return 0
        start += int.from_bytes(head[16:], "little")
    return start


def _end_in_avi(file: SeekableFile) -> int:
    """The end of the last list of sound and pictures; a large file has several, each in a RIFF of its own."""
    start = end = 0
    for _ in range(MOST_PARTS):
        file.seek(start)
        head = file.read(12)
        if len(head) < 12:
            break
        name, size, kind = struct.unpack("<4sI4s", head)
        if name == b"RIFF":
            start += 12
            continue
        start += 8 + size + size % 2
        if kind == b"movi" and size < UNKNOWN_SIZE:
            end = start
    return end


def _end_in_mpeg_4(file: SeekableFile) -> int:
    start = 0
    for _ in range(MOST_PARTS):
        file.seek(start)
        head = file.read(16)
        if len(head) < 16:
            return 0
        size, name, long_size = struct.unpack(">I4sQ", head)
        size = long_size if size == 1 else size
        start += size
        if name == b"mdat" or size < 8:
            return start if size else 0  # 0: to the end of the file, wherever it is
    return 0
