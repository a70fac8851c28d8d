"""A sound file as raw blocks of all its channels, decoded by libsndfile, which goes by content and not by suffix."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from phonseg.audio.decoding.file_handle import FileHandle
from phonseg.audio.decoding.file_type import FileType
from phonseg.audio.decoding.headers import TRUNCATED, flaw_of_mp3, has_frame_count, read_header
from phonseg.errors import AudioError

UNKNOWN_LENGTH = 2**63 - 1  # as libsndfile says it
MP3_STRETCH = 64  # no MP3 file holds 64 times the sound that its first frame lets one expect
TAG = 128  # bytes at the end of an MP3 file that may be an ID3 tag
LEFT_OUT = "it was cut short, or a part of it is damaged, after which all times are early"  # where decoders go on
MP3_IN_PRAAT = (
    "is an MP3 file, which Praat shows 37 to 66 ms later than the times given here. Convert it to WAV for use in Praat."
)


class DamagedError(AudioError):
    """A sound file ends before it should, or cannot be decoded any further. The message says why, and no more."""


@dataclass(frozen=True, slots=True)
class Repair:
    """How libsndfile is shown a file.

    head: what stands for the bytes before `sound_at`. stretch: factor of the length in bytes.
    """

    head: bytes = b""
    sound_at: int = 0
    length_factor: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class LibsndfileDecoder:
    """A sound file that can be read again and again; nothing is kept open in between.

    Attributes:
        handle: by which the file is opened.
        repair: how the file is shown to libsndfile.
        format: container and coding, as libsndfile calls them.
        sample_rate: samples per second.
        channels: how many.
        promised: samples per channel by the header, None if unknown.
        flaw: why the sound goes on where reading ends, if it does.
        remarks: what else is worth knowing.
    """

    handle: FileHandle
    repair: Repair
    format: str
    sample_rate: float
    channels: int
    promised: int | None
    flaw: str
    remarks: tuple[str, ...]

    @property
    def name(self) -> str:
        """For messages."""
        return self.handle.name

    def blocks(self, size: int, end: int = sys.maxsize) -> Iterator[NDArray[np.float32]]:
        """All channels from the beginning, as (n, channels) with n at most `size`, until sample `end`.

        Raises DamagedError where the file ends before that and before it should.
        """
        done = 0
        with self.handle.open() as file, _ForwardReader(_RepairedFile(file, self.repair)) as decoder:
            while done < end:
                try:
                    block = decoder.read(min(size, end - done), dtype="float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    reason = error.error_string.removeprefix("Error : ").rstrip(".")
                    raise DamagedError(f"it is damaged ({reason})") from error
                if not len(block):
                    break
                done += len(block)
                yield block
        if done < end and self.flaw:
            raise DamagedError(self.flaw)
        if done < min(end, self.promised or 0):
            raise DamagedError(LEFT_OUT if self.format.startswith(("MP3", "OGG")) else TRUNCATED)


class _ForwardReader(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """Reads forwards only: otherwise soundfile seeks after every block, which is slow and fails in damaged files."""

    def seekable(self) -> bool:
        return False


class _RepairedFile:
    """A file with its `Repair`, as soundfile wants it.

    In a stretched file nothing lies between the true end and the stretched end but the last 128 bytes, a second time.
    """

    def __init__(self, file: BinaryIO, repair: Repair) -> None:
        self.file = file
        self.repair = repair
        self.true_length = file.seek(0, os.SEEK_END)
        self.moved = len(repair.head) - repair.sound_at  # how much later the sound lies than in the file
        self.length = (self.true_length + self.moved) * repair.length_factor
        self.position = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.position = max(0, (0, self.position, self.length)[whence] + offset)
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: memoryview) -> int:
        stretched = self.repair.length_factor > 1 and self.position >= self.length - TAG
        hidden = self.length - self.true_length if stretched else self.moved
        data = self.repair.head[self.position :][: len(buffer)]
        if len(data) < len(buffer):
            self.file.seek(self.position + len(data) - hidden)
            data += self.file.read(len(buffer) - len(data))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def open_with_libsndfile(handle: FileHandle, file: BinaryIO, found: FileType) -> LibsndfileDecoder:
    """Reads the header of a sound file.

    Args:
        handle: by which the file is opened again.
        file: the file, open.
        found: the type of the file, which the message names if libsndfile cannot read it.

    Returns:
        The decoder.

    Raises:
        AudioError: if libsndfile cannot read the file.
    """
    header = read_header(file)
    repair = Repair(header.head, header.sound_at)
    try:
        with _ForwardReader(_RepairedFile(file, repair)) as decoder:
            rate, channels, frames = decoder.samplerate, decoder.channels, decoder.frames
            container, coding = "WAV" if header.head else decoder.format, decoder.subtype
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{handle.name}: cannot be read as sound: it is {found.what}. {found.advice}") from error
    mp3 = container == "MP3"
    if mp3 and not has_frame_count(file):
        repair, frames = Repair(length_factor=MP3_STRETCH), UNKNOWN_LENGTH
    by_decoder = None if frames == UNKNOWN_LENGTH else frames
    return LibsndfileDecoder(
        handle,
        repair,
        container if mp3 else f"{container} {coding}",
        rate,
        channels,
        header.samples or by_decoder,
        flaw_of_mp3(file) if mp3 else header.flaw,
        (MP3_IN_PRAAT,) if mp3 else (),
    )
