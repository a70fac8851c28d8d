"""What is scored, given as a segmentation, boundaries or a label file -> one side of a comparison."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.annotation.intervals import ROUNDING
from phonseg.annotation.label_file import LabelFile
from phonseg.annotation.readers import read_label_file
from phonseg.annotation.tier_choice import NoSuchTierError, Wanted
from phonseg.errors import ConfigurationError, TextGridError
from phonseg.evaluation.durations import Length
from phonseg.evaluation.speakers.sides import holds_turns
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

DAY = 86_400  # seconds. No recording is longer, but times in samples or milliseconds soon exceed it.

Scorable = Segmentation | Sequence[float] | NDArray[Any] | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How both sides of a comparison are read.

    Attributes:
        tiers: the names of the tiers, in files with tiers.
        asked: whether the tier of the second side was asked for. If not, that file is not compared with itself.
        by_name: whether the tier of the second side must have its name. If not, an only interval tier may have any.
        sample_rate: samples per second in `.phn` files.
        labelled_only: whether only what is inside the labelled stretches of the first side counts.
        roles: what the sides are called.
    """

    tiers: tuple[str | int, str | int] = ("phones", "phones")
    asked: bool = False
    by_name: bool = False
    sample_rate: int = 16_000
    labelled_only: bool = False
    roles: tuple[str, str] = ("reference", "prediction")

    @classmethod
    def of(cls, tier: Wanted, first: Wanted, second: Wanted, **others: Any) -> Reading:
        """Returns how to read both sides, from the options for tiers.

        Args:
            tier: the tier of both; None for "phones".
            first: another tier of the first side; None for the same.
            second: another tier of the second side; None for the same.
            others: the other attributes.
        """
        common = "phones" if tier is None else tier
        tiers = common if first is None else first, common if second is None else second
        return cls(tiers, by_name=second is not None, **{"asked": second is not None, **others})


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of a comparison.

    Attributes:
        length: how long it is, with its name.
        boundaries: (N,) seconds, sorted.
        segmentation: its segments; None for a list of boundaries.
        path: of the file; None if it is none.
        tier: the tier that was read; None if there are no tiers.
        tiers: all interval tiers of the file.
        recording: the name of the recording that the file gives; empty if it gives none.
    """

    length: Length
    boundaries: Times
    segmentation: Segmentation | None = None
    path: Path | None = None
    tier: str | None = None
    tiers: tuple[str, ...] = ()
    recording: str = ""

    @property
    def name(self) -> str:
        """The path, or the role where there is none."""
        return self.length.name

    def seen_from(self, other: Side) -> Side:
        """Returns this side without boundaries at the start of the recording or before it, if only the other tells it.

        Args:
            other: the other side.
        """
        if self.length.tells_duration or not other.length.start:
            return self
        return replace(self, boundaries=self.boundaries[self.boundaries > other.length.start + ROUNDING])

    @property
    def segments(self) -> Segmentation:
        """The segments, which a list of boundaries does not have."""
        if self.segmentation is None:
            raise ConfigurationError(
                f"{self.name}: boundaries alone are no segments. Give a Segmentation or a label file."
            )
        return self.segmentation


def read_side(source: Scorable, reading: Reading, which: int) -> Side:
    """Reads one side of a comparison.

    Args:
        source: a segmentation, boundaries in seconds, or the path of a label file.
        reading: how to read it.
        which: 0 for the first side, 1 for the second.

    Returns:
        The side.

    Raises:
        TextGridError: if the file cannot be read or has no such tier.
        ConfigurationError: if boundaries are out of range, or if turns of speakers were given.
    """
    role = reading.roles[which]
    if holds_turns(source):
        name = os.fspath(source) if isinstance(source, str | os.PathLike) else role
        problem = "turns of speakers have no tiers and no boundaries of sounds"
        raise ConfigurationError(f"{name}: {problem}. Score them with phonseg.evaluate_diarization.")
    if isinstance(source, str | os.PathLike):
        if not os.fspath(source):
            raise ConfigurationError(f"{role}: an empty path is no label file. Give the path of one.")
        path = Path(source)
        file = _read(path, reading, which)
        length = Length(
            str(path),
            file.segmentation.duration,
            file.tells_duration,
            start=file.segmentation.start,
            per_second=(file.per_second,),
        )
        read = file.segmentation
        return Side(length, read.boundaries, read, path, file.tier, file.tiers, file.recording)
    if isinstance(source, Segmentation):
        name = f"{role} ({source.recording_name})" if source.recording_name else role
        return Side(Length(name, source.duration, source.tells_duration, start=source.start), source.boundaries, source)
    times = _checked(source)
    return Side(Length(role, float(times[-1]) if times.size else 0.0, tells_duration=False, is_list=True), times)


def _read(path: Path, reading: Reading, which: int) -> LabelFile:
    try:
        return read_label_file(path, tier=reading.tiers[which], sample_rate=reading.sample_rate)
    except NoSuchTierError:
        if which == 1 and not reading.by_name:
            with suppress(TextGridError):
                return read_label_file(path, tier=None, sample_rate=reading.sample_rate)
        raise


def _checked(times: ArrayLike) -> Times:
    try:
        given = np.asarray(times)
        if given.dtype.kind not in "fiu" or np.ma.is_masked(times):
            raise TypeError(given.dtype)
        times = given.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:  # a ragged list; a tensor on a GPU, or with gradients
        raise ConfigurationError("boundaries: not numbers. Give seconds, a Segmentation or a path.") from error
    if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(np.diff(times, prepend=0.0) < 0):
        raise ConfigurationError("boundaries: not a list of finite times in order. Give seconds above 0, sorted.")
    if times.size and not 0 < times[0] <= times[-1] < DAY:
        raise ConfigurationError(
            f"boundaries: run from {times[0]:g} to {times[-1]:g} s, but the start of a recording is no boundary and no "
            "recording lasts a day. Are they in samples or milliseconds? Give seconds above 0."
        )
    return times
