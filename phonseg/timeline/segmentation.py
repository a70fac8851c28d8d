"""Boundaries of a recording -> its segments, in a type that chooses again, saves and draws itself."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates, Choice, Decision, frozen, least_certain
from phonseg.timeline.grid import Curve, Times
from phonseg.timeline.outlets import Displayed, outlet
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segment import Segment

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation(Sequence[Segment]):
    """A recording cut into segments: a sequence of `Segment`.

    Attributes:
        boundaries: (N,) seconds, strictly increasing, between `start` and `end` (both excluded).
        duration: seconds, of the whole recording.
        scores: (N,) 0 to 1, one for each boundary; NaN where there is no score, as in a reference.
        labels: (N + 1,) one for each segment; None if the segments have no labels.
        provenance: how it was made; None for a reference.
        candidates: the candidates from which the boundaries were chosen; None for a reference.
        curve: the dissimilarity curve whose peaks are the candidates; None for a reference.
        recording: what was segmented, as it was given (a path, or samples with their rate), so that it can be drawn.
            Samples are not copied: if they change afterwards, a picture shows the changed ones.
        tells_duration: False if a label file did not tell it; the duration is then the end of the last segment.
        start: seconds, where the recording begins on its own time axis: 0, except for a Praat Sound that begins
            elsewhere. All times are on that axis.

    Raises:
        ConfigurationError: if a value is out of its range, or the numbers of boundaries, scores and labels differ.
    """

    boundaries: Times
    duration: float
    scores: Times = None  # type: ignore[assignment]  # None becomes NaN for each boundary
    labels: Sequence[str] | None = None
    provenance: Provenance | None = None
    candidates: Candidates | None = field(default=None, repr=False)
    curve: Curve | None = field(default=None, repr=False)
    recording: Any = field(default=None, repr=False)
    tells_duration: bool = field(default=True, repr=False)
    start: float = 0.0

    def __post_init__(self) -> None:
        boundaries = frozen(self.boundaries)
        n = boundaries.size
        scores = np.full(n, np.nan) if self.scores is None else self.scores
        object.__setattr__(self, "boundaries", boundaries)
        object.__setattr__(self, "duration", float(self.duration))
        object.__setattr__(self, "start", float(self.start))
        object.__setattr__(self, "scores", frozen(scores))
        object.__setattr__(self, "labels", None if self.labels is None else tuple(self.labels))
        if boundaries.ndim != 1 or self.scores.shape != boundaries.shape:
            raise ConfigurationError(f"segmentation: {np.shape(self.scores)} scores for {boundaries.shape} boundaries.")
        if not (math.isfinite(self.duration) and self.duration >= 0):
            raise ConfigurationError(f"segmentation: duration is {self.duration} s. Give seconds, 0 or more.")
        if not math.isfinite(self.start):
            raise ConfigurationError(f"segmentation: start is {self.start} s. Give seconds.")
        if not np.all(np.isfinite(boundaries)) or np.any(np.diff(boundaries) <= 0):
            raise ConfigurationError("segmentation: boundaries must be finite and strictly increasing seconds.")
        if n and not (self.start < boundaries[0] and boundaries[-1] < self.end):
            raise ConfigurationError(
                f"segmentation: boundaries run from {boundaries[0]} to {boundaries[-1]}, outside the recording "
                f"({self.start:g} to {self.end} s, ends excluded). Are they in samples or milliseconds? Give seconds."
            )
        if self.labels is not None and len(self.labels) != n + 1:
            raise ConfigurationError(f"segmentation: {len(self.labels)} labels for {n + 1} segments.")

    def __len__(self) -> int:
        """The number of segments."""
        return len(self.boundaries) + 1

    @overload
    def __getitem__(self, index: int) -> Segment: ...

    @overload
    def __getitem__(self, index: slice) -> list[Segment]: ...

    def __getitem__(self, index: int | slice) -> Segment | list[Segment]:
        """One segment, counted from 0, or several. Together the segments cover the recording without gaps."""
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        i = range(len(self))[index]
        start, score = (float(self.boundaries[i - 1]), float(self.scores[i - 1])) if i else (self.start, math.nan)
        end = float(self.boundaries[i]) if i < len(self.boundaries) else self.end
        return Segment(start, end, str(i + 1) if self.labels is None else self.labels[i], score)

    def __iter__(self) -> Iterator[Segment]:
        """All segments, faster than one by one."""
        scores = [math.nan, *self.scores.tolist()]
        return (Segment(*interval, score) for interval, score in zip(self.intervals(), scores, strict=True))

    @property
    def end(self) -> float:
        """Where the recording ends on its own time axis, in seconds."""
        return self.start + self.duration

    @property
    def recording_name(self) -> str:
        """The file name of the recording, without folders; empty if it was not given as a path."""
        return Path(self.recording).name if isinstance(self.recording, (str, os.PathLike)) else ""

    def intervals(self) -> Iterator[tuple[float, float, str]]:
        """Returns an iterator over (start, end, label) of each segment; segments without labels are numbered from 1."""
        edges = [self.start, *self.boundaries.tolist(), self.end]
        labels = self.labels if self.labels is not None else [str(i + 1) for i in range(len(self))]
        return zip(edges[:-1], edges[1:], labels, strict=True)

    def at(self, *, sensitivity: float | None = None, rate: float | None = None) -> Segmentation:
        """Chooses boundaries again from the same candidates, without running the model. Give one of the two arguments.

        Args:
            sensitivity: 0 (none) to 1 (all candidates), 0.5 for the operating point of the model.
            rate: boundaries per second of speech, 0 or more.

        Returns:
            The segmentation with other boundaries and without labels.

        Raises:
            ConfigurationError: if not exactly one of them is given, in its range, or if there are no candidates.
        """
        choice, candidates = Choice(sensitivity, rate), self._candidates("at")
        kept, provenance = candidates.chosen(choice), self.provenance
        if provenance is not None:
            others = {k: v for k, v in provenance.settings.items() if k not in ("sensitivity", "rate")}
            provenance = replace(provenance, settings={**others, **choice.settings})
        return replace(
            self, boundaries=candidates.times[kept], scores=candidates.scores[kept], labels=None, provenance=provenance
        )

    def without_labels(self) -> Segmentation:
        """Returns the same segments with empty labels."""
        return replace(self, labels=("",) * len(self))

    def to_check(self, k: int = 20) -> list[Decision]:
        """Lists the k least certain decisions, weak boundaries and strong candidates.

        `phonseg.timeline.candidates.least_certain` says how certainty is measured.

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
        """Writes a Praat TextGrid, or adds a tier to one. `phonseg.annotation.textgrid.writer` lists the errors.

        Args:
            path: of the file, which is replaced if it exists.
            tier: the name of the interval tier.
            check: how many of the least certain decisions to mark in a tier of points named check, 0 or more.
            into: a TextGrid to which the tiers are added; nothing else in it changes. It may be `path`.
            overwrite: whether tiers of these names in it may be replaced.
        """
        outlet("to_textgrid")(self, path, tier=tier, check=check, into=into, overwrite=overwrite)

    def save(self, path: str | Path, *, format: str | None = None) -> None:
        """Writes a file in the format of its suffix. `phonseg.annotation.writers` lists the errors.

        Args:
            path: of the file, which is replaced: `.TextGrid`, `.csv`, `.json`, `.ctm`, `.txt` (Audacity) or `.eaf`.
            format: textgrid, csv, json, ctm, audacity or elan; None for that of the suffix.
        """
        outlet("save")(self, path, format)

    def plot(
        self,
        start: float | None = None,
        end: float | None = None,
        *,
        reference: Segmentation | None = None,
        recording: Any = None,
    ) -> Figure:
        """Draws the recording. `phonseg.display.plot.plot_segmentation` lists the errors.

        Args:
            start: seconds; None for the beginning of the recording.
            end: seconds; None for the end of the recording, which may lie at most 30 s after the start.
            reference: if given, boundaries are drawn as hits, misses and false alarms, matched within 20 ms.
            recording: a path, or samples with their rate, if the segmentation was read from a file.

        Returns:
            The figure, which a notebook displays.
        """
        return cast("Figure", outlet("plot")(self, start, end, reference=reference, recording=recording))

    def player(
        self, start: float | None = None, end: float | None = None, *, reference: Segmentation | None = None
    ) -> Displayed:
        """Draws and plays a part of the recording. `phonseg.display.notebook.Player` lists the errors.

        Args:
            start: seconds; None for the beginning of the recording.
            end: seconds; None for 30 s after the start, or the end of the recording.
            reference: drawn beside the segmentation.

        Returns:
            The player, which a notebook displays.
        """
        return cast(Displayed, outlet("player")(self, start, end, reference))

    def _repr_html_(self) -> str:
        """The first 30 seconds, drawn and playable, for a notebook."""
        return str(outlet("show")(self))

    def _candidates(self, method: str) -> Candidates:
        if self.candidates is None:
            raise ConfigurationError(f"{method}: this segmentation has no candidates, since no model made it.")
        return self.candidates
