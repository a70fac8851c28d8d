"""One pass over a recording: how long it is, how loud, and whether its samples can be used."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.channels import Channel, Samples, one_channel
from phonseg.audio.decoding.libsndfile import DamagedError
from phonseg.audio.decoding.source import Decoder
from phonseg.errors import AudioError

BLOCK = 16_384  # samples per channel read at once: large enough for speed, small enough for the processor's cache
SMALL_BLOCK = 1_024  # where a file is damaged, to get near the damage
# Mono samples of recordings up to this long are kept, since decoding takes as long as all that is counted here.
KEPT_SECONDS = 132.0
NEAR_FULL_SCALE = 0.98  # where 8 bits and mu-law end too
LARGEST_SAMPLE = 1e15  # no sound is that loud, and the powers of larger numbers do not fit into 32 bits


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What one pass over a recording tells.

    Attributes:
        n_samples: per channel.
        flaw: why they are fewer than there should be, empty if all is well.
        peak: the largest magnitude in the channels that count.
        power: mean square of the mono samples.
        clipped: how many samples of the channels that count equal the two before them near full scale, as where a wave
            is cut off.
        powers: (channels,) mean squares of channels that are mixed, else 0.
        kept: the mono samples in blocks; none if they last longer than KEPT_SECONDS.
    """

    n_samples: int
    flaw: str
    peak: float
    power: float
    clipped: int
    powers: NDArray[np.float64]
    kept: tuple[Samples, ...]


def scan(decoder: Decoder, channel: Channel) -> Scan:
    """Read all samples of a recording once.

    Args:
        decoder: of the recording.
        channel: which channels count, "mix" for all of them.

    Raises:
        AudioError: there is no sample, or the mono samples hold values that are not finite numbers.
    """
    for size in (BLOCK, SMALL_BLOCK):
        counted = decoder.channels if channel == "mix" else 1
        none_yet = np.zeros((0, counted), np.float32)
        counts, flaw = _Counts(np.zeros(decoder.channels), none_yet, KEPT_SECONDS * decoder.sample_rate), ""
        try:
            for block in decoder.blocks(size):
                counts.add(block, channel)
            break
        except DamagedError as error:
            flaw = str(error)
    if counts.n_samples == 0:
        raise AudioError(f"{decoder.name}: holds no sound (0 samples can be read). Copy or record it again.")
    if counts.n_bad:
        raise AudioError(
            f"{decoder.name}: {counts.n_bad} of {counts.n_samples} samples are not finite numbers (NaN, infinite or "
            f"enormous), the first at {counts.first_bad / decoder.sample_rate:.4f} s. Replace them, for example by 0."
        )
    n = counts.n_samples
    return Scan(n, flaw, counts.peak, counts.energy / n, counts.clipped, counts.energies / n, tuple(counts.kept))


@dataclass(slots=True)
class _Counts:
    """What has been counted so far, block by block.

    energies: (channels,). last: the two samples before the next. most: samples that are kept. kept: see `Scan`.
    """

    energies: NDArray[np.float64]
    last: Samples
    most: float
    kept: list[Samples] = field(default_factory=list)
    energy: float = 0.0
    peak: float = 0.0
    clipped: int = 0
    n_samples: int = 0
    n_bad: int = 0
    first_bad: int = 0

    def add(self, block: Samples, channel: Channel) -> None:
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is counted, and then refused
            mono = one_channel(block, channel)
            self.energy += _energy(mono)
            if channel == "mix" and block.shape[1] > 1:
                self.energies += [_energy(samples) for samples in block.T]
        counted = block if channel == "mix" else mono[:, np.newaxis]
        peak = max(float(counted.max()), -float(counted.min()))
        if not peak <= LARGEST_SAMPLE:  # where there is a NaN, there is no largest number
            bad = np.flatnonzero(~(np.abs(mono) <= LARGEST_SAMPLE))
            if bad.size and not self.n_bad:
                self.first_bad = self.n_samples + int(bad[0])
            self.n_bad += bad.size
        self.n_samples += len(mono)
        self.kept.append(mono)
        if self.n_samples > self.most:
            self.kept.clear()
        self.peak = max(self.peak, peak)
        if peak >= NEAR_FULL_SCALE:
            self.clipped += _clipped(np.concatenate([self.last, counted]))
        self.last = np.concatenate([self.last, counted[-2:]])[-2:]


def _energy(samples: Samples) -> float:
    return float(np.einsum("i,i->", samples, samples))


def _clipped(samples: Samples) -> int:
    """How many of (n, channels) samples equal the two before them in their channel, near full scale."""
    magnitude = np.abs(samples[2:])
    flat = (samples[2:] == samples[1:-1]) & (samples[2:] == samples[:-2])
    return int(np.count_nonzero(flat & (magnitude >= NEAR_FULL_SCALE) & (magnitude <= 1)))
