"""Old time <-> new time, when a recording is made faster or slower."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import frozen
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.grid import Times
from phonseg.timeline.mapped import mapped
from phonseg.timeline.outlets import outlet
from phonseg.timeline.segmentation import Segmentation

BEYOND = 0.1  # seconds by which labels may begin or end elsewhere than the recording, as of an MP3 file in Praat


@dataclass(frozen=True, slots=True, eq=False)
class TimeMap:
    """When each moment of a recording is reached after its tempo was changed, and back.

    The map is straight between its knots, and goes on beyond the first and the last as between the two nearest. Where
    the ratio is 1, the recording is not changed but copied.

    Attributes:
        old: (K,) seconds in the old recording, strictly increasing, K at least 2.
        new: (K,) seconds in the new recording at the same moments, strictly increasing.

    Raises:
        ConfigurationError: if they differ in number, are fewer than two, do not strictly increase, or are too
            near to each other for a ratio.
    """

    old: Times
    new: Times

    def __post_init__(self) -> None:
        for name in ("old", "new"):
            try:
                times = frozen(getattr(self, name))
            except (TypeError, ValueError):
                times = frozen(())
            object.__setattr__(self, name, times)
            if times.ndim != 1 or times.size < 2 or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
                raise ConfigurationError(f"time map: {name} must be two or more strictly increasing seconds.")
        if self.old.size != self.new.size:
            raise ConfigurationError(f"time map: {self.old.size} old times for {self.new.size} new ones.")
        with np.errstate(all="ignore"):
            ratios = self.ratios
        if not np.all(np.isfinite(ratios) & (ratios > 0)):
            raise ConfigurationError("time map: between two of its times the ratio is out of range. Leave out one.")

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
            if isinstance(number, str) or not (math.isfinite(number) and number > 0):
                raise ConfigurationError(f"time map: {name} is {number}. Give a number above 0.")
        return cls(np.array([start, start + duration]), np.array([start, start + duration / factor]))

    @classmethod
    def from_duration_tier(cls, path: str | Path) -> TimeMap:
        """Reads a map from a DurationTier of Praat. `phonseg.annotation.textgrid.duration_tier` lists the errors.

        Args:
            path: of the text file.

        Returns:
            The map that Praat would make of it, to a microsecond. Old and new time begin at the same second.
        """
        return cls(*outlet("read_duration_tier")(path))

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

    def __repr__(self) -> str:
        """The map in one line: both durations, the factor, and the number of knots."""
        old, new = self.old[-1] - self.old[0], self.new[-1] - self.new[0]
        return f"TimeMap({old:.3f} s become {new:.3f} s, factor {self.factor:.5g}, {len(self.old)} knots)"

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

    @overload
    def apply(self, made: Segmentation) -> Segmentation: ...

    @overload
    def apply(self, made: Diarization) -> Diarization: ...

    def apply(self, made: Segmentation | Diarization) -> Segmentation | Diarization:
        """Returns the same segments or turns in the new recording.

        Args:
            made: of the old recording.

        Returns:
            The same in new time, with labels, scores, candidates and speakers as they were; but without the recording,
            the curve and the evidence, which belong to the old one. They end where the new recording ends.

        Raises:
            ConfigurationError: if it is something else, or begins or ends elsewhere than the old recording, by more
                than 0.1 s. If `tells_duration` is false, it may end earlier.
        """
        return mapped(self, made)

    def is_of(self, start: float, end: float, *, tells_duration: bool = True) -> bool:
        """Returns whether labels can be those of the old recording: they begin and end where it does, to 0.1 s.

        Args:
            start: seconds, where the labels begin.
            end: seconds, where they end.
            tells_duration: whether that is where the recording ends, too. If not, the labels may end earlier.
        """
        over = end - self.old[-1]
        return bool(abs(start - self.old[0]) <= BEYOND and (abs(over) if tells_duration else over) <= BEYOND)

    def map_textgrid(self, path: str | Path, new_path: str | Path) -> None:
        """Writes a TextGrid of the old recording in the time of the new one: all tiers, with labels as they were.

        It ends where the new recording ends. `phonseg.annotation.textgrid.mapped_file` says what is kept, and lists the
        errors.

        Args:
            path: of the TextGrid.
            new_path: of the file to write, which is replaced if it exists. It may be `path`.
        """
        outlet("map_textgrid")(self, path, new_path)

    def to_duration_tier(self, path: str | Path) -> None:
        """Writes a DurationTier, with which Praat makes a Sound faster or slower by this map.

        `phonseg.annotation.textgrid.duration_tier` lists the errors.

        Args:
            path: of the file, which is replaced if it exists.
        """
        outlet("write_duration_tier")(self, path)


def _read(start: Times, end: Times, time: ArrayLike) -> Times | float:
    """Reads a line through knots at any time; each knot is met exactly."""
    times = np.asarray(time, np.float64)
    i = np.clip(np.searchsorted(start, times, side="right") - 1, 0, len(start) - 2)
    share = (times - start[i]) / (start[i + 1] - start[i])
    read = np.where(times == start[i + 1], end[i + 1], end[i] + share * (end[i + 1] - end[i]))
    return float(read) if read.ndim == 0 else read
