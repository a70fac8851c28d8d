"""The beginning of a sound file, or its pages -> how much sound there should be.

libsndfile, which decodes, keeps silent about these flaws:

- A WAV, AIFF or NIST SPHERE file is shorter than its header promises.
- The length in a WAV header was never filled in, since the sound was still being recorded (libsndfile then sees no
  sound), or is too large for its 32 bits (it then sees what lies beyond a multiple of 4 GiB, or the first 4 GiB).
- Pages of an Ogg file are missing or damaged (it leaves them out).
- An MP3 header has no frame count (it guesses the length, and drops whatever lies beyond its guess), or another MP3
  file was glued to the first (it drops that).

The headers of other formats, such as AU and Wave64, are not looked at.

Sources: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (RIFF); EBU Tech 3306 (RF64);
Apple, Audio Interchange File Format 1.3 and AIFF-C; NIST SPHERE; RFC 3533 (Ogg); ID3 tag version 2.4.0; Xing, header of
MP3 files of variable bit rate.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

MOST_CHUNKS = 1_000  # a WAV or AIFF file has about ten
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))  # every byte with its bits in the other order
LONGEST = 2**32  # bytes: a WAV header counts modulo this
LARGEST_HEAD = 10_000_000  # bytes before the sound; more than any program writes there
IMA_FRAMES = 64  # samples per channel in a packet of IMA ADPCM, which is what AIFF-C counts
ANOTHER = 4_096  # bytes: less than this after an MP3 file is no recording, but a frame or two that were not counted

TRUNCATED = "it was cut short or is damaged"
UNENDED = "it has no end mark: it was cut short, or never finished"
BROKEN = "a part of it is missing or damaged, after which all times are early"
CHAINED = "it holds several recordings one after another, of which only the first is read"


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about its length, where libsndfile does not know better.

    Attributes:
        samples: per channel, None if it does not say.
        head: what should stand before the sound of a WAV file, where its header lacks the length of the sound or says
            it modulo 4 GiB; empty if all is well.
        sound_at: the byte at which the sound of that file starts; 0 if all is well.
        flaw: why the sound goes on where reading ends, if it does.
    """

    samples: int | None = None
    head: bytes = b""
    sound_at: int = 0
    flaw: str = ""


def read_header(file: BinaryIO) -> Header:
    """What a WAV, AIFF, NIST or Ogg file says about its length; nothing for any other file.

    Args:
        file: open for reading and seeking; where it stands does not matter, and changes.
    """
    file.seek(0)
    head = file.read(1024)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wav(file, struct.unpack_from("<I", head, 4)[0])
    if head[:4] == b"FORM" and head[8:11] == b"AIF":
        return _aiff(file)
    if head[:4] == b"OggS":
        return Header(flaw=_flaw_of_ogg(file))
    if head[:7] == b"NIST_1A" and (count := re.search(rb"sample_count -i (\d{1,18})", head)):
        return Header(samples=int(count[1]))
    return Header()


def has_frame_count(file: BinaryIO) -> bool:
    """Whether an MP3 file says how long it is (in a Xing, Info or VBRI header after the ID3 tag)."""
    file.seek(_end_of_tag(file))
    return re.search(rb"Xing|Info|VBRI", file.read(4096)) is not None


def flaw_of_mp3(file: BinaryIO) -> str:
    """Whether another MP3 file follows in the same file, after the bytes that the Xing header of the first counts.

    Returns:
        CHAINED if so, else an empty text.
    """
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


