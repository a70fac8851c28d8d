"""Counts of boundaries -> precision, recall, F1, R-value and over-segmentation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from phonseg.errors import printable

COUNTS = ("n_reference", "n_predicted", "found", "hits")
FIGURES = ("precision", "recall", "f1", "r_value", "over_segmentation")


@dataclass(frozen=True, slots=True)
class Compared:
    """What one side of a comparison was.

    Attributes:
        tiers: the names of the tiers that were read; empty if there are no tiers.
        duration: seconds; of several files, their sum.
        tells_duration: whether that is the duration of the recording. If not, it is the end of the last label or
            boundary (of any file), and the recording may be longer.
    """

    tiers: tuple[str, ...]
    duration: float
    tells_duration: bool

    def __add__(self, other: Compared) -> Compared:
        """Returns both together: all tiers, each once, and the sum of the durations."""
        tiers = tuple(dict.fromkeys((*self.tiers, *other.tiers)))
        return Compared(tiers, self.duration + other.duration, self.tells_duration and other.tells_duration)

    def to_dict(self) -> dict[str, Any]:
        """Returns the same in JSON types."""
        return {"tiers": list(self.tiers), "duration": self.duration, "tells_duration": self.tells_duration}

    def __str__(self) -> str:
        """Returns tiers and duration in words."""
        names = printable(", ".join(f'"{name}"' for name in self.tiers))
        tiers = f"tier{'s' if len(self.tiers) > 1 else ''} {names}, " if names else ""
        return f"{tiers}{'' if self.tells_duration else 'up to '}{self.duration:.3f} s"


def together(several: Iterable[Mapping[str, Compared]]) -> dict[str, Compared]:
    """Returns what several comparisons compared.

    Args:
        several: role -> what was compared, for each.
    """
    sums: dict[str, Compared] = {}
    for role, side in (item for one in several for item in one.items()):
        sums[role] = sums[role] + side if role in sums else side
    return sums


def words(compared: Mapping[str, Compared]) -> list[str]:
    """Returns a line that says what was compared, or nothing if that is not known.

    Args:
        compared: role -> what it was.
    """
    return ["; ".join(f"{role}: {side}" for role, side in compared.items())] if compared else []


def said(notes: Iterable[str]) -> Iterator[str]:
    """Returns a line for each note.

    Args:
        notes: what is to be said.
    """
    return (f"note: {printable(note)}" for note in notes)


@dataclass(frozen=True)
class Score:
    """Counts of boundaries, and the figures that follow from them. A figure that would be 0/0 is NaN.

    Attributes:
        n_reference: how many boundaries the reference has.
        n_predicted: how many boundaries the prediction has.
        found: how many reference boundaries were hit.
        hits: how many predicted boundaries hit one; equal to `found` if matching is one-to-one.
        tolerance: seconds, to either side.
        one_to_one: whether each boundary is matched at most once (strict). If not, any boundary within the tolerance is
            a hit, as in Kreuk, Keshet and Adi (2020), which is more lenient.
        lenient: the lenient score, if it was asked for.
        labelled_only: whether only boundaries inside the labelled stretches of the reference count, see
            `phonseg.evaluation.labelled`.
        compared: "reference" and "prediction" -> what was compared; empty if that is not known. This and the next two
            play no part when scores are compared.
        notes: what should be known of the files.
        warnings: why the score may be wrong.

    References:
        Kreuk, F., Keshet, J. and Adi, Y. (2020). Self-supervised contrastive learning for unsupervised phoneme
        segmentation. Interspeech 2020.
    """

    n_reference: int
    n_predicted: int
    found: int
    hits: int
    tolerance: float
    one_to_one: bool = True
    lenient: Score | None = None
    labelled_only: bool = False
    compared: Mapping[str, Compared] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def precision(self) -> float:
        """Share of the predicted boundaries that are hits, 0..1; NaN if nothing was predicted."""
        return self.hits / self.n_predicted if self.n_predicted else math.nan

    @property
    def recall(self) -> float:
        """Share of the reference boundaries that were found, 0..1; NaN if the reference has no boundary."""
        return self.found / self.n_reference if self.n_reference else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1; 0 without a hit, NaN if neither side has a boundary."""
        if not self.hits:
            return 0.0 if self.n_reference + self.n_predicted else math.nan
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    @property
    def over_segmentation(self) -> float:
        """n_predicted / n_reference - 1: above 0 if there are too many boundaries; NaN if the reference has none."""
        return self.n_predicted / self.n_reference - 1 if self.n_reference else math.nan

    @property
    def r_value(self) -> float:
        """R-value, at most 1 (perfect); adding boundaries everywhere does not raise it. NaN if the reference has none.

        References:
            Räsänen, O. J., Laine, U. K. and Altosaar, T. (2009). An improved speech segmentation quality measure: the
            R-value. Interspeech 2009.
        """
        r1 = math.hypot(1 - self.recall, self.over_segmentation)
        r2 = (self.recall - 1 - self.over_segmentation) / math.sqrt(2)
        return 1 - (abs(r1) + abs(r2)) / 2

    @property
    def conditions(self) -> str:
        """The tolerance and the kind of matching in words, without which the figures mean nothing."""
        matching = "one-to-one" if self.one_to_one else "any boundary within the tolerance counts"
        which = "all interior boundaries count, those at silences too"
        if self.labelled_only:
            which = "only boundaries inside the labelled stretches of the reference count"
        return f"within {1000 * self.tolerance:g} ms, {matching}; {which}"

    def to_dict(self) -> dict[str, Any]:
        """Returns conditions, counts and figures, and what was compared.

        Returns:
            JSON types; NaN becomes None.
        """
        return {
            "conditions": self.conditions,
            "tolerance": self.tolerance,
            "labelled_only": self.labelled_only,
            **{name: getattr(self, name) for name in COUNTS},
            **{name: None if math.isnan(value := getattr(self, name)) else value for name in FIGURES},
            "lenient": self.lenient.to_dict() if self.lenient else None,
            "compared": {role: side.to_dict() for role, side in self.compared.items()},
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        """Returns a table, with the conditions first, then what was compared, and notes."""
        return "\n".join([*self._table(), *said(self.notes)])

    def _table(self) -> list[str]:
        titles = ("precision", "recall", "F1", "R-value", "over-segm.", "reference", "predicted", "hits")
        lines = [self.conditions, " " * 8 + "".join(f"{title:>11}" for title in titles)]
        for name, score in (("strict", self), ("lenient", self.lenient)):
            if score is not None:
                figures = (getattr(score, figure) for figure in FIGURES)
                percents = ("-" if math.isnan(figure) else f"{100 * figure:.1f} %" for figure in figures)
                cells = (*percents, score.n_reference, score.n_predicted, score.hits)
                lines.append(f"{name:8}" + "".join(f"{cell:>11}" for cell in cells))
        return [*lines, *words(self.compared)]


@dataclass(frozen=True, kw_only=True)
class CorpusScore(Score):
    """The score of the summed counts of many files. Files that could not be scored do not count.

    Attributes:
        files: name -> score of that file.
        failed: name -> why it could not be scored: no prediction, no reference, unreadable, several files of that name,
            durations of two recordings.
    """

    files: Mapping[str, Score]
    failed: Mapping[str, str]

    @property
    def total(self) -> Score:
        """The score of the summed counts, without the files."""
        return Score(**{part.name: getattr(self, part.name) for part in fields(Score)})

    def to_dict(self) -> dict[str, Any]:
        """Returns the total, the score of every file, and what failed.

        Returns:
            JSON types; NaN becomes None.
        """
        files = {name: score.to_dict() for name, score in self.files.items()}
        return {"total": self.total.to_dict(), "files": files, "failed": dict(self.failed)}

    def __str__(self) -> str:
        """Returns a table with its conditions, notes, and what could not be scored."""
        n = len(self.files)
        summed = f"counts summed over {n} {'file' if n == 1 else 'files'}"
        if self.failed:
            summed += f"; {len(self.failed)} could not be scored:"
        reasons = (f"  {printable(reason)}" for reason in self.failed.values())
        return "\n".join([*self._table(), *said(self.notes), summed, *reasons])


def pooled(scores: Sequence[Score]) -> Score:
    """Sums the counts of several scores.

    Args:
        scores: at least one, all with the same conditions.

    Returns:
        The score of the summed counts, and of the summed lenient counts if there are any, with what was compared. It
        has all warnings, and no notes, which are about one file each.
    """
    lenient = [score.lenient for score in scores if score.lenient is not None]
    counts = {name: sum(getattr(score, name) for score in scores) for name in COUNTS}
    compared = together(score.compared for score in scores)
    warnings = tuple(text for score in scores for text in score.warnings)
    beside = pooled(lenient) if lenient else None
    return replace(scores[0], **counts, lenient=beside, compared=compared, notes=(), warnings=warnings)
