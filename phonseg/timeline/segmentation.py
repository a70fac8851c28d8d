"""A recording cut into segments, and where the segmentation comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates, Decision, frozen, least_certain
from phonseg.timeline.grid import Curve, Times

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from phonseg.display.notebook import Player


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

    def without_labels(self) -> Segmentation:
        """The same segments with empty labels, which many programs leave out when they read a file."""
        return replace(self, labels=("",) * len(self))

    def to_check(self, k: int = 20) -> list[Decision]:
        """The k least certain decisions, weak boundaries and strong candidates, the least certain first.

        All of them where there are fewer; see `phonseg.Decision` and `phonseg.timeline.candidates.least_certain`.

        Raises ConfigurationError for a negative k, or if there are no candidates (a reference).
        """
        if self.candidates is None:
            raise ConfigurationError("to_check: this segmentation has no candidates, since no model made it.")
        return least_certain(self.candidates, self.boundaries, k)

    def to_textgrid(
        self,
        path: str | Path,
        *,
        tier: str = "phones",
        check: int = 0,
        into: str | Path | None = None,
        overwrite: bool = False,
    ) -> None:
        """Write a Praat TextGrid, or add a tier to one that there is.

        tier: the name of the interval tier. check: how many of the least certain decisions to mark in a tier of points,
        `check`. into: a TextGrid as long as the recording, to within 10 ms; `path` then receives it with the tiers
        added, and may be the same file, in which nothing else changes. overwrite: whether tiers of these names that are
        there already may be replaced; without `into` a file at `path` is replaced in any case.

        Raises TextGridError where Praat could not read the result, or where `into` is damaged, has another duration or
        such a tier already; ConfigurationError for `check` without candidates (a reference); OutputError where the file
        cannot be written. See `phonseg.annotation.textgrid.writer.write_textgrid`.
        """
        from phonseg.annotation.textgrid.writer import write_textgrid

        write_textgrid(self, path, tier=tier, check=check, into=into, overwrite=overwrite)

    def save(self, path: str | Path, *, format: str | None = None) -> None:
        """Write a file of the format that its suffix tells; one that is there already is replaced.

        `.TextGrid` for Praat, `.csv`, `.json`, `.ctm`, `.txt` for Audacity's labels, `.eaf` for ELAN. format: instead,
        its name: textgrid, csv, json, ctm, audacity or elan. What they hold is told in `phonseg.annotation.writers`.

        Raises ConfigurationError for another suffix or format, and for ELAN without pympi-ling; TextGridError where
        the file could not be read; OutputError where it cannot be written. Warns (PhonsegWarning) of segments that are
        left out for ELAN, which counts whole milliseconds.
        """
        from phonseg.annotation.writers import save

        save(self, path, format)

    def plot(self, start: float = 0.0, end: float | None = None, *, reference: Segmentation | None = None) -> Figure:
        """Draw the recording from `start` to `end` seconds (the end of the recording, if it has no more than 30 s).

        With a reference, boundaries are hits, missed or false alarms, matched one-to-one within 20 ms. Arguments and
        errors are those of `phonseg.display.plot.plot_segmentation`.
        """
        from phonseg.display.plot import plot_segmentation

        return plot_segmentation(self, start, end, reference=reference)

    def player(self, start: float = 0.0, end: float | None = None, *, reference: Segmentation | None = None) -> Player:
        """What a notebook shows from `start` to `end` seconds, to see and to hear; see `display.notebook.Player`."""
        from phonseg.display.notebook import Player

        return Player(self, start, end, reference)

    def _repr_html_(self) -> str:
        """What a notebook shows of the first 30 seconds, to see and to hear; see `phonseg.display.notebook.show`."""
        from phonseg.display.notebook import show

        return show(self)
