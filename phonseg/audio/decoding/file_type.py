"""The first bytes of a file -> what kind of file it is, and what to do if it cannot be read."""

from __future__ import annotations

import re
from typing import NamedTuple


class FileType(NamedTuple):
    """A kind of file.

    Attributes:
        what: what the file is, to follow "it is".
        advice: what to do if it cannot be read, as a sentence.
        needs_ffmpeg: whether FFmpeg reads its sound, and libsndfile does not.
        may_need_ffmpeg: whether FFmpeg may read its sound if libsndfile does not, since it knows more codings.
    """

    what: str
    advice: str
    needs_ffmpeg: bool = False
    may_need_ffmpeg: bool = False


HEAD_SIZE = 4096  # bytes at the beginning of a file that are enough to tell its type
COPY_AGAIN = "Copy or record it again."
CONVERT = "Convert it to WAV or FLAC, for example with ffmpeg."
GIVE_SOUND = "Give a sound file, such as WAV, FLAC, MP3 or OGG."
SAVE_AS_WAV = "Save it as WAV in Praat."
DOWNLOAD_AGAIN = "The download may have failed: fetch the recording again."
DAMAGED = "damaged or coded in an unknown way"
UNKNOWN = FileType("of no known kind", "If it holds bare samples, read them and give (samples, sample_rate).")
FILE_TYPES = {  # pattern of the first bytes -> what the file is; the first pattern that fits counts
    rb"\Z": FileType("an empty file (0 bytes)", COPY_AGAIN),
    rb"\0+\Z": FileType("nothing but zero bytes", COPY_AGAIN),
    rb"....(ftyp|moov|mdat|wide|free|skip)": FileType("an MPEG-4 file (m4a, mp4 or mov)", CONVERT, needs_ffmpeg=True),
    rb"\x1aE\xdf\xa3": FileType("a Matroska or WebM file", CONVERT, needs_ffmpeg=True),
    rb"RIFF....AVI ": FileType("an AVI video", CONVERT, needs_ffmpeg=True),
    rb"0&\xb2u": FileType("a Windows Media file (wma or wmv)", CONVERT, needs_ffmpeg=True),
    rb"\xff[\xf0\xf1\xf8\xf9]|ADIF": FileType("an AAC file", CONVERT, needs_ffmpeg=True),
    rb"#!AMR": FileType("an AMR file", CONVERT, needs_ffmpeg=True),
    rb"FLV\x01": FileType("a Flash video", CONVERT, needs_ffmpeg=True),
    rb"\0\0\x01\xba|G.{187}G.{187}G|.{4}G.{191}G.{191}G": FileType("an MPEG video", CONVERT, needs_ffmpeg=True),
    rb"\x0b\x77|\x77\x0b": FileType("an AC-3 file", CONVERT, needs_ffmpeg=True),
    rb"\x7f\xfe\x80\x01|\xfe\x7f\x01\x80": FileType("a DTS file", CONVERT, needs_ffmpeg=True),
    rb"\.RMF\0|\.ra\xfd": FileType("a RealAudio file", CONVERT, needs_ffmpeg=True),
    rb"[\x02\x03]ds[s2]|ea3\x03|EA3[\x01-\x03]|RIFF....QLCM": FileType(
        "a file of a dictation machine or MiniDisc", CONVERT, needs_ffmpeg=True
    ),
    rb"wvpk|MAC |TTA\d|ajkg|tBaK|MP\+[^ -~]|MPCK|DSD \x1c|FRM8.{8}DSD ": FileType(
        "a sound file in a rare compressed format", CONVERT, needs_ffmpeg=True
    ),
    rb"NIST_1A.*shorten": FileType("a NIST SPHERE file compressed with shorten", "Expand it, e.g. with sph2pipe."),
    rb"RIFF|riff|RF64|FORM|OggS|ID3|caff": FileType(DAMAGED, f"{COPY_AGAIN} {CONVERT}", may_need_ffmpeg=True),
    rb"fLaC|NIST_1A|\.snd|Creative Voice File": FileType(DAMAGED, f"{COPY_AGAIN} {CONVERT}"),
    rb'(ooBinaryFile.|.{0,20}ooTextFile"\s+Object class = ")Sound': FileType("a Praat Sound", SAVE_AS_WAV),
    rb"ooBinaryFile|.{0,20}ooTextFile": FileType("a Praat file such as a TextGrid", GIVE_SOUND),
    rb"PK\x03\x04|\x1f\x8b|BZh|7z\xbc|Rar!": FileType(
        "an archive such as ZIP, or an office document", "Unpack it first."
    ),
    rb"%PDF": FileType("a PDF document", GIVE_SOUND),
    rb"\x89PNG|\xff\xd8\xff|GIF8": FileType("a picture", GIVE_SOUND),
    rb"(?i)[\xef\xbb\xbf\xff\xfe\s]*(<!doctype html|<html)": FileType("an HTML page", DOWNLOAD_AGAIN),
    rb"[\t-\r -~\x80-\xff]+\Z": FileType("text", GIVE_SOUND),
}


def file_type(head: bytes) -> FileType:
    """Returns what kind of file this is, for files that libsndfile does not read.

    Args:
        head: the first `HEAD_SIZE` bytes of the file, or all.

    Returns:
        The type of the file.
    """
    plain = head.replace(b"\0", b"") if head.startswith((b"\xff\xfe", b"\xfe\xff")) else head  # UTF-16
    return next((kind for pattern, kind in FILE_TYPES.items() if re.match(pattern, plain, re.DOTALL)), UNKNOWN)
