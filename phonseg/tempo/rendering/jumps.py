"""Likeness -> what a splice may jump by at each moment, and at what price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonseg.tempo.rendering.likeness import Likeness

# Prices of a splice: one for each, and one for all lack of likeness.
SPLICE, UNLIKE = 0.1, 1.0
# And one for a jump that is an octave or more from the period of a voice. Where two periods are repeated together, time
# and again, the voice sounds an octave lower; and an octave higher where half a period is.
OFF_PERIOD = 0.5
# How many lags are tried at each moment.
TRIED = 8


@dataclass(frozen=True, slots=True)
class Jumps:
    """What a splice may jump by.

    Attributes:
        like: how like the old recording is to itself.
        period: (T,) units, at each moment.
        voiced: (T,) how like it is to itself a period away, 0..1.
    """

    like: Likeness
    period: NDArray[np.int64]
    voiced: NDArray[np.float32]

    @classmethod
    def of(cls, like: Likeness) -> Jumps:
        """Returns the jumps in a recording.

        Args:
            like: how like it is to itself.
        """
        return cls(like, *like.periods())

    def price(self, moment: NDArray[np.int64], lag: NDArray[np.int64]) -> NDArray[np.float32]:
        """Returns the price of jumps.

        Args:
            moment: numbers of moments.
            lag: units, of the same shape; one too far is taken for the farthest.
        """
        far = self.like.farthest
        octaves = np.abs(np.log2(np.maximum(np.abs(lag), 1) / self.period[moment]))
        off_period = OFF_PERIOD * self.voiced[moment] * np.minimum(octaves, 1)
        unlike = UNLIKE * (1 - self.like.values[moment, np.clip(lag, -far, far) + far])
        return (SPLICE + unlike + off_period).astype(np.float32)

    def best(self, reach: int, shortest: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Returns what to jump by at each moment, and its price: (T, 1 + M) each. The first is not to jump at all.

        Args:
            reach: the farthest drift, in units.
            shortest: the shortest jump, in units.
        """
        far, values = self.like.farthest, self.like.values
        peaks = np.full_like(values, -2)
        inner = values[:, 1:-1]
        np.copyto(peaks[:, 1:-1], inner, where=(inner >= values[:, :-2]) & (inner >= values[:, 2:]))
        peaks[:, far - shortest + 1 : far + shortest] = -2
        rows = np.arange(len(values))
        index = np.full((len(values), TRIED + 3), far)
        for i in range(TRIED):
            index[:, i + 1] = peaks.argmax(1)
            peaks[rows, index[:, i + 1]] = -2
        # Two lags are always among them, so that there is a way whatever happens.
        index[:, -2:] = far - reach // 2, far + reach // 2
        lags = index - far
        prices = self.price(np.broadcast_to(rows[:, None], lags.shape), lags)
        prices[:, 0] = 0
        return lags, prices
