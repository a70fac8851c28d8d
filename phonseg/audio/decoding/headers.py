"""The header of a sound file -> how many samples it promises, and what must be corrected for libsndfile to read them.

libsndfile decodes, but does not report these flaws:

- A WAV, AIFF, NIST SPHERE, CAF, AU, Wave64 or 8SVX file is shorter than its header promises.
- A CAF header has no length. A WAV header has none, because the file was still being recorded (libsndfile then finds no
  sound), or a length that does not fit into 32 bits (libsndfile then reads what exceeds a multiple of 4 GiB, or only
  the first 4 GiB).
- An MP3 file has no frame count (libsndfile then guesses the length, and drops everything after it), or another MP3
  file follows it (libsndfile drops that).
- Pages of an Ogg file are missing or damaged (see `phonseg.audio.decoding.ogg`).

Other formats that libsndfile reads are rare, or do not state their length.

Sources: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (RIFF); EBU Tech 3306 (RF64);
Apple, Audio Interchange File Format 1.3 and AIFF-C; NIST SPHERE; Sun,
audio(7); Sonic Foundry, Wave64; Electronic Arts, 8SVX; ID3 tag version 2.4.0; Xing, header of MP3 files with
a variable bit rate.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from phonseg.audio.decoding.caf import caf_size
from phonseg.audio.decoding.checked_file import SeekableFile
from phonseg.audio.decoding.decoder import CHAINED, TRUNCATED
from phonseg.audio.decoding.ogg import flaw_of_ogg

MOST_CHUNKS = 1_000  # of a WAV or AIFF file, which has about ten
WAV_LIMIT = 2**32  # bytes: lengths in a WAV header are counted modulo this
LONGEST_HEADER = 10_000_000  # bytes: no program writes more before the sound
W64_RIFF, W64_PARTS = (
    b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0",
    40,
)  # its first bytes, and where its parts begin
IMA_FRAMES = 64  # samples per channel in a packet of IMA ADPCM; AIFF-C counts packets
SHORTEST_MP3 = 4_096  # bytes: less than this after an MP3 file is not a recording, but a few frames without a count
MP3_STRETCH = 64  # no MP3 file holds 64 times the sound that its first frame suggests
AU_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}  # coding of an AU file -> bytes of a sample
TAG_SIZE = 128  # bytes of the ID3 tag that an MP3 file may have at its end


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a file says about its length, and what must be corrected for libsndfile.

    Attributes:
        samples: per channel; None if the header does not say, or libsndfile reads the number itself.
        leads_to_sound: false if a WAV file has no sound after its header.
        head: bytes that replace everything before `sound_at` in a WAV or CAF file without a valid length; empty for
            others.
        sound_at: the byte at which the sound of such a file begins; 0 for others.
        length_factor: libsndfile is told that the file is this many times as long as it is; 1 for its true length.
        flaw: what is wrong with the file (cut short, damaged, or several recordings in one), as a clause for a
            message; empty if nothing is.
    """

    samples: int | None = None
    leads_to_sound: bool = True
    head: bytes = b""
    sound_at: int = 0
    length_factor: int = 1
    flaw: str = ""


def read_header(file: SeekableFile) -> Header:
    """Reads the header of a WAV, AIFF, 8SVX, NIST SPHERE, CAF, AU, Wave64 or Ogg file.

    Args:
        file: open for reading and seeking. Its position changes.

    Returns:
        The header; `Header()` for other files.
    """
    file.seek(0)
    head = file.read(1024)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wav(file, struct.unpack_from("<I", head, 4)[0])
    if head[:4] == b"FORM" and head[8:11] == b"AIF":
        return _aiff(file)
    if head[:4] == b"FORM" and head[8:12] in (b"8SVX", b"16SV"):
        return _svx(file, 2 if head[8:10] == b"16" else 1)
    if head[:4] == b"caff":
        return _caf(file)
    if head[:4] in (b".snd", b"dns."):
        return _au(file, head)
    if head[:16] == W64_RIFF:
        return _w64(file)
    if head[:4] == b"OggS":
        return Header(flaw=flaw_of_ogg(file))
    if head[:7] == b"NIST_1A" and (count := re.search(rb"sample_count -i (\d{1,18})", head)):
        return Header(samples=int(count[1]))
    return Header()


def read_mp3_header(file: SeekableFile) -> Header:
    """Reads the Xing, Info or VBRI header in the first frame of an MP3 file.

    Args:
        file: open for reading and seeking. Its position changes.

    Returns:
        The header. `length_factor` is above 1 if the file does not say how long it is. `flaw` is CHAINED if another MP3
        file follows after the bytes that the header counts.
    """
    file.seek(0)
    head = file.read(10)
    tag = 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
    start = tag if head[:3] == b"ID3" else 0
    file.seek(start)
    head = file.read(4096)
    if not re.search(rb"Xing|Info|VBRI", head):
        return Header(length_factor=MP3_STRETCH)
    # A frame begins with eleven ones. Flags 1 and 2 of the header: it counts the frames and the bytes.
    counts = re.search(rb"\xff[\xe0-\xff].{11,36}?(?:Xing|Info)\0\0\0(.)(.{8})", head, re.DOTALL)
    if not counts or counts[1][0] & 3 != 3:
        return Header()
    file.seek(start + counts.start() + int.from_bytes(counts[2][4:]))
    rest = file.read(SHORTEST_MP3)
    if rest[:3] == b"TAG":  # at the end of the first MP3 file
        rest = rest[TAG_SIZE:] + file.read(TAG_SIZE)
    return Header(flaw=CHAINED if len(rest) == SHORTEST_MP3 and re.match(rb"ID3|\xff[\xe0-\xff]", rest) else "")


