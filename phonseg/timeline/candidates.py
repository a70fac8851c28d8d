"""Candidate boundaries with their prominences -> those that are chosen, and the least certain decisions."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.errors import ConfigurationError
from phonseg.timeline.grid import Times


def frozen(values: ArrayLike) -> NDArray[np.float64]:
    """Returns a read-only copy, which nobody else can change.

    Args:
        values: of any shape.

    Returns:
        The copy, in the same shape.
    """
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True)
class Choice:
    """How many candidates become boundaries: by sensitivity, or by rate.

    Attributes:
        sensitivity: 0 (none) to 1 (all), 0.5 for the operating point of the model; None if a rate is given.
        rate: boundaries per second of speech, 0 or more; None if a sensitivity is given.

    Raises:
        ConfigurationError: if both or neither are given, or a value is out of its range.
    """

    sensitivity: float | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        if (self.sensitivity is None) == (self.rate is None):
            neither = "give sensitivity (0 to 1) or rate (boundaries per second of speech)."
            both = "sensitivity and rate are both given. Give one of them."
            raise ConfigurationError(neither if self.rate is None else both)
        if self.sensitivity is not None and not 0 <= self.sensitivity <= 1:
            raise ConfigurationError(f"sensitivity is {self.sensitivity}. Give a number from 0 to 1.")
        if self.rate is not None and not (math.isfinite(self.rate) and self.rate >= 0):
            raise ConfigurationError(f"rate is {self.rate}. Give boundaries per second of speech, 0 or more.")

    @property
    def settings(self) -> dict[str, float]:
        """The name and value of what was given, as in `Provenance.settings`."""
        return {name: float(value) for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """All candidate boundaries of a recording, so that the choice among them can be made again.

    Attributes:
        times: (M,) seconds, strictly increasing.
        prominences: (M,) 0 or more, in the unit of the dissimilarity curve.
        threshold: the prominence, above 0, from which the model takes candidates for boundaries.
        speech_seconds: how much of the recording is speech, in seconds.

    Raises:
        ConfigurationError: if the numbers of times and prominences differ.
    """

    times: Times
    prominences: Times
    threshold: float
    speech_seconds: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", frozen(self.times))
        object.__setattr__(self, "prominences", frozen(self.prominences))
        if self.times.shape != self.prominences.shape or self.times.ndim != 1:
            raise ConfigurationError(f"candidates: {self.times.shape} times for {self.prominences.shape} prominences.")

    def moved(self, seconds: float) -> Candidates:
        """Returns the same candidates at other times.

        Args:
            seconds: by which they are later; negative for earlier.

        Returns:
            The candidates.
        """
        return replace(self, times=self.times + seconds)

    @property
    def scores(self) -> Times:
        """(M,) prominence / (prominence + threshold): 0 to 1, 0.5 at the threshold. They only rank."""
        return frozen(self.prominences / (self.prominences + self.threshold))

    def chosen(self, choice: Choice) -> NDArray[np.bool_]:
        """Chooses the most prominent candidates.

        Args:
            choice: a sensitivity or a rate. The sensitivity 0.5 keeps the candidates at or above the threshold; on
                either side of 0.5 the number kept changes linearly. What is kept at one sensitivity is kept at every
                higher one. A rate keeps `rate * speech_seconds` candidates, rounded, or all if
                there are fewer.

        Returns:
            (M,) whether each candidate is kept.
        """
        if choice.sensitivity is None:
            return self._best(round(min((choice.rate or 0.0) * self.speech_seconds, len(self.times))))
        middle = int((self.prominences >= self.threshold).sum())
        if choice.sensitivity <= 0.5:
            return self._best(round(2 * choice.sensitivity * middle))
        return self._best(middle + round((2 * choice.sensitivity - 1) * (len(self.times) - middle)))

    def least_prominence(self, kept: NDArray[np.bool_]) -> float | None:
        """Finds the prominence from which candidates are kept.

        Args:
            kept: (M,) whether each candidate is kept.

        Returns:
            That prominence; the model's threshold, if it separates them as well. None if nothing is kept, or if a
            weaker candidate is kept and a stronger one is not, so that no prominence separates them.
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
    """What was decided about one candidate.

    Attributes:
        time: seconds.
        kept: whether it became a boundary.
        score: 0 to 1, as in `Candidates.scores`; it ranks, and is no probability.
        margin: 0 to 1, the distance of the score from the line between boundaries and the rest; the smaller, the less
            certain.
    """

    time: float
    kept: bool
    score: float
    margin: float

    def __str__(self) -> str:
        """The question to a person: `remove? 0.52` for a weak boundary, `add? 0.47` for a strong candidate."""
        return f"{'remove' if self.kept else 'add'}? {self.score:.2f}"


def least_certain(candidates: Candidates, boundaries: Times, k: int) -> list[Decision]:
    """Lists the least certain decisions.

    The line between boundaries and the rest lies midway between the lowest score that was kept (1 if nothing was kept)
    and the highest that was not (0 if everything was kept).

    Args:
        candidates: all candidates.
        boundaries: (N,) the times of those that were kept, in seconds.
        k: how many decisions, 0 or more.

    Returns:
        Up to k decisions, the least certain first; of equally certain ones the earlier first.

    Raises:
        ConfigurationError: if k is negative.
    """
    if k < 0:
        raise ConfigurationError(f"to_check: k is {k}. Give how many decisions to check, 0 or more.")
    scores = candidates.scores
    kept = np.isin(candidates.times, boundaries)
    lowest, highest = scores[kept].min(initial=1.0), scores[~kept].max(initial=0.0)
    margins = np.abs(scores - (lowest + highest) / 2)
    order = np.argsort(margins, kind="stable")[:k]
    columns = [column[order].tolist() for column in (candidates.times, kept, scores, margins)]
    return list(map(Decision, *columns))
