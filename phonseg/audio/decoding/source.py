"""Whatever a recording is given as -> raw blocks of all its channels, at its own rate.

A recording is a path, an open binary file, samples with their rate (NumPy arrays, memory maps, lists, torch tensors),
or a parselmouth Sound. A stored sample of whole numbers is scaled to -1..1; floating point is taken as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.audio.decoding.ffmpeg import FFmpegDecoder, open_with_ffmpeg
from phonseg.audio.decoding.file_handle import open_first
from phonseg.audio.decoding.file_type import HEAD, file_type
from phonseg.audio.decoding.libsndfile import LibsndfileDecoder, open_with_libsndfile
from phonseg.errors import AudioError

LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000  # Hz
MOST_CHANNELS = 64
SAMPLES = "<samples>"  # how samples in memory are called in messages
ZERO_AND_SCALE = {"int16": (0, 2**15), "int32": (0, 2**31), "uint8": (128, 2**7)}  # as in WAV files


class PraatSound(Protocol):
    """What is asked of a `parselmouth.Sound`."""

    @property
    def values(self) -> NDArray[np.float64]:
        """(channels, n) samples."""

    @property
    def sampling_frequency(self) -> float:
        """Samples per second."""


Source = str | os.PathLike[str] | BinaryIO | tuple[ArrayLike, float] | PraatSound


@dataclass(frozen=True, slots=True, eq=False)
class ArrayDecoder:
    """Samples in memory with their rate: values (n, channels), never changed and read in slices."""

    values: NDArray[Any]
    sample_rate: float
    name: str = SAMPLES
    format: str = "samples in memory"
    promised: None = None  # no header, no promise
    remarks: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        """How many channels."""
        return int(self.values.shape[1])

    def blocks(self, size: int, end: int = sys.maxsize) -> Iterator[NDArray[np.float32]]:
        """All channels from the beginning, as (n, channels) with n at most `size`, until sample `end`."""
        zero, scale = ZERO_AND_SCALE.get(self.values.dtype.name, (0, 1))
        for start in range(0, min(len(self.values), end), size):
            block = self.values[start : min(start + size, end)]
            with np.errstate(over="ignore"):  # what does not fit into float32 becomes infinite, and is then refused
                block = block.astype(np.float32, copy=False)
            yield block if scale == 1 else (block - np.float32(zero)) / np.float32(scale)


Decoder = LibsndfileDecoder | FFmpegDecoder | ArrayDecoder


def open_source(source: Source) -> Decoder:
    """Find out what a recording is given as, and open it.

    Raises AudioError if it cannot be read, or lies outside 1 to 768 kHz and 1 to 64 channels.
    """
    decoder = _opened(source)
    if not 1 <= decoder.channels <= MOST_CHANNELS:
        raise AudioError(
            f"{decoder.name}: has {decoder.channels} channels. Give a recording of 1 to {MOST_CHANNELS} channels."
        )
    rate = decoder.sample_rate
    if isinstance(rate, bool) or not isinstance(rate, Real) or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(
            f"{decoder.name}: the sample rate is {rate!r}. Give samples per second, from {LOWEST_RATE} to "
            f"{HIGHEST_RATE}."
        )
    return replace(decoder, sample_rate=int(rate) if rate == int(rate) else float(rate))


def _opened(source: Source) -> Decoder:
    if isinstance(source, (str, os.PathLike)):
        path = os.fsdecode(source)
        return _opened_file(path, path)
    if isinstance(source, tuple) and len(source) == 2:
        return _sample_array(*source)
    if hasattr(source, "values") and hasattr(source, "sampling_frequency"):
        return ArrayDecoder(np.asarray(source.values).T, source.sampling_frequency)
    if hasattr(source, "read") and hasattr(source, "seek"):
        return _opened_file(source, "<file object>")
    raise AudioError(
        f"a {type(source).__name__} is not a recording. Give a path, an open binary file, or (samples, sample_rate)."
    )


def _opened_file(source: str | BinaryIO, name: str) -> LibsndfileDecoder | FFmpegDecoder:
    with open_first(source, name) as (handle, file):
        found = file_type(file.read(HEAD))
        file.seek(0)
        open_with = open_with_ffmpeg if found.needs_ffmpeg else open_with_libsndfile
        return open_with(handle, file, found)


def _sample_array(samples: ArrayLike, sample_rate: float) -> ArrayDecoder:
    try:
        values = np.asarray(samples)
    except (TypeError, ValueError, RuntimeError) as error:  # a ragged list; a tensor on a GPU, or with gradients
        raise AudioError(f"{SAMPLES}: do not form an array ({error}). Give a NumPy array of samples.") from None
    if values.ndim not in (1, 2):
        raise AudioError(
            f"{SAMPLES}: form an array of {values.ndim} dimensions. Give (samples, sample_rate), in this order, with "
            "samples (n,) or (n, channels)."
        )
    if values.dtype.kind != "f" and values.dtype.name not in ZERO_AND_SCALE:
        raise AudioError(
            f"{SAMPLES}: are of type {values.dtype}, whose full scale is not known. Give floating point from -1 to 1, "
            "or int16, int32 or uint8."
        )
    if values.ndim == 2 and len(values) < values.shape[1]:
        raise AudioError(
            f"{SAMPLES}: are of shape {values.shape}, which would be {values.shape[1]} channels of {len(values)} "
            "samples each. Give (n, channels): transpose them (samples.T)."
        )
    return ArrayDecoder(values if values.ndim == 2 else values[:, np.newaxis], sample_rate)
