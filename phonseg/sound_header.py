"""What the first bytes of a file say: how much sound it should hold, or what it is if it is no sound.

libsndfile, which decodes, keeps silent about three things: that a file is shorter than its header promises; that the
length in a WAV header was never filled in, since the sound was still being recorded (it then sees no sound); and
that an MP3 file has no frame count (it then guesses the length, and drops whatever lies beyond its guess).

Sources: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (RIFF); EBU Tech 3306 (RF64);
Apple, Audio Interchange File Format 1.3; NIST SPHERE; ID3 tag version 2.4.0.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MOST_CHUNKS = 1_000  # a WAV or AIFF file has about ten

AGAIN = "Copy or record it again."
CONVERT = "Convert it to WAV or FLAC, for example with ffmpeg."
NO_SOUND = "Give a sound file, such as WAV, FLAC, MP3 or OGG."
KINDS: tuple[tuple[bytes, str, str], ...] = (  # how a file begins (a pattern), what it is, what to do
    (rb"\Z", "an empty file (0 bytes)", AGAIN),
    (rb"\0+\Z", "nothing but zero bytes", AGAIN),
    (rb"....ftyp", "an MPEG-4 file (m4a, mp4 or mov)", CONVERT),
    (rb"\x1aE\xdf\xa3", "a Matroska or WebM file", CONVERT),
    (rb"RIFF....AVI ", "an AVI video", CONVERT),
    (rb"0&\xb2u", "a Windows Media file (wma or wmv)", CONVERT),
    (rb"\xff[\xf0\xf1\xf8\xf9]|ADIF", "an AAC file", CONVERT),
    (rb"#!AMR", "an AMR file", CONVERT),
    (rb"wvpk|MAC |TTA\d|ajkg", "a sound file in a rare compressed format", CONVERT),
    (rb"NIST_1A.*shorten", "a NIST SPHERE file compressed with shorten", "Expand it, for example with sph2pipe."),
    (rb"RIFF|RF64|FORM|fLaC|OggS|NIST_1A|ID3|caff|\.snd", "damaged or coded in an unknown way", f"{AGAIN} {CONVERT}"),
    (rb"(ooBinaryFile.|.{0,20}ooTextFile\"\s+Object class = \")Sound", "a Praat Sound", "Save it as WAV in Praat."),
    (rb"ooBinaryFile|.{0,20}ooTextFile", "a Praat file such as a TextGrid", NO_SOUND),
    (rb"PK\x03\x04|\x1f\x8b|BZh|7z\xbc|Rar!", "an archive such as ZIP (or an office document)", "Unpack it first."),
    (rb"%PDF", "a PDF document", NO_SOUND),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", NO_SOUND),
    (
        rb"(?i)[\xef\xbb\xbf\xff\xfe\s]*(<!doctype html|<html)",
        "an HTML page",
        "The download may have failed: fetch the recording again.",
    ),
    (rb"[\t-\r -~\x80-\xff]+\Z", "text", NO_SOUND),
)
UNKNOWN = ("of no known kind", "If it holds bare samples, read them and give (samples, sample_rate).")


def kind(head: bytes) -> tuple[str, str]:
    """(what it is, what to do about it) for a file with these first bytes, which libsndfile refuses."""
    plain = head.replace(b"\0", b"") if head.startswith((b"\xff\xfe", b"\xfe\xff")) else head  # UTF-16
    found = ((what, advice) for pattern, what, advice in KINDS if re.match(pattern, plain, re.DOTALL))
    return next(found, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a header says about the length, where it is of more use than libsndfile's word.

    samples: per channel, None if it does not say. length_at: where a WAV header should hold the length in bytes of its
    sound (32 bits) but holds 0, though sound follows; None if all is well.
    """

    samples: int | None = None
    length_at: int | None = None


def promise(file: BinaryIO) -> Promise:
    """What the header of a WAV, AIFF or NIST file says about its length."""
    file.seek(0)
    head = file.read(1024)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wav(file, struct.unpack_from("<I", head, 4)[0])
    if head[:4] == b"FORM" and head[8:11] == b"AIF":
        return _aiff(file)
    if head[:7] == b"NIST_1A" and (count := re.search(rb"sample_count -i (\d+)", head)):
        return Promise(samples=int(count[1]))
    return Promise()


def _wav(file: BinaryIO, riff_size: int) -> Promise:
    length = file.seek(0, os.SEEK_END)
    rate, byte_rate, long_size = 0, 0, 0
    for name, size, start, content in _chunks(file, "<"):
        if name == b"fmt " and len(content) == 16:
            rate, byte_rate = struct.unpack("<4xII4x", content)
        elif name == b"ds64" and len(content) == 16:
            (long_size,) = struct.unpack("<8xQ", content)
        elif name == b"data":
            if size == 0 and start < length and riff_size != length - 8:
                return Promise(length_at=start - 4)
            size = long_size or size
            # What programs write that do not know the length, since they write into a pipe.
            unknown = 0x7FFFF000 <= size <= 0x80000000 or 0xFFFFFF00 <= size <= 0xFFFFFFFF
            short = start + size > length and not unknown and byte_rate > 0
            return Promise(samples=size * rate // byte_rate if short else None)
    return Promise()


def _aiff(file: BinaryIO) -> Promise:
    for name, _, _, content in _chunks(file, ">"):
        if name == b"COMM" and len(content) == 16:
            return Promise(samples=struct.unpack(">2xI10x", content)[0])
    return Promise()


def _chunks(file: BinaryIO, byte_order: str) -> Iterator[tuple[bytes, int, int, bytes]]:
    """(name, size, where its content starts, first 16 bytes of it) of the chunks of a WAV or AIFF file."""
    start = 12
    for _ in range(MOST_CHUNKS):
        file.seek(start)
        header = file.read(24)
        if len(header) < 8:
            return
        name, size = struct.unpack_from(byte_order + "4sI", header)
        yield name, size, start + 8, header[8:]
        start += 8 + size + size % 2


def has_frame_count(file: BinaryIO) -> bool:
    """Whether an MP3 file says how long it is (in a Xing, Info or VBRI header after the ID3 tag)."""
    file.seek(0)
    head = file.read(10)
    tag = sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
    file.seek(10 + tag if head[:3] == b"ID3" else 0)
    return re.search(rb"Xing|Info|VBRI", file.read(4096)) is not None
