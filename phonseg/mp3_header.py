"""What the header of an MP3 file says about its length, where libsndfile, which decodes it, keeps silent.

If the header has no frame count, libsndfile guesses the length, and drops whatever lies beyond its guess; if another
MP3 file was glued to the first, it drops that too.

Sources: ID3 tag version 2.4.0; Xing, header of MP3 files of variable bit rate.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from phonseg.sound_header import CHAINED

ANOTHER = 4_096  # bytes: what is shorter is no recording, but a frame or two that were not counted


def has_frame_count(file: BinaryIO) -> bool:
    """Whether an MP3 file says how long it is (in a Xing, Info or VBRI header after the ID3 tag)."""
    file.seek(_end_of_tag(file))
    return re.search(rb"Xing|Info|VBRI", file.read(4096)) is not None


def flaw_of_mp3(file: BinaryIO) -> str:
    """Whether another MP3 file follows in the same file, after the bytes that the Xing header of the first counts."""
    start = _end_of_tag(file)
    file.seek(start)
    # A frame begins with eleven ones; the header stands in the first. Its flags 1 and 2: it counts frames, and bytes.
    header = re.search(rb"\xff[\xe0-\xff].{11,36}?(?:Xing|Info)\0\0\0(.)(.{8})", file.read(4096), re.DOTALL)
    if not header or header[1][0] & 3 != 3:
        return ""
    end = start + header.start() + int.from_bytes(header[2][4:])
    file.seek(end)
    rest = file.read(ANOTHER)
    if rest[:3] == b"TAG":  # the tag at the end of the first
        rest = rest[128:] + file.read(128)
    return CHAINED if len(rest) == ANOTHER and re.match(rb"ID3|\xff[\xe0-\xff]", rest) else ""


def _end_of_tag(file: BinaryIO) -> int:
    """Where the ID3 tag at the beginning of an MP3 file ends; 0 if there is none."""
    file.seek(0)
    head = file.read(10)
    tag = sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
    return 10 + tag if head[:3] == b"ID3" else 0