def _wav(file: SeekableFile, riff_size: int) -> Header:
    length = file.seek(0, os.SEEK_END)
    rate, byte_rate, long_size = 0, 0, 0
    for name, size, start, content in _chunks(file, "<"):
        if name == b"fmt " and len(content) >= 16:
            rate, byte_rate = struct.unpack_from("<4xII", content)
        elif name == b"ds64" and len(content) >= 16:
            (long_size,) = struct.unpack_from("<8xQ", content)
        elif name == b"data":
            is_empty = size == 0 and start < length and riff_size != length - 8
            size = long_size or size
            # Programs that write into a pipe do not know the length, and write one of these numbers.
            is_unknown = 0x7FFFF000 <= size <= 0x80000000 or 0xFFFFFF00 <= size <= 0xFFFFFFFF
            beyond = length - start - size
            if is_empty or (is_unknown and beyond > 0 and riff_size != length - 8):
                return _rewritten(file, start, length - start)
            if beyond >= WAV_LIMIT:
                return _rewritten(file, start, size + beyond // WAV_LIMIT * WAV_LIMIT)
            is_short = beyond < 0 and not is_unknown and byte_rate > 0
            return Header(samples=size * rate // byte_rate if is_short else None)
    return Header(leads_to_sound=False)


def _rewritten(file: SeekableFile, start: int, size: int) -> Header:
    """Writes an RF64 head, with a length of 64 bits, for a WAV file with `size` bytes of sound from byte `start`."""
    if start > LONGEST_HEADER:
        return Header()
    file.seek(12)
    rest = file.read(start - 12 - 8)
    lengths = struct.pack("<4sIQQQI", b"ds64", 28, 4 + 36 + len(rest) + 8 + size, size, 0, 0)
    unsaid = b"\xff\xff\xff\xff"
    return Header(head=b"RF64" + unsaid + b"WAVE" + lengths + rest + b"data" + unsaid, sound_at=start)


def _aiff(file: SeekableFile) -> Header:
    for name, _, _, content in _chunks(file, ">"):
        if name == b"COMM" and len(content) >= 16:
            frames = IMA_FRAMES if content[18:22] == b"ima4" else 1
            return Header(samples=frames * struct.unpack_from(">2xI", content)[0])
    return Header()


def _caf(file: SeekableFile) -> Header:
    size, length = caf_size(file), file.seek(0, os.SEEK_END)
    if 0 < size.unsized_at <= LONGEST_HEADER:
        file.seek(0)
        head = file.read(size.unsized_at)
        return Header(head=head[:-8] + struct.pack(">q", length - len(head)), sound_at=len(head))
    return Header(samples=size.samples, flaw=TRUNCATED) if size.is_cut else Header()


def _svx(file: SeekableFile, width: int) -> Header:
    length = file.seek(0, os.SEEK_END)
    for name, size, start, _ in _chunks(file, ">"):
        if name == b"BODY":
            return _cut_or_whole(length - start, size, size // width)
    return Header()


def _au(file: SeekableFile, head: bytes) -> Header:
    if len(head) < 24:
        return Header()
    start, size, coding, _, channels = struct.unpack_from(">5I" if head[:1] == b"." else "<5I", head, 4)
    if size == 0xFFFFFFFF:  # not known
        return Header()
    width = AU_WIDTHS.get(coding, 0) * channels
    return _cut_or_whole(file.seek(0, os.SEEK_END) - start, size, size // width if width else None)


def _w64(file: SeekableFile) -> Header:
    length, start, rate, byte_rate = file.seek(0, os.SEEK_END), W64_PARTS, 0, 0
    for _ in range(MOST_CHUNKS):
        file.seek(start)
        head = file.read(24 + 16)
        if len(head) < 24:
            break
        name, size = struct.unpack_from("<4s12xQ", head)  # the size counts the name and itself
        if name == b"fmt " and len(head) == 40:
            rate, byte_rate = struct.unpack_from("<4xII", head, 24)
        elif name == b"data":
            return _cut_or_whole(length - start, size, (size - 24) * rate // byte_rate if byte_rate else None)
        start += max(24, size + -size % 8)
    return Header()


def _cut_or_whole(there: int, size: int, samples: int | None) -> Header:
    """there: bytes to the end of the file; size: bytes that are promised; samples: how many these would hold."""
    return Header() if size <= there else Header(samples=samples, flaw=TRUNCATED)


def _chunks(file: SeekableFile, byte_order: str) -> Iterator[tuple[bytes, int, int, bytes]]:
    """Yields name, size, start and first 24 bytes of the content of each chunk of a WAV ("<") or AIFF (">") file."""
    start = 12
    for _ in range(MOST_CHUNKS):
        file.seek(start)
        head = file.read(8 + 24)
        if len(head) < 8:
            return
        name, size = struct.unpack_from(f"{byte_order}4sI", head)
        start += 8
        yield name, size, start, head[8:]
        start += size + size % 2
