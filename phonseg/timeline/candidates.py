"""Every place that may be a boundary, with its prominence, so that a choice among them can be made again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.errors import ConfigurationError
from phonseg.timeline.grid import Times


def frozen(values: ArrayLike, dtype: type) -> NDArray[Any]:
    """A read-only copy of `values`, so that nobody can change it behind our back."""
    array: NDArray[Any] = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


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
        object.__setattr__(self, "times", frozen(self.times, np.float64))
        object.__setattr__(self, "prominences", frozen(self.prominences, np.float64))
        if self.times.shape != self.prominences.shape or self.times.ndim != 1:
            raise ConfigurationError(f"candidates: {self.times.shape} times for {self.prominences.shape} prominences.")

    @property
    def scores(self) -> Times:
        """(M,) prominence / (prominence + threshold): 0..1, and 0.5 at the threshold. They rank; no probabilities."""
        return frozen(self.prominences / (self.prominences + self.threshold), np.float64)

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

    def least_prominence(self, kept: NDArray[np.bool_]) -> float | None:
        """The prominence from which candidates are kept; None where another rule chose, so that there is none.

        kept: (M,) which candidates are. Where several prominences would do, the threshold is given if it is one.
        """
        highest_lost = self.prominences[~kept].max(initial=0.0)
        least_kept = self.prominences[kept].min(initial=np.inf)
        if highest_lost < self.threshold <= least_kept:
            return self.threshold
        return float(least_kept) if highest_lost <= least_kept < np.inf else None

    def _best(self, n: int) -> NDArray[np.bool_]:
        kept = np.zeros(len(self.times), dtype=bool)
        kept[np.argsort(-self.prominences, kind="stable")[:n]] = True
        return kept


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