def _wav(file: BinaryIO, riff_size: int) -> Header:
    length = file.seek(0, os.SEEK_END)
    rate, byte_rate, long_size = 0, 0, 0
    for name, size, start, content in _chunks(file, "<"):
        if name == b"fmt " and len(content) >= 16:
            rate, byte_rate = struct.unpack_from("<4xII", content)
        elif name == b"ds64" and len(content) >= 16:
            (long_size,) = struct.unpack_from("<8xQ", content)
        elif name == b"data":
            empty = size == 0 and start < length and riff_size != length - 8
            size = long_size or size
            # What programs write that do not know the length, since they write into a pipe.
            unknown = 0x7FFFF000 <= size <= 0x80000000 or 0xFFFFFF00 <= size <= 0xFFFFFFFF
            beyond = length - start - size
            if empty or (unknown and beyond > 0 and riff_size != length - 8):
                return _rewritten(file, start, length - start)
            if beyond >= LONGEST:
                return _rewritten(file, start, size + beyond // LONGEST * LONGEST)
            short = start + size > length and not unknown and byte_rate > 0
            return Header(samples=size * rate // byte_rate if short else None)
    return Header()


def _rewritten(file: BinaryIO, start: int, size: int) -> Header:
    """A head with the length in 64 bits (RF64) for a WAV file whose sound lies at these bytes."""
    if start > LARGEST_HEAD:
        return Header()
    file.seek(12)
    rest = file.read(start - 12 - 8)
    lengths = struct.pack("<4sIQQQI", b"ds64", 28, 4 + 36 + len(rest) + 8 + size, size, 0, 0)
    unsaid = b"\xff\xff\xff\xff"
    return Header(head=b"RF64" + unsaid + b"WAVE" + lengths + rest + b"data" + unsaid, sound_at=start)


def _aiff(file: BinaryIO) -> Header:
    for name, _, _, content in _chunks(file, ">"):
        if name == b"COMM" and len(content) >= 16:
            packed = IMA_FRAMES if content[18:22] == b"ima4" else 1
            return Header(samples=packed * struct.unpack_from(">2xI", content)[0])
    return Header()


def _chunks(file: BinaryIO, byte_order: str) -> Iterator[tuple[bytes, int, int, bytes]]:
    """(name, size, where its content starts, first bytes of it) of the chunks of a WAV ("<") or AIFF (">") file."""
    header = struct.Struct(f"{byte_order}4sI")
    start = 12
    for _ in range(MOST_CHUNKS):
        file.seek(start)
        head = file.read(header.size + 24)
        if len(head) < header.size:
            return
        name, size = header.unpack_from(head)
        start += header.size
        yield name, size, start, head[header.size :]
        start += size + size % 2


class _Page(NamedTuple):
    """A page of an Ogg file.

    flags: 2 where a stream begins, 4 where it ends. number: which page of the stream. intact: whether its bytes agree
    with their checksum.
    """

    flags: int
    stream: int
    number: int
    intact: bool


def _ogg_page(file: BinaryIO) -> _Page | None:
    """The page that starts here, or None where none does."""
    head = file.read(27)
    if len(head) < 27 or head[:5] != b"OggS\0":
        return None
    lengths = file.read(head[26])
    body = file.read(sum(lengths))
    stream, number, checksum = struct.unpack_from("<III", head, 14)
    # zlib has this checksum too, but of the bits in the other order, and begins and ends with all bits turned.
    rest = (head[:22] + bytes(4) + head[26:] + lengths + body).translate(REVERSED)
    found = int(f"{zlib.crc32(rest, 0xFFFFFFFF) ^ 0xFFFFFFFF:032b}"[::-1], 2)
    return _Page(head[5], stream, number, found == checksum)


def _flaw_of_ogg(file: BinaryIO) -> str:
    """What is wrong between the first page of an Ogg file and the one that ends what began with it."""
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    following: dict[int, int] = {}  # stream -> the number that its next page should have
    while following or file.tell() == 0:
        page = _ogg_page(file)
        if file.tell() == length and not (page and page.intact):
            return UNENDED
        if not (page and page.intact) or following.get(page.stream, page.number) != page.number:
            return BROKEN
        following[page.stream] = page.number + 1
        if page.flags & 4:
            del following[page.stream]
    after = _ogg_page(file)
    return CHAINED if after and after.flags & 2 else ""
