"""A recording in any form -> a decoder that reads the samples of all its channels at its own rate.

A recording is a path, an open binary file, samples with their rate (NumPy arrays, memory maps, lists, torch tensors),
or a parselmouth Sound. Integer samples are scaled to -1 to 1; floating-point samples are taken unchanged.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, BinaryIO, Protocol, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.audio.decoding.decoder import MOST_CHANNELS, WIDE, Decoder
from phonseg.audio.decoding.ffmpeg import is_installed, open_with_ffmpeg
from phonseg.audio.decoding.file_handle import FileHandle
from phonseg.audio.decoding.file_type import HEAD_SIZE, file_type
from phonseg.audio.decoding.libsndfile import open_with_libsndfile
from phonseg.errors import AudioError

LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000  # Hz
SAMPLES = "<samples>"  # the name of samples in memory in messages
OF_A_SOUND = ("values", "sampling_frequency", "dx", "x1", "xmin", "xmax")  # what is read of a Praat Sound
SAME_RATE, SAME_TIME = 1e-6, 1e-9  # Hz and seconds: smaller differences are rounding
SAMPLE_TYPES = {"uint8": "PCM_U8", "int16": "PCM_16", "int32": "PCM_32", "float16": "FLOAT", "float32": "FLOAT"}
ZERO_AND_SCALE = {"int16": (0, 2**15), "int32": (0, 2**31), "uint8": (128, 2**7)}  # as in WAV files


class PraatSound(Protocol):
    """The part of a `parselmouth.Sound` that is used here."""

    @property
    def values(self) -> NDArray[np.float64]:
        """(channels, n) samples; full scale is -1 to 1."""

    @property
    def sampling_frequency(self) -> float:
        """Sample rate in Hz."""

    @property
    def dx(self) -> float:
        """Sample period in seconds."""

    @property
    def x1(self) -> float:
        """The time of the middle of the first sample, in seconds."""

    @property
    def xmin(self) -> float:
        """Where the Sound begins, in seconds: normally half a sample before `x1`."""

    @property
    def xmax(self) -> float:
        """Where the Sound ends, in seconds: normally half a sample after the middle of the last sample."""


Source = str | os.PathLike[str] | BinaryIO | tuple[ArrayLike, float] | PraatSound


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ArrayDecoder(Decoder):
    """Samples in memory.

    Attributes:
        values: (n, channels) samples of any type that can be scaled; they are never changed.
    """

    values: NDArray[Any]

    def exact_blocks(self, size: int, end: int) -> Iterator[NDArray[Any]]:
        """Takes the samples of all channels from the beginning.

        Args:
            size: the most samples per channel in a block.
            end: samples per channel after which reading stops.

        Yields:
            (n, channels) blocks, n from 1 to `size`: of float64 if the sample type is one of `WIDE`, else of float32.
        """
        zero, scale = ZERO_AND_SCALE.get(self.values.dtype.name, (0, 1))
        kind = np.dtype(np.float64 if self.sample_type in WIDE else np.float32)
        for start in range(0, min(len(self.values), end), size):
            block = self.values[start : min(start + size, end)].astype(kind, copy=False)
            yield block if scale == 1 else (block - kind.type(zero)) / kind.type(scale)


def open_source(source: Source) -> Decoder:
    """Opens a recording in any form.

    Args:
        source: a path, an open binary file, (samples, sample_rate) with samples (n,) or (n, channels), or a
            parselmouth Sound.

    Returns:
        A decoder of the recording. Its sample rate is an int if it is a whole number.

    Raises:
        AudioError: if `source` is something else or cannot be read, its sample rate is not within 1 to 768 kHz, or it
            does not have 1 to 64 channels.
    """
    decoder = _opened(source)
    if not 1 <= decoder.channels <= MOST_CHANNELS:
        raise AudioError(f"{decoder.name}: has {decoder.channels} channels. Give a recording of 1 to {MOST_CHANNELS}.")
    rate = decoder.sample_rate
    if isinstance(rate, bool) or not isinstance(rate, Real) or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        wanted = f"Give samples per second, from {LOWEST_RATE} to {HIGHEST_RATE}."
        raise AudioError(f"{decoder.name}: the sample rate is {rate!r}. {wanted}")
    return replace(decoder, sample_rate=int(rate) if rate == int(rate) else float(rate))


def _opened(source: Source) -> Decoder:
    if isinstance(source, (str, os.PathLike)):
        path = os.fsdecode(source)
        return _opened_file(FileHandle(path, path))
    if isinstance(source, tuple) and len(source) == 2:
        return _array_decoder(_checked(source[0]), source[1])
    if all(hasattr(source, name) for name in OF_A_SOUND):
        return _sound_decoder(cast(PraatSound, source))
    if hasattr(source, "read") and hasattr(source, "seek"):
        return _opened_file(FileHandle("<file object>", cast(BinaryIO, source)))
    wanted = "Give a path, an open binary file, or (samples, sample_rate)."
    raise AudioError(f"a value of type {type(source).__name__} is not a recording. {wanted}")


def _opened_file(handle: FileHandle) -> Decoder:
    with handle.open() as file:
        kind = file_type(file.read(HEAD_SIZE))
        file.seek(0)
        if kind.needs_ffmpeg:
            return open_with_ffmpeg(handle, file, kind)
        try:
            return open_with_libsndfile(handle, file, kind)
        except AudioError as error:
            if not kind.may_need_ffmpeg or file.error:
                raise
            if not is_installed():
                raise AudioError(f"{error} Or install PyAV with pip install av, which knows more codings.") from error
            with suppress(AudioError):
                return open_with_ffmpeg(handle, file, kind)
            raise


def _array_decoder(values: NDArray[Any], rate: float) -> ArrayDecoder:
    return ArrayDecoder(
        name=SAMPLES,
        format="samples in memory",
        sample_rate=rate,
        channels=values.shape[1],
        sample_type=SAMPLE_TYPES.get(values.dtype.name, "DOUBLE"),
        values=values,
    )


def _sound_decoder(sound: PraatSound) -> ArrayDecoder:
    """A Sound on its own time axis. A part that was cut out of a Sound may begin and end within a sample."""
    rate = float(sound.sampling_frequency)
    whole = float(np.rint(rate))  # Praat holds the period, and 1 / (1 / 25000) is not quite 25000
    decoder = _array_decoder(np.asarray(sound.values).T, whole if abs(rate - whole) < SAME_RATE else rate)
    start, end, period = float(sound.xmin), float(sound.xmax), float(sound.dx)
    first = float(sound.x1) - period / 2
    first = start if abs(first - start) < SAME_TIME else first
    last = first + len(decoder.values) * period
    if start == first and abs(end - last) < SAME_TIME:
        return replace(decoder, first=first)
    span = start if start < first + period else first, end if end > last - period else last
    return replace(decoder, first=first, span=span)


def _checked(samples: ArrayLike) -> NDArray[Any]:
    """Returns samples as an array (n, channels)."""
    try:
        values = np.asarray(samples)
    except (TypeError, ValueError, RuntimeError) as error:  # a ragged list; a tensor on a GPU, or with gradients
        raise AudioError(f"{SAMPLES}: do not form an array ({error}). Give a NumPy array of samples.") from None
    if values.ndim not in (1, 2):
        wanted = "Give (samples, sample_rate), in this order, with samples (n,) or (n, channels)."
        raise AudioError(f"{SAMPLES}: form an array of {values.ndim} dimensions. {wanted}")
    if values.dtype.kind != "f" and values.dtype.name not in ZERO_AND_SCALE:
        wanted = "Give floating point from -1 to 1, or int16, int32 or uint8."
        raise AudioError(f"{SAMPLES}: are of type {values.dtype}, whose full scale is not known. {wanted}")
    if values.ndim == 2 and len(values) < values.shape[1]:
        wrong = f"are of shape {values.shape}, which would be {values.shape[1]} channels of {len(values)} samples each"
        raise AudioError(f"{SAMPLES}: {wrong}. Give (n, channels): transpose them (samples.T).")
    return values if values.ndim == 2 else values[:, np.newaxis]
