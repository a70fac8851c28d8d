"""What a file is, told from its first bytes: a sound file of which kind, or no sound at all."""

from __future__ import annotations

import re
from typing import NamedTuple


class FileType(NamedTuple):
    """What a file is, and what to do about it where it cannot be read.

    packed: whether its sound comes in a container that libsndfile does not know, but FFmpeg does.
    """

    what: str
    advice: str
    needs_ffmpeg: bool = False


AGAIN = "Copy or record it again."
CONVERT = "Convert it to WAV or FLAC, for example with ffmpeg."
NO_SOUND = "Give a sound file, such as WAV, FLAC, MP3 or OGG."
FILE_TYPES: tuple[tuple[bytes, FileType], ...] = (  # how a file begins (a pattern), and what it is
    (rb"\Z", FileType("an empty file (0 bytes)", AGAIN)),
    (rb"\0+\Z", FileType("nothing but zero bytes", AGAIN)),
    (rb"....(ftyp|moov|mdat|wide|free|skip)", FileType("an MPEG-4 file (m4a, mp4 or mov)", CONVERT, needs_ffmpeg=True)),
    (rb"\x1aE\xdf\xa3", FileType("a Matroska or WebM file", CONVERT, needs_ffmpeg=True)),
    (rb"RIFF....AVI ", FileType("an AVI video", CONVERT, needs_ffmpeg=True)),
    (rb"0&\xb2u", FileType("a Windows Media file (wma or wmv)", CONVERT, needs_ffmpeg=True)),
    (rb"\xff[\xf0\xf1\xf8\xf9]|ADIF", FileType("an AAC file", CONVERT, needs_ffmpeg=True)),
    (rb"#!AMR", FileType("an AMR file", CONVERT, needs_ffmpeg=True)),
    (rb"FLV\x01", FileType("a Flash video", CONVERT, needs_ffmpeg=True)),
    (rb"\0\0\x01\xba|G.{187}G.{187}G|.{4}G.{191}G.{191}G", FileType("an MPEG video", CONVERT, needs_ffmpeg=True)),
    (rb"wvpk|MAC |TTA\d|ajkg", FileType("a sound file in a rare compressed format", CONVERT, needs_ffmpeg=True)),
    (
        rb"NIST_1A.*shorten",
        FileType("a NIST SPHERE file compressed with shorten", "Expand it, for example with sph2pipe."),
    ),
    (
        rb"RIFF|riff|RF64|FORM|fLaC|OggS|NIST_1A|ID3|caff|\.snd|Creative Voice File",
        FileType("damaged or coded in an unknown way", f"{AGAIN} {CONVERT}"),
    ),
    (
        rb"(ooBinaryFile.|.{0,20}ooTextFile\"\s+Object class = \")Sound",
        FileType("a Praat Sound", "Save it as WAV in Praat."),
    ),
    (rb"ooBinaryFile|.{0,20}ooTextFile", FileType("a Praat file such as a TextGrid", NO_SOUND)),
    (
        rb"PK\x03\x04|\x1f\x8b|BZh|7z\xbc|Rar!",
        FileType("an archive such as ZIP (or an office document)", "Unpack it first."),
    ),
    (rb"%PDF", FileType("a PDF document", NO_SOUND)),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", FileType("a picture", NO_SOUND)),
    (
        rb"(?i)[\xef\xbb\xbf\xff\xfe\s]*(<!doctype html|<html)",
        FileType("an HTML page", "The download may have failed: fetch the recording again."),
    ),
    (rb"[\t-\r -~\x80-\xff]+\Z", FileType("text", NO_SOUND)),
)
UNKNOWN = FileType("of no known kind", "If it holds bare samples, read them and give (samples, sample_rate).")
HEAD = 4096  # bytes that tell


def file_type(head: bytes) -> FileType:
    """What a file with these first bytes (`HEAD` of them, or all) is, as far as libsndfile does not read it."""
    plain = head.replace(b"\0", b"") if head.startswith((b"\xff\xfe", b"\xfe\xff")) else head  # UTF-16
    return next((found for pattern, found in FILE_TYPES if re.match(pattern, plain, re.DOTALL)), UNKNOWN)
