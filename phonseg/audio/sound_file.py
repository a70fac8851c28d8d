"""Blocks of samples -> a WAV or FLAC file, block by block, in constant memory.

Where nothing is changed, the file holds the very samples that were read: integers are scaled by a power of two and
rounded, never dithered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from phonseg.audio.wav_header import wav_header
from phonseg.errors import ConfigurationError
from phonseg.system.atomic_files import replacing

BITS = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}  # all other sample types are floating point
SUFFIXES = (".wav", ".flac")  # of the files that are written
# FLAC holds integers of up to 24 bits, and calls those of 8 bits signed, which makes no difference to a reader.
IN_FLAC = {"PCM_U8": "PCM_S8", "PCM_16": "PCM_16"}
MOST_CHANNELS, HIGHEST_RATE = 8, 655_350  # of a FLAC file


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What a sound file holds.

    Attributes:
        sample_rate: in Hz.
        channels: how many.
        n_samples: samples per channel.
        sample_type: PCM_U8, PCM_16, PCM_24, PCM_32, FLOAT or DOUBLE; a FLAC file holds at most 24 bits.
    """

    sample_rate: float
    channels: int
    n_samples: int
    sample_type: str


def check_suffix(path: str | Path) -> str:
    """Returns the suffix of a sound file that can be written, in small letters.

    Args:
        path: of the file.

    Raises:
        ConfigurationError: if the suffix is neither .wav nor .flac.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigurationError(f"{path}: is neither a .wav nor a .flac file. Give it one of these suffixes.")
    return suffix


def check_format(path: str | Path, sound: SoundFormat) -> None:
    """Checks, before anything is computed, that a file can hold a sound.

    Args:
        path: of the file; its suffix is .wav or .flac.
        sound: what it is to hold.

    Raises:
        ConfigurationError: if the suffix is another one; if the sample rate is no whole number; or if a FLAC file has
            more than 8 channels or more than 655 350 Hz.
    """
    is_flac = check_suffix(path) == ".flac"
    if sound.sample_rate != int(sound.sample_rate):
        problem = f"no sound file holds {sound.sample_rate} samples per second, which is no whole number"
        raise ConfigurationError(f"{path}: {problem}. Resample the recording first.")
    if is_flac and (sound.channels > MOST_CHANNELS or sound.sample_rate > HIGHEST_RATE):
        has = f"{sound.channels} channels at {sound.sample_rate:g} Hz"
        limit = f"FLAC has at most {MOST_CHANNELS} channels at {HIGHEST_RATE} Hz"
        raise ConfigurationError(f"{path}: the recording has {has}, and {limit}. Give it the suffix .wav.")


def write_sound(path: str | Path, blocks: Iterable[NDArray[Any]], sound: SoundFormat) -> int:
    """Writes a sound file; an existing file is replaced only when the new one is complete.

    A WAV file of 4 GB or more is written as RF64, which most programs read.

    Args:
        path: of the file.
        blocks: (n, channels) samples; full scale is -1 to 1.
        sound: what they are.

    Returns:
        How many samples were beyond full scale, and are at full scale in the file; 0 for floating point.

    Raises:
        ConfigurationError: as for `check_format`.
        OutputError: if the file cannot be written.
    """
    check_format(path, sound)
    with replacing(path) as partial, open(partial, "wb") as file:
        return write_samples(file, blocks, sound, check_suffix(path))


def write_samples(file: BinaryIO, blocks: Iterable[NDArray[Any]], sound: SoundFormat, suffix: str) -> int:
    """Writes what a sound file holds.

    Args:
        file: open for writing and seeking.
        blocks: (n, channels) samples; full scale is -1 to 1.
        sound: what they are, which has been checked.
        suffix: .wav or .flac.

    Returns:
        How many samples were beyond full scale, as for `write_sound`.
    """
    return (_write_wav if suffix == ".wav" else _write_flac)(file, blocks, sound)


def _write_wav(file: BinaryIO, blocks: Iterable[NDArray[Any]], sound: SoundFormat) -> int:
    kind = sound.sample_type
    bits = BITS.get(kind, 32 if kind == "FLOAT" else 64)
    file.write(wav_header(int(sound.sample_rate), sound.channels, sound.n_samples, bits, is_float=kind not in BITS))
    clipped = 0
    for block in blocks:
        if kind in BITS:
            whole, beyond = _whole_numbers(block, bits)
            clipped += beyond
            file.write(_packed(whole, bits))
        else:
            file.write(block.astype("<f4" if kind == "FLOAT" else "<f8").tobytes())
    file.write(bytes(sound.n_samples * sound.channels * bits // 8 % 2))  # what follows stands at an even place
    return clipped


def _packed(whole: NDArray[np.int64], bits: int) -> bytes:
    if bits == 8:
        return (whole + 128).astype(np.uint8).tobytes()
    if bits == 24:
        return whole.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return whole.astype(f"<i{bits // 8}").tobytes()


def _write_flac(file: BinaryIO, blocks: Iterable[NDArray[Any]], sound: SoundFormat) -> int:
    kind = IN_FLAC.get(sound.sample_type, "PCM_24")
    bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}[kind]
    output, clipped = _CheckedOutput(file), 0
    form = {"samplerate": int(sound.sample_rate), "channels": sound.channels, "format": "FLAC", "subtype": kind}
    with output.reporting(), soundfile.SoundFile(output, "w", **form) as encoder:
        for block in blocks:
            whole, beyond = _whole_numbers(block, bits)
            clipped += beyond
            encoder.write((whole << (32 - bits)).astype(np.int32))
    return clipped


def _whole_numbers(block: NDArray[Any], bits: int) -> tuple[NDArray[np.int64], int]:
    """The samples as whole numbers of so many bits, and how many were beyond full scale."""
    most = 2 ** (bits - 1)
    whole = np.rint(block.astype(np.float64) * most)
    beyond = int(np.count_nonzero((whole > most) | (whole < -most)))  # 1.0 itself is what a full wave rounds to
    return np.clip(whole, -most, most - 1).astype(np.int64), beyond


class _CheckedOutput:
    """A file to which libsndfile writes, which loses the errors of the system; they are raised at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._error: OSError | None = None

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def write(self, data: bytes) -> int:
        if self._error is None:
            try:
                return self._file.write(data)
            except OSError as error:
                self._error = error
        return len(data)

    @contextmanager
    def reporting(self) -> Iterator[None]:
        yield
        if self._error is not None:
            raise self._error
