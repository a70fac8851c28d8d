"""A sound file as raw blocks of all its channels, decoded by libsndfile, which goes by content and not by suffix."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from phonseg.errors import AudioError
from phonseg.sound_header import has_frame_count, kind, promise

UNKNOWN_LENGTH = 2**63 - 1  # as libsndfile says it
TO_THE_END = b"\xff\xff\xff\xff"  # as the length in a WAV header
STRETCH = 64  # no MP3 file holds 64 times the sound that its first frame lets one expect
READ_AHEAD = 2**18  # bytes, since the decoder asks for a few thousand at a time
TAG = 128  # bytes at the end of an MP3 file that may be an ID3 tag


class DamagedError(AudioError):
    """What follows in a sound file cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Repair:
    """How libsndfile is shown a file. length_at: where to put `TO_THE_END`. stretch: factor of the length in bytes."""

    length_at: int | None = None
    stretch: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class SoundFile:
    """A sound file that can be read again and again; nothing is kept open in between.

    name: for messages. source: a path or an open file. repair: how its bytes are shown to libsndfile.
    sample_rate: samples per second. channels: how many. promised: samples per channel by the header, None if unknown.
    """

    name: str
    source: str | BinaryIO
    repair: Repair
    sample_rate: float
    channels: int
    promised: int | None

    def blocks(self, size: int, end: int = sys.maxsize) -> Iterator[NDArray[np.float32]]:
        """All channels from the beginning, as (n, channels) with n at most `size`, until sample `end`.

        Raises DamagedError where the file is damaged.
        """
        done = 0
        with _bytes_of(self.source) as file, _Decoder(_RepairedFile(file, self.repair)) as decoder:
            while done < end:
                try:
                    block = decoder.read(min(size, end - done), dtype="float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    raise DamagedError(f"{self.name}: is damaged ({error.error_string}). Copy it again.") from error
                if not len(block):
                    return
                done += len(block)
                yield block


class _Decoder(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
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
        self.length = self.true_length * repair.stretch
        self.position = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.position = max(0, (0, self.position, self.length)[whence] + offset)
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: memoryview) -> int:
        hidden = self.length - self.true_length if self.position >= self.length - TAG else 0
        self.file.seek(self.position - hidden)
        data = self.file.read(len(buffer))
        if self.repair.length_at is not None and 0 <= (at := self.repair.length_at - self.position) <= len(data) - 4:
            data = data[:at] + TO_THE_END + data[at + 4 :]
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def open_sound_file(source: str | BinaryIO, name: str) -> SoundFile:
    """Look at the header of a sound file, given by its path or as an open binary file.

    Raises AudioError if it is missing, not an ordinary file, or not a sound file; the message says what it is.
    """
    with _bytes_of(source) as file:
        promised = promise(file)
        repair = Repair(length_at=promised.length_at)
        try:
            with _Decoder(_RepairedFile(file, repair)) as decoder:
                rate, channels, frames, container = decoder.samplerate, decoder.channels, decoder.frames, decoder.format
        except soundfile.LibsndfileError as error:
            file.seek(0)
            what, advice = kind(file.read(4096))
            raise AudioError(f"{name}: cannot be read as sound: it is {what}. {advice}") from error
        if container == "MP3" and not has_frame_count(file):
            repair, frames = Repair(stretch=STRETCH), UNKNOWN_LENGTH
    by_decoder = None if frames == UNKNOWN_LENGTH else frames
    return SoundFile(name, source, repair, rate, channels, promised.samples or by_decoder)


def _bytes_of(source: str | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """The bytes of a file; only what is opened here is closed again."""
    if not isinstance(source, str):
        return nullcontext(_checked_file(source))
    try:
        mode = os.stat(source).st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{source}: is a folder. Give the recordings inside it.")
        if not stat.S_ISREG(mode):  # opening a pipe could wait for ever
            raise AudioError(f"{source}: is not an ordinary file (a pipe or a device). Save the sound to a file first.")
        return open(source, "rb", buffering=READ_AHEAD)
    except FileNotFoundError as error:
        raise AudioError(f"{source}: does not exist. Check the spelling and the folder.") from error
    except PermissionError as error:
        raise AudioError(f"{source}: may not be read (permission denied). Change its permissions.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise AudioError(f"{source!r}: cannot be opened ({error}). Check the name and the disk.") from error


def _checked_file(file: BinaryIO) -> BinaryIO:
    try:
        file.seek(0)
        binary = isinstance(file.read(0), bytes)
    except (OSError, ValueError) as error:  # a pipe, or a closed file
        raise AudioError("<file object>: cannot be rewound. Read it into an io.BytesIO, and give that.") from error
    if not binary:
        raise AudioError("<file object>: was opened as text. Open it with mode 'rb'.")
    return file
