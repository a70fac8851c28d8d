"""What follows from counts of boundaries: precision, recall, F1, R-value, over-segmentation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

COUNTS = ("n_reference", "n_predicted", "found", "hits")
FIGURES = ("precision", "recall", "f1", "r_value", "over_segmentation")


@dataclass(frozen=True)
class Score:
    """Counts of boundaries, and the figures that follow from them; a figure that would be 0/0 is NaN.

    n_reference, n_predicted: how many there are. found: reference boundaries that were hit. hits: predicted boundaries
    that hit; equal to `found` where matching is one-to-one. tolerance: seconds, to either side. one_to_one: whether
    each boundary counts once (strict); otherwise any boundary within the tolerance counts (as in Kreuk et al. 2020),
    which is more lenient. lenient: the score of the latter kind, if it was asked for.
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
        """Hits among the predicted boundaries, 0..1; NaN if nothing was predicted."""
        return self.hits / self.n_predicted if self.n_predicted else math.nan

    @property
    def recall(self) -> float:
        """Found among the reference boundaries, 0..1; NaN if there are none."""
        return self.found / self.n_reference if self.n_reference else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 without a hit, NaN if there is no boundary on either side."""
        if not self.hits:
            return 0.0 if self.n_reference + self.n_predicted else math.nan
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    @property
    def over_segmentation(self) -> float:
        """n_predicted / n_reference - 1: above 0 there are too many boundaries; NaN without a reference boundary."""
        return self.n_predicted / self.n_reference - 1 if self.n_reference else math.nan

    @property
    def r_value(self) -> float:
        """R-value (Räsänen, Laine & Altosaar 2009): 1 is perfect; more boundaries do not buy a better one."""
        r1 = math.hypot(1 - self.recall, self.over_segmentation)
        r2 = (self.recall - 1 - self.over_segmentation) / math.sqrt(2)
        return 1 - (abs(r1) + abs(r2)) / 2

    @property
    def conditions(self) -> str:
        """What the figures hold for."""
        matching = "one-to-one" if self.one_to_one else "any boundary within the tolerance counts"
        return f"within {1000 * self.tolerance:g} ms, {matching}; all interior boundaries count, those at silences too"

    def to_dict(self) -> dict[str, Any]:
        """Conditions, counts and figures, ready for JSON: NaN becomes None."""
        figures = {name: getattr(self, name) for name in FIGURES}
        return {
            "conditions": self.conditions,
            "tolerance": self.tolerance,
            **{name: getattr(self, name) for name in COUNTS},
            **{name: None if math.isnan(value) else value for name, value in figures.items()},
            "lenient": self.lenient.to_dict() if self.lenient else None,
        }

    def __str__(self) -> str:
        """A table, with its conditions."""
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
    """The score of the summed counts of many files; what could not be scored is not in it.

    files: name -> score of that file. failed: name -> why it could not be scored (no prediction, no reference,
    unreadable, several files of that name). tier: the name of the tier.
    """

    files: Mapping[str, Score]
    failed: Mapping[str, str]
    tier: str

    @property
    def total(self) -> Score:
        """The summed counts alone, without the files."""
        counts = self.n_reference, self.n_predicted, self.found, self.hits
        return Score(*counts, self.tolerance, self.one_to_one, self.lenient)

    def to_dict(self) -> dict[str, Any]:
        """The total, every file, and what failed, ready for JSON: NaN becomes None."""
        files = {name: score.to_dict() for name, score in self.files.items()}
        return {"tier": self.tier, "total": self.total.to_dict(), "files": files, "failed": dict(self.failed)}

    def __str__(self) -> str:
        """A table, with its conditions, and what could not be scored."""
        n = len(self.files)
        pooled = f'tier "{self.tier}"; counts summed over {n} {"file" if n == 1 else "files"}'
        if self.failed:
            pooled += f"; {len(self.failed)} could not be scored:"
        return "\n".join([str(self.total), pooled, *(f"  {reason}" for reason in self.failed.values())])


def pooled(scores: Sequence[Score]) -> Score:
    """The score of the summed counts, the lenient ones too."""
    lenient = [score.lenient for score in scores if score.lenient is not None]
    counts = {name: sum(getattr(score, name) for score in scores) for name in COUNTS}
    return replace(scores[0], **counts, lenient=pooled(lenient) if lenient else None)
