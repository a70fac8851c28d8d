"""Counts of boundaries -> precision, recall, F1, R-value and over-segmentation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

COUNTS = ("n_reference", "n_predicted", "found", "hits")
FIGURES = ("precision", "recall", "f1", "r_value", "over_segmentation")


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
        return f"within {1000 * self.tolerance:g} ms, {matching}; all interior boundaries count, those at silences too"

    def to_dict(self) -> dict[str, Any]:
        """Returns conditions, counts and figures.

        Returns:
            JSON types; NaN becomes None.
        """
        return {
            "conditions": self.conditions,
            "tolerance": self.tolerance,
            **{name: getattr(self, name) for name in COUNTS},
            **{name: None if math.isnan(value := getattr(self, name)) else value for name in FIGURES},
            "lenient": self.lenient.to_dict() if self.lenient else None,
        }

    def __str__(self) -> str:
        """Returns a table, with the conditions first."""
        titles = ("precision", "recall", "F1", "R-value", "over-segm.", "reference", "predicted", "hits")
        lines = [self.conditions, " " * 8 + "".join(f"{title:>11}" for title in titles)]
        for name, score in (("strict", self), ("lenient", self.lenient)):
            if score is not None:
                figures = (getattr(score, figure) for figure in FIGURES)
                percents = ("-" if math.isnan(figure) else f"{100 * figure:.1f} %" for figure in figures)
                cells = (*percents, score.n_reference, score.n_predicted, score.hits)
                lines.append(f"{name:8}" + "".join(f"{cell:>11}" for cell in cells))
        return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class CorpusScore(Score):
    """The score of the summed counts of many files. Files that could not be scored do not count.

    Attributes:
        files: name -> score of that file.
        failed: name -> why it could not be scored: no prediction, no reference, unreadable, several files of that name.
        tier: the name of the tier.
    """

    files: Mapping[str, Score]
    failed: Mapping[str, str]
    tier: str

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
        return {"tier": self.tier, "total": self.total.to_dict(), "files": files, "failed": dict(self.failed)}

    def __str__(self) -> str:
        """Returns a table with its conditions, and what could not be scored."""
        n = len(self.files)
        summed = f'tier "{self.tier}"; counts summed over {n} {"file" if n == 1 else "files"}'
        if self.failed:
            summed += f"; {len(self.failed)} could not be scored:"
        return "\n".join([str(self.total), summed, *(f"  {reason}" for reason in self.failed.values())])


def pooled(scores: Sequence[Score]) -> Score:
    """Sums the counts of several scores.

    Args:
        scores: at least one, all with the same conditions.

    Returns:
        The score of the summed counts, and of the summed lenient counts if there are any.
    """
    lenient = [score.lenient for score in scores if score.lenient is not None]
    counts = {name: sum(getattr(score, name) for score in scores) for name in COUNTS}
    return replace(scores[0], **counts, lenient=pooled(lenient) if lenient else None)
