"""Frames -> curve: how much the frames to the right of a place differ from those to its left.

The means of k frames on either side are compared, for every lag k, and averaged over the lags. Adjacent frames
alone (k = 1, as in Kreuk et al., 2020) see 10 ms; lags of 2 to 4 frames also see the slower transitions, of glides
and liquids. Nothing is scaled by what else the recording holds, so that one click cannot change the meaning of a
threshold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from phonseg.errors import ConfigurationError
from phonseg.timeline.grid import Curve, Frames

Values = NDArray[np.float32]
Distance = Callable[[Values, Values], Values]


def euclidean(left: Values, right: Values) -> Values:
    """(T, D), (T, D) -> (T,) lengths of the differences, 0 or more."""
    difference = right - left
    return np.asarray(np.sqrt(np.einsum("td,td->t", difference, difference)), dtype=np.float32)


def cosine(left: Values, right: Values) -> Values:
    """(T, D), (T, D) -> (T,) 1 - cosine of the angle between them, 0..2; 0 where either is all zero."""
    lengths = np.sqrt(np.square(left).sum(axis=1) * np.square(right).sum(axis=1))
    products = (left * right).sum(axis=1)
    return np.where(lengths > 0, 1 - products / np.maximum(lengths, np.float32(1e-30)), 0).astype(np.float32)


DISTANCES: dict[str, Distance] = {"euclidean": euclidean, "cosine": cosine}


class Contrast(Protocol):
    """How frames become a curve. reach: frames at either end whose value depends on what lies beyond."""

    @property
    def reach(self) -> int:
        """See the class."""

    def __call__(self, frames: Frames) -> Curve:
        """(T, D) frames -> T values."""


@dataclass(frozen=True)
class LeftRightContrast:
    """The distance between the mean of frames t-k .. t-1 and the mean of t .. t+k-1, averaged over the lags k.

    lags: whole numbers of frames above 0, at least one. Raises ConfigurationError otherwise.
    """

    distance: Distance
    lags: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.lags or min(self.lags) < 1:
            raise ConfigurationError(f"contrast: lags are {self.lags}. Give whole numbers of frames above 0.")

    @property
    def reach(self) -> int:
        """The largest lag."""
        return max(self.lags)

    def __call__(self, frames: Frames) -> Curve:
        """(T, D) frames -> T values; the first and the last frame stand for what lies beyond the ends."""
        n, reach = len(frames.values), self.reach
        total = np.zeros(n, dtype=np.float32)
        if n:
            padded = np.pad(frames.values, ((reach, reach), (0, 0)), mode="edge")
            windows = padded  # windows[t] holds the sum of frames t-reach .. t-reach+lag-1
            for lag in range(1, reach + 1):
                if lag > 1:
                    windows = windows[:-1] + padded[lag - 1 :]
                if lag in self.lags:
                    means = windows / np.float32(lag)
                    total += self.lags.count(lag) * self.distance(means[reach - lag :][:n], means[reach:][:n])
        return Curve(total / np.float32(len(self.lags)), frames.grid)


@dataclass(frozen=True)
class PrecomputedCurve:
    """The curve of an encoder whose frames are single values that say how much of a boundary lies before them."""

    @property
    def reach(self) -> int:
        """No frame looks at another."""
        return 0

    def __call__(self, frames: Frames) -> Curve:
        """(T, 1) frames -> T values. Raises ConfigurationError for frames of more than one value."""
        if frames.values.shape[1] != 1:
            raise ConfigurationError(f"contrast: frames of {frames.values.shape[1]} values are no curve.")
        return Curve(frames.values[:, 0], frames.grid)
