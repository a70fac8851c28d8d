"""Samples -> how like each moment is to the moments before and after it: the normalised correlation, lag by lag.

All channels count together: their correlations are summed, and so are their energies. A mix would cancel where one
channel is the other turned over, and one channel alone would be silent where somebody speaks into another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

# Seconds: of the window that is compared, from one moment to the next, and of the farthest lag.
WINDOW, HOP, FARTHEST = 0.016, 0.004, 0.016
# Likeness is found on samples averaged down to about this rate: periods matter, not the finest detail.
ANALYSIS_RATE = 8000
# A rumble or an offset, slower than speech, is always like itself. It is taken off: the mean over so many seconds.
RUMBLE = 0.025
# The shortest lag that counts as a period, in seconds: that of 500 Hz.
SHORTEST_PERIOD = 0.002
# A voice is about as like itself two periods away as one. Of two lags, one twice as long as the other, the longer is
# taken for the period only if the likeness there is greater by more than this.
OCTAVE = 0.05
# Power per sample, full scale being 1, below which everything is as good as silent, and silence is like silence.
SILENT = 1e-10


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a recording is to itself, lag by lag.

    Attributes:
        values: (T, 2 D + 1) normalised correlation, -1..1, at moment i of lags -D..D.
        power: (T,) of the samples compared, all channels together.
        start: sample of the old recording, the centre of moment 0.
        hop: samples from one moment to the next.
        unit: samples per lag.
    """

    values: NDArray[np.float32]
    power: NDArray[np.float64]
    start: int
    hop: int
    unit: int

    @property
    def farthest(self) -> int:
        """The farthest lag, in units."""
        return int(self.values.shape[1] // 2)

    @property
    def periodicity(self) -> NDArray[np.float32]:
        """(T,) how like each moment is to whatever is most like it before or after, a period or more away."""
        beside = round(SHORTEST_PERIOD * self.farthest / FARTHEST)
        after, before = self.values[:, self.farthest + beside :], self.values[:, : self.farthest - beside + 1]
        return np.asarray(np.maximum(after.max(1), before.max(1)))

    def periods(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Returns the period at each moment, (T,) units, and how voiced it is: the likeness a period away, (T,) 0..1.

        The likeness is the mean of that to the moments before and after.
        """
        lags = np.arange(max(1, round(SHORTEST_PERIOD * self.farthest / FARTHEST)), self.farthest + 1)
        both = (self.values[:, self.farthest + lags] + self.values[:, self.farthest - lags]) / 2
        best = (both - np.float32(OCTAVE) * np.log2(lags).astype(np.float32)).argmax(1)
        return lags[best], np.maximum(both[np.arange(len(best)), best], 0)

    def moment(self, old: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns the moments nearest to samples.

        Args:
            old: samples of the old recording.
        """
        nearest = np.rint((old - self.start) / self.hop).astype(np.int64)
        return np.clip(nearest, 0, len(self.values) - 1)


def unit_of(sample_rate: float) -> int:
    """Returns how many samples are averaged, and so the step between lags.

    Args:
        sample_rate: samples per second.
    """
    return max(1, round(sample_rate / ANALYSIS_RATE))


def likeness(samples: NDArray[np.floating], start: int, sample_rate: float) -> Likeness:
    """Returns how like samples are to those before and after them.

    Args:
        samples: (n, channels); what lies beyond is taken for silence.
        start: sample of the recording that is the first of these.
        sample_rate: samples per second.
    """
    unit = unit_of(sample_rate)
    rate = sample_rate / unit
    half, hop, farthest = (max(1, int(seconds * rate)) for seconds in (WINDOW / 2, HOP, FARTHEST))
    count = max(1, -(-len(samples) // unit))
    coarse = np.zeros((count * unit, samples.shape[1]), np.float32)
    coarse[: len(samples)] = samples
    coarse = coarse.reshape(count, unit, samples.shape[1]).mean(1)
    coarse -= uniform_filter1d(coarse, max(3, int(RUMBLE * rate)), axis=0, mode="nearest")
    moments = count // hop + 1
    reach = half + farthest
    padded = np.pad(coarse, ((reach, reach + hop), (0, 0)))
    wide = sliding_window_view(padded, 2 * reach, axis=0)[: moments * hop : hop]  # (T, channels, 2 reach)
    size = scipy.fft.next_fast_len(2 * reach, real=True)
    narrow = wide[:, :, farthest : farthest + 2 * half]
    spectra = scipy.fft.rfft(wide, size) * scipy.fft.rfft(narrow, size).conj()
    products = scipy.fft.irfft(spectra.sum(1), size)[:, : 2 * farthest + 1]
    power = np.concatenate([[0.0], np.cumsum(np.square(padded, dtype=np.float64).sum(1))])
    energy = np.maximum(power[2 * half :] - power[: -2 * half], 0)
    energies = sliding_window_view(energy, 2 * farthest + 1)[: moments * hop : hop]
    silent = 2 * half * SILENT
    own = energies[:, farthest : farthest + 1]
    # Single precision is enough, but may say a little more than 1 where what is compared lies beside something louder.
    values = np.clip((products + silent) / np.sqrt((energies + silent) * (own + silent)), -1, 1)
    return Likeness(values.astype(np.float32), own[:, 0] / (2 * half), start, hop * unit, unit)
