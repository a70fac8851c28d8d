"""Old time <-> new time, when a recording is made faster or slower."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import frozen
from phonseg.timeline.grid import Times


@dataclass(frozen=True, slots=True, eq=False)
class TimeMap:
    """When each moment of a recording is reached after its tempo was changed, and back.

    The map is straight between its knots, and goes on beyond the first and the last as between the two nearest. Where
    the ratio is 1, the recording is not changed but copied.

    Attributes:
        old: (K,) seconds in the old recording, strictly increasing, K at least 2.
        new: (K,) seconds in the new recording at the same moments, strictly increasing.

    Raises:
        ConfigurationError: if they differ in number, are fewer than two, or do not strictly increase.
    """

    old: Times
    new: Times

    def __post_init__(self) -> None:
        for name in ("old", "new"):
            times = frozen(getattr(self, name))
            object.__setattr__(self, name, times)
            if times.ndim != 1 or times.size < 2 or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
                raise ConfigurationError(f"time map: {name} must be two or more strictly increasing seconds.")
        if self.old.size != self.new.size:
            raise ConfigurationError(f"time map: {self.old.size} old times for {self.new.size} new ones.")

    @classmethod
    def even(cls, duration: float, factor: float, start: float = 0.0) -> TimeMap:
        """Returns the map in which every moment is changed alike.

        Args:
            duration: seconds of the old recording, above 0.
            factor: how many times as fast the new recording is, above 0.
            start: seconds, where both recordings begin.

        Raises:
            ConfigurationError: if a number is out of its range.
        """
        for name, number in (("duration", duration), ("factor", factor)):
            if not (math.isfinite(number) and number > 0):
                raise ConfigurationError(f"time map: {name} is {number}. Give a number above 0.")
        return cls(np.array([start, start + duration]), np.array([start, start + duration / factor]))

    @overload
    def __call__(self, time: float) -> float: ...

    @overload
    def __call__(self, time: ArrayLike) -> Times: ...

    def __call__(self, time: ArrayLike) -> Times | float:
        """Returns the new time of old times.

        Args:
            time: seconds in the old recording, one number or an array of any shape.

        Returns:
            Seconds in the new recording, in the same shape.
        """
        return _read(self.old, self.new, time)

    @overload
    def inverse(self, time: float) -> float: ...

    @overload
    def inverse(self, time: ArrayLike) -> Times: ...

    def inverse(self, time: ArrayLike) -> Times | float:
        """Returns the old time of new times.

        Args:
            time: seconds in the new recording, one number or an array of any shape.

        Returns:
            Seconds in the old recording, in the same shape.
        """
        return _read(self.new, self.old, time)

    @property
    def reversed(self) -> TimeMap:
        """The map of the way back."""
        return TimeMap(self.new, self.old)

    @property
    def ratios(self) -> Times:
        """(K - 1,) how many times as long the new recording takes as the old one, between knots; above 0."""
        return np.asarray(np.diff(self.new) / np.diff(self.old))

    @property
    def factor(self) -> float:
        """How many times as fast the new recording is as a whole."""
        return float((self.old[-1] - self.old[0]) / (self.new[-1] - self.new[0]))


def _read(start: Times, end: Times, time: ArrayLike) -> Times | float:
    """Reads a line through knots at any time; each knot is met exactly."""
    times = np.asarray(time, np.float64)
    i = np.clip(np.searchsorted(start, times, side="right") - 1, 0, len(start) - 2)
    share = (times - start[i]) / (start[i + 1] - start[i])
    read = np.where(times == start[i + 1], end[i + 1], end[i] + share * (end[i + 1] - end[i]))
    return float(read) if read.ndim == 0 else read
