"""What lies in time: `FrameGrid`, `Frames`, `Curve`, `Candidates`, `Segmentation`, `Provenance`.

`FrameGrid` owns every conversion between samples, frames and seconds. All types are frozen and their arrays are
read-only. A person sees seconds; arithmetic is done in whole samples until the last step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Times = NDArray[np.float64]


def _frozen(values: ArrayLike, dtype: type) -> NDArray[Any]:
    """A read-only copy of `values`, so that nobody can change it behind our back."""
    array: NDArray[Any] = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


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


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a segmentation comes from.

    version: of phonseg. model: name; digest: SHA-256 of the model (hexadecimal). settings: the options in force.
    tuned_on_labels: whether any label was used on the way (never by default).
    """

    version: str
    model: str
    digest: str
    settings: Mapping[str, object] = field(default_factory=dict)
    tuned_on_labels: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Every place that may be a boundary, so that a choice can be made again.

    times (M,): seconds, strictly increasing. prominences (M,): 0 or more. threshold: the prominence, above 0, from
    which the model takes them for boundaries. speech_seconds: how much of the recording is speech.
    """

    times: Times
    prominences: Times
    threshold: float
    speech_seconds: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", _frozen(self.times, np.float64))
        object.__setattr__(self, "prominences", _frozen(self.prominences, np.float64))
        if self.times.shape != self.prominences.shape or self.times.ndim != 1:
            raise ConfigurationError(f"candidates: {self.times.shape} times for {self.prominences.shape} prominences.")

    @property
    def scores(self) -> Times:
        """(M,) prominence / (prominence + threshold): 0..1, and 0.5 at the threshold. They rank; no probabilities."""
        return _frozen(self.prominences / (self.prominences + self.threshold), np.float64)

    def by_sensitivity(self, sensitivity: float) -> NDArray[np.bool_]:
        """(M,) which candidates are kept at a sensitivity of 0 (none) to 1 (all).

        At 0.5 it is those from the threshold on; in between their number grows evenly, the most prominent first, so
        that what is kept at one sensitivity is kept at every higher one.
        """
        if not 0 <= sensitivity <= 1:
            raise ConfigurationError(f"sensitivity is {sensitivity}. Give a number from 0 to 1.")
        middle = int((self.prominences >= self.threshold).sum())
        if sensitivity <= 0.5:
            return self._best(round(2 * sensitivity * middle))
        return self._best(middle + round((2 * sensitivity - 1) * (len(self.times) - middle)))

    def by_rate(self, rate: float) -> NDArray[np.bool_]:
        """(M,) the most prominent candidates, `rate` of them per second of speech, or all where there are fewer."""
        if not (math.isfinite(rate) and rate >= 0):
            raise ConfigurationError(f"rate is {rate}. Give boundaries per second of speech, 0 or more.")
        return self._best(round(rate * self.speech_seconds))

    def _best(self, n: int) -> NDArray[np.bool_]:
        kept = np.zeros(len(self.times), dtype=bool)
        kept[np.argsort(-self.prominences, kind="stable")[:n]] = True
        return kept


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """A recording cut into segments.

    boundaries (N,): seconds, interior only: strictly increasing, inside (0, duration).
    duration: seconds, of the whole recording. scores (N,): one per boundary (NaN where there is none, as in a
    reference). labels (N+1,): one per segment, or None when the segments have no names.
    provenance: how it was made; None for a reference. candidates: what the boundaries were chosen from.
    curve: the dissimilarity that the candidates are peaks of. recording: what was segmented, as it was given (a path,
    or samples with their rate), so that it can be drawn.

    Raises ConfigurationError when these do not hold.
    """

    boundaries: Times
    duration: float
    scores: Times = None  # type: ignore[assignment]  # None becomes NaN, one per boundary
    labels: Sequence[str] | None = None
    provenance: Provenance | None = None
    candidates: Candidates | None = field(default=None, repr=False)
    curve: Curve | None = field(default=None, repr=False)
    recording: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        boundaries = _frozen(self.boundaries, np.float64)
        n = boundaries.size
        scores = np.full(n, np.nan) if self.scores is None else self.scores
        object.__setattr__(self, "boundaries", boundaries)
        object.__setattr__(self, "duration", float(self.duration))
        object.__setattr__(self, "scores", _frozen(scores, np.float64))
        object.__setattr__(self, "labels", None if self.labels is None else tuple(self.labels))
        if boundaries.ndim != 1 or self.scores.shape != boundaries.shape:
            raise ConfigurationError(f"segmentation: {np.shape(self.scores)} scores for {boundaries.shape} boundaries.")
        if not (math.isfinite(self.duration) and self.duration >= 0):
            raise ConfigurationError(f"segmentation: duration is {self.duration} s. Give seconds, 0 or more.")
        if not np.all(np.isfinite(boundaries)) or np.any(np.diff(boundaries) <= 0):
            raise ConfigurationError("segmentation: boundaries must be finite and strictly increasing seconds.")
        if n and not (0 < boundaries[0] and boundaries[-1] < self.duration):
            raise ConfigurationError(
                f"segmentation: boundaries run from {boundaries[0]} to {boundaries[-1]}, outside the recording "
                f"(0 to {self.duration} s, ends excluded). Are they in samples or milliseconds? Give seconds."
            )
        if self.labels is not None and len(self.labels) != n + 1:
            raise ConfigurationError(f"segmentation: {len(self.labels)} labels for {n + 1} segments.")

    def __len__(self) -> int:
        """The number of segments."""
        return len(self.boundaries) + 1

    def intervals(self) -> Iterator[tuple[float, float, str]]:
        """(start, end, label) of every segment in turn, tiling 0..duration; unnamed segments are numbered from 1."""
        edges = [0.0, *self.boundaries.tolist(), self.duration]
        labels = self.labels if self.labels is not None else [str(i + 1) for i in range(len(self))]
        yield from zip(edges[:-1], edges[1:], labels, strict=True)

    def at(self, *, sensitivity: float | None = None, rate: float | None = None) -> Segmentation:
        """Choose again from the same candidates, without running the model.

        sensitivity: 0 (none) to 1 (all candidates), 0.5 for the operating point of the model.
        rate: boundaries per second of speech. Give one of the two.

        Raises ConfigurationError if both or neither are given, or if there are no candidates (a reference).
        """
        if self.candidates is None:
            raise ConfigurationError("at: this segmentation has no candidates, since no model made it.")
        if sensitivity is not None and rate is None:
            kept, choice = self.candidates.by_sensitivity(sensitivity), {"sensitivity": float(sensitivity)}
        elif rate is not None and sensitivity is None:
            kept, choice = self.candidates.by_rate(rate), {"rate": float(rate)}
        else:
            raise ConfigurationError("at: give either sensitivity (0..1) or rate (boundaries per second of speech).")
        provenance = self.provenance
        if provenance is not None:
            others = {k: v for k, v in provenance.settings.items() if k not in ("sensitivity", "rate")}
            provenance = replace(provenance, settings={**others, **choice})
        return replace(
            self,
            boundaries=self.candidates.times[kept],
            scores=self.candidates.scores[kept],
            labels=None,
            provenance=provenance,
        )

    def to_textgrid(self, path: str | Path, *, tier: str = "phones") -> None:
        """Write a Praat TextGrid; see `phonseg.textgrid.write_textgrid`."""
        from phonseg.textgrid import write_textgrid

        write_textgrid(self, path, tier=tier)

    def plot(self, start: float = 0.0, end: float | None = None, *, reference: Segmentation | None = None) -> Figure:
        """Draw the recording from `start` to `end` seconds; see `phonseg.plot.plot_segmentation`."""
        from phonseg.plot import plot_segmentation

        return plot_segmentation(self, start, end, reference=reference)
