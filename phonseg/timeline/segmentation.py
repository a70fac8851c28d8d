"""A recording cut into segments, and where the segmentation comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates, Choice, Decision, frozen, least_certain
from phonseg.timeline.grid import Curve, Times
from phonseg.timeline.outlets import Displayed, outlet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a segmentation comes from.

    Attributes:
        version: of phonseg.
        model: its name.
        digest: SHA-256 of the model, in hexadecimal.
        settings: the options in force.
        tuned_on_labels: whether any label was used on the way (never by default).
    """

    version: str
    model: str
    digest: str
    settings: Mapping[str, object] = field(default_factory=dict)
    tuned_on_labels: bool = False


class Segment(NamedTuple):
    """One segment of a recording.

    Attributes:
        start: seconds.
        end: seconds.
        label: its name; its number, counted from 1, if the segments have no names.
        score: 0..1, of the boundary at its start; NaN for the first segment, and where there are no scores.
    """

    start: float
    end: float
    label: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation(Sequence[Segment]):
    """A recording cut into segments, which can be counted, indexed and gone through.

    Attributes:
        boundaries: (N,) seconds, interior only: strictly increasing, inside (0, duration).
        duration: seconds, of the whole recording.
        scores: (N,) one for each boundary; NaN where there is none, as in a reference.
        labels: (N + 1,) one for each segment, or None if the segments have no names.
        provenance: how it was made; None for a reference.
        candidates: what the boundaries were chosen from; None for a reference.
        curve: the dissimilarity that the candidates are peaks of; None for a reference.
        recording: what was segmented, as it was given (a path, or samples with their rate), so that it can be drawn.

    Raises:
        ConfigurationError: if these do not hold.
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
        boundaries = frozen(self.boundaries, np.float64)
        n = boundaries.size
        scores = np.full(n, np.nan) if self.scores is None else self.scores
        object.__setattr__(self, "boundaries", boundaries)
        object.__setattr__(self, "duration", float(self.duration))
        object.__setattr__(self, "scores", frozen(scores, np.float64))
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

    @overload
    def __getitem__(self, place: int) -> Segment: ...

    @overload
    def __getitem__(self, place: slice) -> list[Segment]: ...

    def __getitem__(self, place: int | slice) -> Segment | list[Segment]:
        """One segment, counted from 0, or several; they tile 0..duration."""
        if isinstance(place, slice):
            return [self[i] for i in range(len(self))[place]]
        i = range(len(self))[place]
        start, score = (float(self.boundaries[i - 1]), float(self.scores[i - 1])) if i else (0.0, math.nan)
        end = float(self.boundaries[i]) if i < len(self.boundaries) else self.duration
        return Segment(start, end, str(i + 1) if self.labels is None else self.labels[i], score)

    def intervals(self) -> Iterator[tuple[float, float, str]]:
        """Yields (start, end, label) of every segment in turn; segments without names are numbered from 1."""
        edges = [0.0, *self.boundaries.tolist(), self.duration]
        labels = self.labels if self.labels is not None else [str(i + 1) for i in range(len(self))]
        yield from zip(edges[:-1], edges[1:], labels, strict=True)

    def at(self, *, sensitivity: float | None = None, rate: float | None = None) -> Segmentation:
        """Chooses again from the same candidates, without running the model. Give one of the two.

        Args:
            sensitivity: 0 (none) to 1 (all candidates), 0.5 for the operating point of the model.
            rate: boundaries per second of speech.

        Returns:
            The segmentation with other boundaries.

        Raises:
            ConfigurationError: if both or neither are given, if a value is out of its range, or if there are no
                candidates (a reference).
        """
        choice, candidates = Choice(sensitivity, rate), self._candidates("at")
        kept, provenance = candidates.chosen(choice), self.provenance
        if provenance is not None:
            others = {k: v for k, v in provenance.settings.items() if k not in ("sensitivity", "rate")}
            provenance = replace(provenance, settings={**others, **choice.settings})
        return replace(
            self,
            boundaries=candidates.times[kept],
            scores=candidates.scores[kept],
            labels=None,
            provenance=provenance,
        )

    def without_labels(self) -> Segmentation:
        """Returns the same segments with empty labels, which many programs leave out when they read a file."""
        return replace(self, labels=("",) * len(self))

    def to_check(self, k: int = 20) -> list[Decision]:
        """Lists the k least certain decisions, weak boundaries and strong candidates; see `least_certain`.

        Args:
            k: how many, 0 or more.

        Returns:
            The decisions, the least certain first; all of them if there are fewer.

        Raises:
            ConfigurationError: if k is negative, or if there are no candidates (a reference).
        """
        return least_certain(self._candidates("to_check"), self.boundaries, k)

    def to_textgrid(
        self,
        path: str | Path,
        *,
        tier: str = "phones",
        check: int = 0,
        into: str | Path | None = None,
        overwrite: bool = False,
    ) -> None:
        """Writes a Praat TextGrid, or adds a tier to one; see `annotation.textgrid.writer`, which has the errors, too.

        Args:
            path: of the file; one that is there is replaced.
            tier: the name of the interval tier.
            check: how many of the least certain decisions to mark in a tier of points, `check`.
            into: a TextGrid to which the tiers are added, and in which nothing else changes. It may be `path`.
            overwrite: whether tiers of these names may be replaced in it.
        """
        outlet("to_textgrid")(self, path, tier=tier, check=check, into=into, overwrite=overwrite)

    def save(self, path: str | Path, *, format: str | None = None) -> None:
        """Writes a file of the format that its suffix tells; one that is there is replaced.

        Args:
            path: `.TextGrid` for Praat, `.csv`, `.json`, `.ctm`, `.txt` for Audacity's labels, `.eaf` for ELAN.
            format: instead, its name: textgrid, csv, json, ctm, audacity or elan. See `phonseg.annotation.writers`,
                which has the errors, too.
        """
        outlet("save")(self, path, format)

    def plot(self, start: float = 0.0, end: float | None = None, *, reference: Segmentation | None = None) -> Figure:
        """Draws the recording; see `phonseg.display.plot.plot_segmentation`, which has the errors, too.

        Args:
            start: seconds.
            end: seconds; None for the end of a recording of at most 30 s.
            reference: if given, boundaries are hits, missed or false alarms, matched one-to-one within 20 ms.

        Returns:
            The picture, which a notebook shows by itself.
        """
        figure: Figure = outlet("plot")(self, start, end, reference=reference)
        return figure

    def player(
        self, start: float = 0.0, end: float | None = None, *, reference: Segmentation | None = None
    ) -> Displayed:
        """Shows and plays a part in a notebook; see `phonseg.display.notebook.Player`, which has the errors, too.

        Args:
            start: seconds.
            end: seconds; None for 30 s after the start, or the end of the recording.
            reference: drawn beside the segmentation.

        Returns:
            What a notebook shows by itself.
        """
        player: Displayed = outlet("player")(self, start, end, reference)
        return player

    def _repr_html_(self) -> str:
        """What a notebook shows of the first 30 seconds, to see and to hear."""
        return str(outlet("show")(self))

    def _candidates(self, method: str) -> Candidates:
        if self.candidates is None:
            raise ConfigurationError(f"{method}: this segmentation has no candidates, since no model made it.")
        return self.candidates
