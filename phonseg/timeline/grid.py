"""Frame grids: samples, frames and seconds -> each other; and the frames and curves that lie on a grid.

`FrameGrid` does every conversion between samples, frames and seconds. People are shown seconds; all arithmetic is in
whole samples until the last step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.errors import ConfigurationError

Samples = NDArray[np.float32]  # (n,) or (n, channels)
Times = NDArray[np.float64]  # seconds


@dataclass(frozen=True, slots=True)
class FrameGrid:
    """Where frames lie: frame i depends on samples origin + i*hop .. origin + i*hop + window (end excluded).

    Attributes:
        sample_rate: samples per second, at least 1.
        hop: samples from one frame to the next, at least 1.
        window: samples that a frame depends on, at least 1.
        origin: the sample at which frame 0 starts; negative if silence was added before the recording.

    Raises:
        ConfigurationError: if the rate, the hop or the window is below 1.

    >>> grid = FrameGrid(16_000, hop=160, window=512)
    >>> grid.count(16_000), grid.centre([0, 100]).tolist()
    (97, [0.016, 1.016])
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
        """Returns how many whole frames fit into a signal; nothing is padded.

        Args:
            n_samples: of the signal, 0 or more.

        Returns:
            The number of frames, 0 or more.
        """
        return max(0, (n_samples - self.window) // self.hop + 1)

    def n_samples(self, count: int) -> int:
        """Returns how many samples some frames need.

        Args:
            count: frames, 0 or more.

        Returns:
            The least number of samples; 0 for no frames.
        """
        return (count - 1) * self.hop + self.window if count > 0 else 0

    def centre(self, frame: ArrayLike) -> Times:
        """Returns the times of the middles of frames.

        Args:
            frame: indices of frames, of any shape; fractions are allowed.

        Returns:
            Seconds, in the same shape.
        """
        start = self.origin + np.asarray(frame, dtype=np.float64) * self.hop
        return np.asarray((start + self.window / 2) / self.sample_rate, dtype=np.float64)

    def boundary(self, frame: ArrayLike) -> Times:
        """Returns the times of the boundaries between frames i-1 and i, midway between their middles.

        Args:
            frame: indices i of frames, of any shape; fractions are allowed.

        Returns:
            Seconds, in the same shape.
        """
        return self.centre(np.asarray(frame, dtype=np.float64) - 0.5)

    def first_from(self, seconds: ArrayLike) -> NDArray[np.int64]:
        """Returns the first frames whose middles lie at or after some times.

        A middle that lies less than a millionth of a hop before a time counts as at that time.

        Args:
            seconds: times, of any shape.

        Returns:
            Indices of frames, in the same shape; 0 for all times before the recording.
        """
        places = np.asarray(seconds, dtype=np.float64) * self.sample_rate - self.origin - self.window / 2
        return np.maximum(0, np.ceil(places / self.hop - 1e-6)).astype(np.int64)

    def moved(self, samples: int) -> FrameGrid:
        """Returns the same grid, earlier or later.

        Args:
            samples: by which its origin is later; negative for earlier.

        Returns:
            The moved grid.
        """
        return replace(self, origin=self.origin + samples)


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """One vector per frame.

    Attributes:
        values: (T, D) float32.
        grid: of the frames.
    """

    values: NDArray[np.float32]
    grid: FrameGrid


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One value per frame, for example dissimilarity over time.

    Attributes:
        values: (T,) float32. In a dissimilarity curve, values[i] belongs to the boundary between frames i-1 and i.
        grid: of the frames.
        first: seconds, where the first sample begins on the recording's own time axis: 0, except in a Praat Sound that
            begins elsewhere.
    """

    values: NDArray[np.float32]
    grid: FrameGrid
    first: float = 0.0

    def times(self) -> Times:
        """Returns the times of the boundaries that the values belong to: (T,) seconds."""
        return self.first + self.grid.boundary(np.arange(len(self.values)))
