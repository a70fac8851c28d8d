"""Which of the decisions for and against a boundary are the least certain, so that a person looks at those first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonseg.candidates import Candidates
from phonseg.errors import ConfigurationError
from phonseg.timeline import Times


@dataclass(frozen=True, slots=True)
class Decision:
    """A place that was taken for a boundary, or was not.

    time: seconds. kept: whether it is a boundary. score: 0..1, as in `Candidates.scores`; it ranks, and is no
    probability. margin: 0..1, how far the score lies from the line between boundaries and the rest; the smaller, the
    less certain.
    """

    time: float
    kept: bool
    score: float
    margin: float

    def __str__(self) -> str:
        """What there is to decide: `remove? 0.52` for a weak boundary, `add? 0.47` for a strong candidate."""
        return f"{'remove' if self.kept else 'add'}? {self.score:.2f}"


def least_certain(candidates: Candidates, boundaries: Times, k: int) -> list[Decision]:
    """The k least certain decisions, or all where there are fewer, the least certain first.

    boundaries (N,): those of the candidates' times that were kept. The line lies midway between the lowest score that
    was kept and the highest that was not (1 and 0 where there is none). Of equally certain decisions the earlier comes
    first.

    Raises ConfigurationError for a negative k.
    """
    if k < 0:
        raise ConfigurationError(f"to_check: k is {k}. Give how many decisions to check, 0 or more.")
    scores = candidates.scores
    kept = np.isin(candidates.times, boundaries)
    lowest, highest = scores[kept].min(initial=1.0), scores[~kept].max(initial=0.0)
    margins = np.abs(scores - (lowest + highest) / 2)
    order = np.argsort(margins, kind="stable")[:k]
    columns = (candidates.times, kept, scores, margins)
    return [Decision(*row) for row in zip(*(column[order].tolist() for column in columns), strict=True)]
