"""Any recording -> mono float32 blocks at the wanted rate, in constant memory, with its true duration.

A recording is read once when it is opened, to count and check its samples; every pass over `Recording.blocks` then
reads it afresh. A stored sample of whole numbers is scaled to -1..1; floating point is taken as it is.

MP3: Praat shows an MP3 file 37 to 66 ms later than these samples lie, since it keeps the delay of the encoder.
"""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from phonseg.errors import AudioError, ConfigurationError, PhonsegWarning
from phonseg.raw_sound import RawSound, Source, raw_sound
from phonseg.sound_file import DamagedError

__all__ = ["Channel", "Recording", "Samples", "Source", "find_recordings", "open_recording", "read"]

Samples = NDArray[np.float32]
Channel = Literal["mix"] | int

BLOCK = 16_384  # samples per channel read at once: large enough for speed, small enough for the processor's cache
SMALL_BLOCK = 1_024  # where a file is damaged, to get near the damage
SILENT_MIX = 1e-3  # a mix whose energy is 30 dB below that of its channels has cancelled out
SUFFIXES = re.compile(r"\.(wave?|bwf|rf64|w64|flac|mp3|og[ga]|opus|aif[fc]?|sph|nist|au|snd|caf)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording whose samples have been counted and checked; `open_recording` makes it.

    name: its path, "<samples>" or "<file object>". sample_rate: samples per second, and channels: how many, as
    recorded. n_samples: samples per channel, as recorded. channel: "mix" or the channel taken, counted from 1.
    """

    name: str
    sample_rate: float
    channels: int
    n_samples: int
    channel: Channel
    _raw: RawSound = field(repr=False)

    @property
    def duration(self) -> float:
        """Seconds: n_samples / sample_rate."""
        return self.n_samples / self.sample_rate

    def blocks(self, sample_rate: int, *, block_seconds: float = 10.0) -> Iterator[Samples]:
        """Mono at `sample_rate`, from the beginning, in blocks of `block_seconds` of which the last may be shorter.

        Altogether round(duration * sample_rate) samples, which do not depend on `block_seconds`. At the rate of the
        recording they are its own samples; else they are resampled by soxr in high quality. Each call is a fresh pass
        (an open file is rewound). Raises AudioError if the file has become shorter since it was opened.
        """
        if not sample_rate >= 1:
            raise ConfigurationError(f"sample_rate is {sample_rate}. Give samples per second, such as 16000.")
        size = round(block_seconds * sample_rate) if math.isfinite(block_seconds) else 0
        if size < 1:
            raise ConfigurationError(f"block_seconds is {block_seconds}. Give seconds, above 0.")
        pieces = self._mono()
        if sample_rate != self.sample_rate:
            length = round(self.n_samples * sample_rate / self.sample_rate)
            pieces = _resampled(pieces, self.sample_rate, sample_rate, length)
        return _recut(pieces, size)

    def _mono(self) -> Iterator[Samples]:
        done = 0
        for block in self._raw.blocks(BLOCK, self.n_samples):
            done += len(block)
            yield one_channel(block, self.channel)
        if done < self.n_samples:
            raise AudioError(f"{self.name}: became shorter while it was read. Wait until it is complete.")


def open_recording(source: Source, *, channel: Channel = "mix") -> Recording:
    """Open a recording: count and check all its samples.

    source: a path (WAV, FLAC, MP3, OGG, AIFF, NIST SPHERE and whatever else libsndfile reads; the content decides, not
    the suffix), an open binary file, (samples, sample_rate) with samples (n,) or (n, channels), or a parselmouth Sound.
    channel: "mix" for the mean of all channels, or the number of one, counted from 1 as in Praat.

    Warns (PhonsegWarning) when less can be read than the header promises, and takes what there is; and when the
    channels cancel each other in the mix, and takes the loudest of them.
    Raises AudioError if it cannot be read, holds no samples or values that are not finite numbers, or lies outside
    1 to 768 kHz and 64 channels; ConfigurationError if `channel` is neither "mix" nor a whole number from 1.
    """
    raw = raw_sound(source)
    _check_channel(raw, channel)
    found = _inspect(raw, channel)
    _check(raw, found)
    if found.damaged or (raw.promised or 0) > found.n_samples:
        promised = f" of the {raw.promised / raw.sample_rate:.4f} s that its header promises" if raw.promised else ""
        message = (
            f"{raw.name}: only {found.n_samples / raw.sample_rate:.4f} s{promised} can be read, since it was cut short "
            "or is damaged. Copy or record it again; what can be read is used."
        )
        warnings.warn(message, PhonsegWarning, stacklevel=2)
    if found.mix_energy < SILENT_MIX * np.mean(found.energies):
        channel = int(np.argmax(found.energies)) + 1
        message = f"{raw.name}: its channels cancel each other in the mix. Channel {channel} is used, or give another."
        warnings.warn(message, PhonsegWarning, stacklevel=2)
    return Recording(raw.name, raw.sample_rate, raw.channels, found.n_samples, channel, raw)


def read(source: Source, *, sample_rate: int, channel: Channel = "mix") -> tuple[Samples, float]:
    """A whole recording: (mono samples (n,) at `sample_rate`, duration in seconds); see `open_recording`."""
    recording = open_recording(source, channel=channel)
    return np.concatenate([np.zeros(0, np.float32), *recording.blocks(sample_rate)]), recording.duration


def find_recordings(places: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The recordings in folders and in the folders inside them, sorted; a place that is a file is taken as it is.

    In folders a recording is known by its suffix, in capitals or not. Hidden files and folders (with a leading dot)
    are left out, and a folder that several links lead to is visited once.

    Raises AudioError if a place does not exist or a folder cannot be listed.
    """
    found: set[Path] = set()
    visited: set[str] = set()
    for place in [places] if isinstance(places, (str, os.PathLike)) else places:
        if not os.path.exists(place):
            raise AudioError(f"{os.fspath(place)}: does not exist. Check the spelling and the folder.")
        found.update(_recordings_in(Path(place), visited) if os.path.isdir(place) else [Path(place)])
    return sorted(found)


def _recordings_in(folder: Path, visited: set[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in visited:  # several links to one folder, or a loop of links
        return
    visited.add(real)
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise AudioError(f"{folder}: cannot be listed ({error.strerror}). Change its permissions.") from error
    for path in (path for path in paths if not path.name.startswith(".")):
        if path.is_dir():
            yield from _recordings_in(path, visited)
        elif SUFFIXES.fullmatch(path.suffix):
            yield path


def _check_channel(raw: RawSound, channel: Channel) -> None:
    if channel == "mix":
        return
    if isinstance(channel, bool) or not isinstance(channel, Integral) or channel < 1:
        raise ConfigurationError(f"channel is {channel!r}. Give 'mix', or the number of a channel, counted from 1.")
    if channel > raw.channels:
        raise AudioError(
            f"{raw.name}: there is no channel {channel} among its {raw.channels} (counted from 1). Give one, or 'mix'."
        )


@dataclass(slots=True)
class _Findings:
    """What one pass over a recording tells. energies: (channels,) of the channels, where they are mixed."""

    energies: NDArray[np.float64]
    mix_energy: float = 0.0
    n_samples: int = 0
    n_bad: int = 0
    first_bad: int = 0
    damaged: bool = False

    def add(self, block: Samples, channel: Channel) -> None:
        with np.errstate(invalid="ignore", over="ignore"):  # infinities of both signs, which are counted next
            mono = one_channel(block, channel)
        bad = np.flatnonzero(~np.isfinite(mono))
        if bad.size and not self.n_bad:
            self.first_bad = self.n_samples + int(bad[0])
        self.n_bad += bad.size
        self.n_samples += len(mono)
        if channel == "mix" and block.shape[1] > 1:
            self.energies += np.array([np.einsum("i,i->", samples, samples) for samples in block.T])
            self.mix_energy += float(np.einsum("i,i->", mono, mono))


def _inspect(raw: RawSound, channel: Channel) -> _Findings:
    for size in (BLOCK, SMALL_BLOCK):
        found = _Findings(np.zeros(raw.channels), damaged=size == SMALL_BLOCK)
        with suppress(DamagedError):
            for block in raw.blocks(size):
                found.add(block, channel)
            return found
    return found


def _check(raw: RawSound, found: _Findings) -> None:
    if found.n_samples == 0:
        raise AudioError(f"{raw.name}: holds no sound (0 samples can be read). Copy or record it again.")
    if found.n_bad:
        raise AudioError(
            f"{raw.name}: {found.n_bad} of {found.n_samples} samples are not finite numbers (NaN or infinite), the "
            f"first at {found.first_bad / raw.sample_rate:.4f} s. Replace them, for example by 0."
        )


def one_channel(block: Samples, channel: Channel) -> Samples:
    """(n, channels) -> (n,): one channel or the mean of all; equal channels give exactly their samples."""
    channels = block.shape[1]
    if channel != "mix" or channels == 1:
        return np.ascontiguousarray(block[:, 0 if channel == "mix" else channel - 1])
    # Column by column is 15 times faster than mean(axis=1). The sum of two equal float32 is exact; more need float64.
    total: NDArray[Any] = block[:, 0].astype(np.float32 if channels == 2 else np.float64)
    for column in block.T[1:]:
        total += column
    return np.asarray(total / channels, dtype=np.float32)


def _resampled(pieces: Iterator[Samples], rate: float, wanted_rate: int, length: int) -> Iterator[Samples]:
    """The pieces at another rate, exactly `length` samples in all."""
    stream = soxr.ResampleStream(rate, wanted_rate, 1, dtype="float32", quality="HQ")
    for piece in pieces:
        resampled = stream.resample_chunk(piece)[:length]
        length -= len(resampled)
        yield resampled
    resampled = stream.resample_chunk(np.zeros(0, np.float32), last=True)[:length]
    yield resampled
    yield np.zeros(length - len(resampled), np.float32)


def _recut(pieces: Iterator[Samples], size: int) -> Iterator[Samples]:
    """The same samples in fresh blocks of `size`; the last may be shorter."""
    held: list[Samples] = []
    n_held = 0
    for piece in pieces:
        while n_held + len(piece) >= size:
            cut = size - n_held
            yield np.concatenate([*held, piece[:cut]])
            held, n_held, piece = [], 0, piece[cut:]
        held.append(piece)
        n_held += len(piece)
    if n_held:
        yield np.concatenate(held)
