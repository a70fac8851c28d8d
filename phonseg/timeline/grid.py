"""What lies in time: `FrameGrid`, `Frames`, `Curve`.

`FrameGrid` owns every conversion between samples, frames and seconds. All types are frozen. A person sees seconds;
arithmetic is done in whole samples until the last step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.errors import ConfigurationError

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FrameGrid:
    """Where frames lie: frame i depends on samples origin + i*hop .. origin + i*hop + window (end excluded).

    sample_rate: samples per second. hop, window: whole samples, at least 1. origin: the sample at which frame 0
    starts; negative when the recording was extended to the left.
    """

    sample_rate: int
    hop: int
    window: int
    origin: int = 0

    def __post_init__(self) -> None:
        for name in ("sample_rate", "hop", "window"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"FrameGrid: {name} is {getattr(self, name)}. Give a whole number above 0.")

    def count(self, n_samples: int) -> int:
        """How many whole frames `n_samples` samples hold; nothing is padded."""
        return max(0, (n_samples - self.window) // self.hop + 1)

    def n_samples(self, count: int) -> int:
        """How many samples `count` frames need (0 for none)."""
        return (count - 1) * self.hop + self.window if count > 0 else 0

    def centre(self, frame: ArrayLike) -> Times:
        """The time in seconds of the middle of a frame; fractional frames are allowed."""
        start = self.origin + np.asarray(frame, dtype=np.float64) * self.hop
        return np.asarray((start + self.window / 2) / self.sample_rate, dtype=np.float64)

    def boundary(self, frame: ArrayLike) -> Times:
        """The time in seconds of the boundary between frames i-1 and i: midway between their centres."""
        return self.centre(np.asarray(frame, dtype=np.float64) - 0.5)

    def first_from(self, seconds: ArrayLike) -> NDArray[np.int64]:
        """The first frame whose middle lies at or after a time; 0 for all times before the recording.

        A middle that lies less than a millionth of a hop before the time counts as at it.
        """
        places = np.asarray(seconds, dtype=np.float64) * self.sample_rate - self.origin - self.window / 2
        return np.maximum(0, np.ceil(places / self.hop - 1e-6)).astype(np.int64)

    def moved(self, samples: int) -> FrameGrid:
        """The same grid with its origin `samples` later."""
        return replace(self, origin=self.origin + samples)


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """One vector per frame: values (T, D) float32 on a grid."""

    values: NDArray[np.float32]
    grid: FrameGrid


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Dissimilarity over time: values (T,) float32; values[i] belongs to the boundary between frames i-1 and i."""

    values: NDArray[np.float32]
    grid: FrameGrid

    def times(self) -> Times:
        """(T,) seconds of the boundaries that the values belong to."""
        return self.grid.boundary(np.arange(len(self.values)))
