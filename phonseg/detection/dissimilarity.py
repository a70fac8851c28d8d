"""Frames -> dissimilarity curve: how much the frames after a point in time differ from those before it.

For every lag k, the mean of the k frames before the point is compared with the mean of the k frames after it; the
distances are averaged over the lags. Lag 1 compares adjacent frames, 10 ms apart (as in Kreuk et al., 2020). Lags of 2
to 4 frames also catch slower transitions, those of glides and liquids. The curve is not scaled by anything else in the
recording, so that one click cannot change what a threshold means.
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
    """Returns the Euclidean distance between the vectors of each pair.

    Args:
        left: (T, D) vectors.
        right: (T, D) vectors.

    Returns:
        (T,) distances, 0 or more.

    >>> euclidean(np.float32([[0, 0]]), np.float32([[3, 4]]))
    array([5.], dtype=float32)
    """
    difference = right - left
    return np.asarray(np.sqrt(np.einsum("td,td->t", difference, difference)), dtype=np.float32)


def cosine(left: Values, right: Values) -> Values:
    """Returns the cosine distance between the vectors of each pair.

    Args:
        left: (T, D) vectors.
        right: (T, D) vectors.

    Returns:
        (T,) 1 - cosine of the angle between the two, 0 to 2; 0 if either vector is all zeros.

    >>> cosine(np.float32([[1, 0], [1, 0]]), np.float32([[0, 2], [-3, 0]]))
    array([1., 2.], dtype=float32)
    """
    lengths = np.sqrt(np.square(left).sum(axis=1) * np.square(right).sum(axis=1))
    products = (left * right).sum(axis=1)
    return np.where(lengths > 0, 1 - products / np.maximum(lengths, np.float32(1e-30)), 0).astype(np.float32)


DISTANCES: dict[str, Distance] = {"euclidean": euclidean, "cosine": cosine}


class Contrast(Protocol):
    """What turns frames into a dissimilarity curve.

    Attributes:
        reach: frames, 0 or more. The values of so many frames at either end depend on frames beyond that end.
    """

    @property
    def reach(self) -> int:
        """Frames at either end whose values depend on frames beyond that end, 0 or more."""

    def __call__(self, frames: Frames) -> Curve:
        """Returns the curve of the frames.

        Args:
            frames: (T, D) vectors.

        Returns:
            T values on the same grid.
        """


@dataclass(frozen=True)
class LeftRightContrast:
    """The distance between the mean of frames t-k .. t-1 and the mean of frames t .. t+k-1, averaged over the lags k.

    Attributes:
        distance: compares the two means, for example `euclidean` or `cosine`.
        lags: at least one; whole numbers of frames above 0. A lag that occurs twice counts twice.

    Raises:
        ConfigurationError: if there is no lag, or one is below 1.
    """

    distance: Distance
    lags: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.lags or min(self.lags) < 1:
            raise ConfigurationError(f"contrast: lags are {self.lags}. Give whole numbers of frames above 0.")

    @property
    def reach(self) -> int:
        """The largest lag, in frames."""
        return max(self.lags)

    def __call__(self, frames: Frames) -> Curve:
        """Returns the curve of the frames. Beyond either end, the first or the last frame is repeated.

        Args:
            frames: (T, D) vectors.

        Returns:
            T values, 0 or more, on the same grid.
        """
        n, reach = len(frames.values), self.reach
        total = np.zeros(n, dtype=np.float32)
        if n:
            padded = np.pad(frames.values, ((reach, reach), (0, 0)), mode="edge")
            sums = padded  # sums[t] is the sum of frames t-reach .. t-reach+lag-1
            for lag in range(1, reach + 1):
                if lag > 1:
                    sums = sums[:-1] + padded[lag - 1 :]
                if lag in self.lags:
                    means = sums / np.float32(lag)
                    total += self.lags.count(lag) * self.distance(means[reach - lag :][:n], means[reach:][:n])
        return Curve(total / np.float32(len(self.lags)), frames.grid)


@dataclass(frozen=True)
class PrecomputedCurve:
    """The curve of an encoder whose frames are single values: how likely a boundary is just before the frame."""

    reach = 0  # each value is its frame alone

    def __call__(self, frames: Frames) -> Curve:
        """Returns the values of the frames as a curve.

        Args:
            frames: (T, 1) values.

        Returns:
            T values on the same grid.

        Raises:
            ConfigurationError: if a frame holds more than one value.
        """
        if (size := frames.values.shape[1]) != 1:
            raise ConfigurationError(f"contrast: frames of {size} values are no curve. Give frames of one value.")
        return Curve(frames.values[:, 0], frames.grid)
