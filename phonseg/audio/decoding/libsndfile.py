"""A sound file -> blocks of samples of all its channels, decoded by libsndfile, whatever the suffix of the file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import soundfile
from numpy.typing import NDArray

from phonseg.audio.decoding.checked_file import CheckedFile
from phonseg.audio.decoding.decoder import TRUNCATED, WIDE, DamagedError, Decoder
from phonseg.audio.decoding.file_handle import FileHandle
from phonseg.audio.decoding.file_type import FileType
from phonseg.audio.decoding.headers import TAG_SIZE, Header, read_header, read_mp3_header
from phonseg.errors import AudioError

UNKNOWN_LENGTH = 2**63 - 1  # what libsndfile reports instead of a number of samples
# The decoders of MP3 and OGG leave out what they cannot decode, and go on after it.
LEFT_OUT = "it was cut short, or a part of it is damaged, so all times after it are too early"
OPUS, MP3_CODING = "OGG OPUS", "MPEG_LAYER_III"
# Of codings without loss; all others hold no more than 16 bits, or were compressed with loss.
SAMPLE_TYPES = {name: name for name in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")} | {
    "PCM_S8": "PCM_U8",
    "ALAC_20": "PCM_24",
    "ALAC_24": "PCM_24",
    "ALAC_32": "PCM_32",
    "DWVW_24": "PCM_24",
}
MP3_IN_PRAAT = "is an MP3 file, which Praat shows 37 to 66 ms later than these times. Convert it to WAV for Praat."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LibsndfileDecoder(Decoder):
    """A sound file that libsndfile decodes.

    Attributes:
        handle: opens the file for each pass.
        header: what is known of the length of the file, and corrected for libsndfile.
    """

    handle: FileHandle
    header: Header

    def exact_blocks(self, size: int, end: int) -> Iterator[NDArray[Any]]:
        """Reads the samples of all channels from the beginning.

        Args:
            size: the most samples per channel in a block.
            end: samples per channel after which reading stops.

        Yields:
            (n, channels) blocks, n from 1 to `size`: of float64 if the sample type is one of `WIDE`, else of float32.

        Raises:
            AudioError: if the file cannot be opened again or was changed.
            DamagedError: if the samples end before `end` and earlier than they should.
        """
        done, kind = 0, "float64" if self.sample_type in WIDE else "float32"
        with self.handle.open() as file, _ForwardReader(_CorrectedFile(file, self.header)) as reader:
            if self.format == OPUS:
                reader.seek(0)  # without this, libsndfile does not drop what the encoder has added before the sound
            while done < end:
                try:
                    block = reader.read(min(size, end - done), dtype=kind, always_2d=True)
                except soundfile.LibsndfileError as error:
                    reason = error.error_string.removeprefix("Error : ").rstrip(".")
                    raise DamagedError(f"it is damaged ({reason})") from error
                if not len(block):
                    break
                done += len(block)
                yield block
        if done < end and self.header.flaw:
            raise DamagedError(self.header.flaw)
        if done < min(end, self.promised or 0):
            raise DamagedError(LEFT_OUT if self.format.startswith(("MP3", "OGG")) else TRUNCATED)


class _ForwardReader(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """Reads forwards only: otherwise soundfile seeks after every block, which is slow and fails in damaged files."""

    def seekable(self) -> bool:
        return False


class _CorrectedFile:
    """A file with the corrections of its `Header`, in the form that soundfile reads.

    A file that appears longer than it is has nothing after its true end, except its last 128 bytes a second time.
    """

    def __init__(self, file: CheckedFile, header: Header) -> None:
        self.file = file
        self.header = header
        self.true_length = file.seek(0, os.SEEK_END)
        self.shift = len(header.head) - header.sound_at  # how many bytes later than in the file the sound begins
        self.length = (self.true_length + self.shift) * header.length_factor
        self.position = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.position = max(0, (0, self.position, self.length)[whence] + offset)
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: memoryview) -> int:
        in_tag = self.header.length_factor > 1 and self.position >= self.length - TAG_SIZE
        shift = self.length - self.true_length if in_tag else self.shift
        data = self.header.head[self.position :][: len(buffer)]
        if len(data) < len(buffer):
            self.file.seek(self.position + len(data) - shift)
            data += self.file.read(len(buffer) - len(data))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def open_with_libsndfile(handle: FileHandle, file: CheckedFile, kind: FileType) -> LibsndfileDecoder:
    """Reads the header of a sound file.

    Args:
        handle: opens the file for each pass.
        file: the same file, open. Its position changes.
        kind: what the message calls the file if libsndfile cannot read it.

    Returns:
        The decoder.

    Raises:
        AudioError: if libsndfile cannot read the file.
    """
    header = read_header(file)
    if not header.leads_to_sound:  # decoders would search the whole file
        problem = f"cannot be read as sound: it is {kind.what}, since no sound follows its header"
        file.error = AudioError(f"{handle.name}: {problem}. {kind.advice}")
        raise file.error
    try:
        with _ForwardReader(_CorrectedFile(file, header)) as reader:
            rate, channels, frames = reader.samplerate, reader.channels, reader.frames
            container, coding = "WAV" if header.head.startswith(b"RF64") else reader.format, reader.subtype
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{handle.name}: cannot be read as sound: it is {kind.what}. {kind.advice}") from error
    is_mp3 = container == "MP3"
    if is_mp3:
        header = read_mp3_header(file)
    is_unknown = frames == UNKNOWN_LENGTH or header.length_factor > 1
    return LibsndfileDecoder(
        name=handle.name,
        format=container if is_mp3 else f"{container} {coding}",
        sample_rate=rate,
        channels=channels,
        promised=header.samples or (None if is_unknown else frames),
        sample_type=SAMPLE_TYPES.get(coding, "PCM_16"),
        remarks=(MP3_IN_PRAAT,) if coding == MP3_CODING else (),
        handle=handle,
        header=header,
    )
