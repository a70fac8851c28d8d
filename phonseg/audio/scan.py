"""The blocks of a decoder -> in one pass, how long and how loud the recording is, and whether it can be used."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.channels import Channel, one_channel
from phonseg.audio.decoding.decoder import DamagedError, Decoder
from phonseg.errors import AudioError
from phonseg.timeline.grid import Samples

BLOCK = 16_384  # samples per channel read at once: large enough for speed, small enough for the processor's cache
SMALL_BLOCK = 1_024  # samples per channel read at once in a damaged file, to get close to the damage
# Mono samples of recordings up to this many seconds are kept, since decoding takes as long as all the counting here.
KEPT_SECONDS = 132.0
NEAR_FULL_SCALE = 0.98  # 8-bit and mu-law samples end above this too
LARGEST_SAMPLE = 1e15  # no sound is that loud, and the power of larger numbers exceeds float32


@dataclass(slots=True, eq=False)
class Scan:
    """What has been counted in a recording, block by block.

    Attributes:
        most_kept: samples; nothing is kept of a longer recording.
        flaw: why the recording ends too early; empty if it does not.
        n_samples: samples per channel.
        peak: the largest magnitude in the channels that count, 0 or more.
        energy: sum of the squared mono samples.
        energies: (channels,) sums of the squared samples of each channel if several are mixed, else (1,) of 0.
        clipped: samples of the channels that count which are near full scale and equal the two samples before them, as
            happens where a wave is cut off.
        n_bad: mono samples that are not finite, or too large for any sound.
        first_bad: index of the first of them.
        kept: mono blocks; empty if the recording is longer than `most_kept`.
    """

    most_kept: float
    flaw: str = ""
    n_samples: int = 0
    peak: float = 0.0
    energy: float = 0.0
    energies: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    clipped: int = 0
    n_bad: int = 0
    first_bad: int = 0
    kept: list[Samples] = field(default_factory=list)
    _last: Samples | None = None

    def add(self, block: Samples, channel: Channel) -> None:
        """Counts one more block.

        Args:
            block: (n, channels) samples, n at least 1.
            channel: "mix" if all channels count, or the number of the only one that counts, from 1.
        """
        with np.errstate(invalid="ignore", over="ignore"):  # samples that are not finite are counted below
            mono = one_channel(block, channel)
            self.energy += _energy(mono)
            if channel == "mix" and block.shape[1] > 1:
                self.energies = self.energies + [_energy(samples) for samples in block.T]
        counted = block if channel == "mix" else mono[:, np.newaxis]
        peak = max(float(counted.max()), -float(counted.min()))
        if not peak <= LARGEST_SAMPLE:  # also true if the peak is NaN
            bad = np.flatnonzero(~(np.abs(mono) <= LARGEST_SAMPLE))
            if bad.size and not self.n_bad:
                self.first_bad = self.n_samples + int(bad[0])
            self.n_bad += bad.size
        self.n_samples += len(mono)
        self.kept.append(mono)
        if self.n_samples > self.most_kept:
            self.kept.clear()
        self.peak = max(self.peak, peak)
        last = counted[:0] if self._last is None else self._last
        if peak >= NEAR_FULL_SCALE:
            self.clipped += _clipped(np.concatenate([last, counted]))
        self._last = np.concatenate([last, counted[-2:]])[-2:]


def scan(decoder: Decoder, channel: Channel) -> Scan:
    """Reads all samples of a recording once and counts them.

    Args:
        decoder: of the recording.
        channel: "mix" if all channels count, or the number of the only one that counts, from 1.

    Returns:
        The counts, of at least one sample.

    Raises:
        AudioError: if there are no samples, if mono samples are not finite or exceed `LARGEST_SAMPLE`, or if the file
            was changed or cannot be opened again.
    """
    for size in (BLOCK, SMALL_BLOCK):
        counts = Scan(KEPT_SECONDS * decoder.sample_rate)
        try:
            for block in decoder.blocks(size, sys.maxsize):
                counts.add(block, channel)
            break
        except DamagedError as error:
            counts.flaw = str(error)
    if counts.n_samples == 0:
        raise AudioError(f"{decoder.name}: holds no sound (0 samples can be read). Copy or record it again.")
    if counts.n_bad:
        first = decoder.first + counts.first_bad / decoder.sample_rate
        raise AudioError(
            f"{decoder.name}: {counts.n_bad} of {counts.n_samples} samples are not finite numbers (NaN, infinite or "
            f"enormous), the first at {first:.4f} s. Replace them, for example by 0."
        )
    return counts


def _energy(samples: Samples) -> float:
    return float(np.einsum("i,i->", samples, samples))


def _clipped(samples: Samples) -> int:
    """Counts the (n, channels) samples near full scale that equal the two before them in their channel."""
    magnitude = np.abs(samples[2:])
    flat = (samples[2:] == samples[1:-1]) & (samples[2:] == samples[:-2])
    return int(np.count_nonzero(flat & (magnitude >= NEAR_FULL_SCALE) & (magnitude <= 1)))
