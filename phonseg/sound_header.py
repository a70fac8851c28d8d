"""What the header of a sound file, or its pages, say about how much sound there should be.

libsndfile, which decodes, keeps silent about much: that a file is shorter than its header promises; that the
length in a WAV header was never filled in, since the sound was still being recorded (it then sees no sound), or is too
large for its 32 bits (it then sees what lies beyond a multiple of 4 GiB, or the first 4 GiB); that pages of an Ogg file
are missing or damaged (it leaves them out); and what `phonseg.mp3_header` tells of MP3 files.

Sources: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (RIFF); EBU Tech 3306 (RF64);
Sony, Wave64; Apple, Audio Interchange File Format 1.3 and AIFF-C; the manual of Sun's audio files; NIST SPHERE; RFC
3533 (Ogg); Electronic Arts, 8SVX; Creative
Voice File, 1.20. An IRCAM file says nothing about its length, so that nobody can tell whether it was cut short.
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
AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}  # a sample, by its coding
LONGEST = 2**32  # bytes: a WAV header counts modulo this
LARGEST_HEAD = 10_000_000  # bytes before the sound; more than any program writes there
IMA_FRAMES = 64  # samples per channel in a packet of IMA ADPCM, which is what AIFF-C counts

TRUNCATED = "it was cut short or is damaged"
UNENDED = "it has no end mark: it was cut short, or never finished"
BROKEN = "a part of it is missing or damaged, after which all times are early"
CHAINED = "it holds several recordings one after another, of which only the first is read"


@dataclass(frozen=True, slots=True)
class Promise:
    """What a file says about its length, where it is of more use than libsndfile's word.

    samples: per channel, None if it does not say. head, sound_at: what should stand before the sound of a WAV file,
    which starts at that byte, where its header lacks the length of the sound or says it modulo 4 GiB; empty if all is
    well. flaw: why the sound goes on where reading ends, if it does.
    """

    samples: int | None = None
    head: bytes = b""
    sound_at: int = 0
    flaw: str = ""


def promise(file: BinaryIO) -> Promise:
    """What a WAV, Wave64, AIFF, AU, 8SVX, VOC, NIST or Ogg file says about its length."""
    file.seek(0)
    head = file.read(1024)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wav(file, _RIFF, struct.unpack_from("<I", head, 4)[0])
    if head[:4] == b"riff" and head[24:28] == b"wave":
        return _wav(file, _WAVE64, 0)
    if head[:4] == b"FORM" and head[8:11] == b"AIF":
        return _aiff(file)
    if head[:4] == b"FORM" and head[8:12] in (b"8SVX", b"16SV"):
        return _svx(file)
    if head[:20] == b"Creative Voice File\x1a" and len(head) >= 26:
        return Promise(flaw=_flaw_of_voc(file, *struct.unpack_from("<H", head, 20)))
    if head[:4] == b".snd" and len(head) >= 24:
        return _au(file, *struct.unpack_from(">IIIII", head, 4))
    if head[:4] == b"OggS":
        return Promise(flaw=_flaw_of_ogg(file))
    if head[:7] == b"NIST_1A" and (count := re.search(rb"sample_count -i (\d{1,18})", head)):
        return Promise(samples=int(count[1]))
    return Promise()


class _Layout(NamedTuple):
    """How a file is made of chunks. counted: how many bytes of the chunk's header belong to its size."""

    first: int
    header: struct.Struct
    counted: int
    alignment: int


_RIFF = _Layout(12, struct.Struct("<4sI"), 0, 2)
_IFF = _Layout(12, struct.Struct(">4sI"), 0, 2)
_WAVE64 = _Layout(40, struct.Struct("<4s12xQ"), 24, 8)


def _wav(file: BinaryIO, layout: _Layout, riff_size: int) -> Promise:
    length = file.seek(0, os.SEEK_END)
    rate, byte_rate, long_size = 0, 0, 0
    for name, size, start, content in _chunks(file, layout):
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
            if layout is _RIFF and (empty or (unknown and beyond > 0 and riff_size != length - 8)):
                return _rewritten(file, start, length - start)
            if layout is _RIFF and beyond >= LONGEST:
                return _rewritten(file, start, size + beyond // LONGEST * LONGEST)
            short = start + size > length and not unknown and byte_rate > 0
            return Promise(samples=size * rate // byte_rate if short else None)
    return Promise()


def _rewritten(file: BinaryIO, start: int, size: int) -> Promise:
    """A head with the length in 64 bits (RF64) for a WAV file whose sound lies at these bytes."""
    if start > LARGEST_HEAD:
        return Promise()
    file.seek(12)
    rest = file.read(start - 12 - 8)
    lengths = struct.pack("<4sIQQQI", b"ds64", 28, 4 + 36 + len(rest) + 8 + size, size, 0, 0)
    unsaid = b"\xff\xff\xff\xff"
    return Promise(head=b"RF64" + unsaid + b"WAVE" + lengths + rest + b"data" + unsaid, sound_at=start)


def _svx(file: BinaryIO) -> Promise:
    length, samples = file.seek(0, os.SEEK_END), 0
    for name, size, start, content in _chunks(file, _IFF):
        if name == b"VHDR" and len(content) >= 4:
            (samples,) = struct.unpack_from(">I", content)
        elif name == b"BODY" and start + size > length:
            return Promise(samples=samples or None, flaw=TRUNCATED)
    return Promise()


def _flaw_of_voc(file: BinaryIO, start: int) -> str:
    """Whether the last block of a Creative Voice File is whole; each begins with its kind and its size."""
    length = file.seek(0, os.SEEK_END)
    for _ in range(MOST_CHUNKS):
        file.seek(start)
        block = file.read(4)
        if len(block) < 4 or block[0] == 0:  # the end mark, which some programs leave out
            return ""
        start += 4 + int.from_bytes(block[1:], "little")
        if start > length:
            return TRUNCATED
    return ""


def _aiff(file: BinaryIO) -> Promise:
    for name, _, _, content in _chunks(file, _IFF):
        if name == b"COMM" and len(content) >= 16:
            packed = IMA_FRAMES if content[18:22] == b"ima4" else 1
            return Promise(samples=packed * struct.unpack_from(">2xI", content)[0])
    return Promise()


def _au(file: BinaryIO, start: int, size: int, coding: int, _rate: int, channels: int) -> Promise:
    short = start + size > file.seek(0, os.SEEK_END) and size != 0xFFFFFFFF
    if short and coding in AU_BYTES and channels:
        return Promise(samples=size // (AU_BYTES[coding] * channels))
    return Promise()


def _chunks(file: BinaryIO, layout: _Layout) -> Iterator[tuple[bytes, int, int, bytes]]:
    """(name, size, where its content starts, first bytes of it) of the chunks of a WAV or AIFF file."""
    start, length = layout.first, file.seek(0, os.SEEK_END)
    for _ in range(MOST_CHUNKS):
        if start > length:
            return
        file.seek(start)
        header = file.read(layout.header.size + 24)
        if len(header) < layout.header.size:
            return
        name, size = layout.header.unpack_from(header)
        size = max(0, size - layout.counted)
        start += layout.header.size
        yield name, size, start, header[layout.header.size :]
        start += -(-size // layout.alignment) * layout.alignment


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
