"""What a file is, told from its first bytes: a sound file of which kind, or no sound at all."""

from __future__ import annotations

import re
from typing import NamedTuple


class Kind(NamedTuple):
    """What a file is, and what to do about it where it cannot be read.

    packed: whether its sound comes in a container that libsndfile does not know, but FFmpeg does.
    """

    what: str
    advice: str
    packed: bool = False


AGAIN = "Copy or record it again."
CONVERT = "Convert it to WAV or FLAC, for example with ffmpeg."
NO_SOUND = "Give a sound file, such as WAV, FLAC, MP3 or OGG."
KINDS: tuple[tuple[bytes, Kind], ...] = (  # how a file begins (a pattern), and what it is
    (rb"\Z", Kind("an empty file (0 bytes)", AGAIN)),
    (rb"\0+\Z", Kind("nothing but zero bytes", AGAIN)),
    (rb"....(ftyp|moov|mdat|wide|free|skip)", Kind("an MPEG-4 file (m4a, mp4 or mov)", CONVERT, packed=True)),
    (rb"\x1aE\xdf\xa3", Kind("a Matroska or WebM file", CONVERT, packed=True)),
    (rb"RIFF....AVI ", Kind("an AVI video", CONVERT, packed=True)),
    (rb"0&\xb2u", Kind("a Windows Media file (wma or wmv)", CONVERT, packed=True)),
    (rb"\xff[\xf0\xf1\xf8\xf9]|ADIF", Kind("an AAC file", CONVERT, packed=True)),
    (rb"#!AMR", Kind("an AMR file", CONVERT, packed=True)),
    (rb"FLV\x01", Kind("a Flash video", CONVERT, packed=True)),
    (rb"\0\0\x01\xba|G.{187}G.{187}G|.{4}G.{191}G.{191}G", Kind("an MPEG video", CONVERT, packed=True)),
    (rb"wvpk|MAC |TTA\d|ajkg", Kind("a sound file in a rare compressed format", CONVERT, packed=True)),
    (
        rb"NIST_1A.*shorten",
        Kind("a NIST SPHERE file compressed with shorten", "Expand it, for example with sph2pipe."),
    ),
    (
        rb"RIFF|riff|RF64|FORM|fLaC|OggS|NIST_1A|ID3|caff|\.snd|Creative Voice File",
        Kind("damaged or coded in an unknown way", f"{AGAIN} {CONVERT}"),
    ),
    (
        rb"(ooBinaryFile.|.{0,20}ooTextFile\"\s+Object class = \")Sound",
        Kind("a Praat Sound", "Save it as WAV in Praat."),
    ),
    (rb"ooBinaryFile|.{0,20}ooTextFile", Kind("a Praat file such as a TextGrid", NO_SOUND)),
    (
        rb"PK\x03\x04|\x1f\x8b|BZh|7z\xbc|Rar!",
        Kind("an archive such as ZIP (or an office document)", "Unpack it first."),
    ),
    (rb"%PDF", Kind("a PDF document", NO_SOUND)),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", Kind("a picture", NO_SOUND)),
    (
        rb"(?i)[\xef\xbb\xbf\xff\xfe\s]*(<!doctype html|<html)",
        Kind("an HTML page", "The download may have failed: fetch the recording again."),
    ),
    (rb"[\t-\r -~\x80-\xff]+\Z", Kind("text", NO_SOUND)),
)
UNKNOWN = Kind("of no known kind", "If it holds bare samples, read them and give (samples, sample_rate).")
HEAD = 4096  # bytes that tell


def kind(head: bytes) -> Kind:
    """What a file with these first bytes (`HEAD` of them, or all) is, as far as libsndfile does not read it."""
    plain = head.replace(b"\0", b"") if head.startswith((b"\xff\xfe", b"\xfe\xff")) else head  # UTF-16
    return next((found for pattern, found in KINDS if re.match(pattern, plain, re.DOTALL)), UNKNOWN)
