"""Boundaries of a reference and of a prediction -> the pairs that lie within a tolerance of each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from phonseg.errors import ConfigurationError
from phonseg.timeline.grid import Times

SLACK = 1e-6  # seconds, added to every tolerance: in binary, 0.34 - 0.32 is more than 0.02
MAX_CANDIDATES = 200_000_000  # pairs within reach that `matched_pairs` chooses from, one byte each

# How the best pairing up to a reference and a predicted boundary is made: without the predicted one, whatever else is
# said; otherwise from the two as a pair; if neither is said, without the reference boundary.
PAIR, WITHOUT_PREDICTED = 1, 2


def most_pairs(reference: Times, predicted: Times, reach: float) -> int:
    """Counts the largest possible number of one-to-one pairs.

    One sweep from left to right finds it. If the first remaining boundaries of both sides are too far apart, the
    earlier one is too far from everything that follows. If they are within reach, pairing them loses nothing: their
    other partners, if any, could be paired with each other.

    Args:
        reference: (N,) sorted seconds.
        predicted: (M,) sorted seconds.
        reach: seconds; the largest distance within a pair.

    Returns:
        The number of pairs, at most min(N, M).
    """
    left, right = reference.tolist(), predicted.tolist()
    i = j = pairs = 0
    while i < len(left) and j < len(right):
        if abs(left[i] - right[j]) <= reach:
            i, j, pairs = i + 1, j + 1, pairs + 1
        elif left[i] < right[j]:
            i += 1
        else:
            j += 1
    return pairs


def are_near(times: Times, others: Times, reach: float) -> NDArray[np.bool_]:
    """Finds the times that have at least one other time within reach.

    Args:
        times: (N,) seconds.
        others: (M,) sorted seconds.
        reach: seconds.

    Returns:
        (N,) whether there is one.
    """
    fenced = np.concatenate([[-np.inf], others, [np.inf]])
    after = np.searchsorted(others, times) + 1
    near: NDArray[np.bool_] = np.minimum(fenced[after] - times, times - fenced[after - 1]) <= reach
    return near


def count_near(times: Times, others: Times, reach: float) -> int:
    """Counts the times that have at least one other time within reach.

    Args:
        times: (N,) seconds.
        others: (M,) sorted seconds.
        reach: seconds.

    Returns:
        How many of `times`, 0 to N.
    """
    return int(np.count_nonzero(are_near(times, others, reach)))


def matched_pairs(reference: Times, predicted: Times, *, tolerance: float = 0.020) -> NDArray[np.intp]:
    """Pairs boundaries one to one.

    Among the pairings with the most pairs, one with the smallest total distance is taken. No two of its pairs cross:
    exchanging the partners of two that do makes neither the larger distance nor the sum larger. So the best pairing up
    to two boundaries follows from the best ones without either of them. Only boundaries within reach of each other are
    looked at.

    Args:
        reference: (N,) sorted seconds.
        predicted: (M,) sorted seconds.
        tolerance: seconds, 0 or more, with 1 microsecond of slack; the largest distance within a pair.

    Returns:
        (hits, 2) for each pair, the index of its reference boundary and that of its predicted boundary.

    Raises:
        ConfigurationError: if more than `MAX_CANDIDATES` pairs lie within reach.
    """
    reach = tolerance + SLACK
    reference, predicted = np.asarray(reference, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    around = reach + SLACK  # a little more: the distances themselves are compared below
    firsts = np.searchsorted(predicted, reference - around)
    ends = np.searchsorted(predicted, reference + around, side="right")
    if (candidates := int((ends - firsts).sum())) > MAX_CANDIDATES:
        raise ConfigurationError(
            f"boundaries: {len(reference)} and {len(predicted)} lie too close together to be paired ({candidates} "
            f"pairs within {reach:g} s of each other). No speech has so many. Are they in seconds?"
        )
    return _traced(firsts, ends, _choices(reference, predicted, firsts, ends, reach))


def _choices(
    reference: Times, predicted: Times, firsts: NDArray[np.intp], ends: NDArray[np.intp], reach: float
) -> list[NDArray[np.uint8]]:
    """For each reference boundary, how the best pairing up to it and each predicted one within reach is made."""
    bonus = reach * (1 + min(len(reference), len(predicted)))  # one more pair outweighs the distance that it adds
    best = np.zeros(len(predicted) + 1)  # of what lies up to here, and before the next predicted boundary
    reached = 0  # how far it is filled in
    choices = []
    for time, first, end in zip(reference.tolist(), firsts.tolist(), ends.tolist(), strict=True):
        best[reached + 1 : end + 1] = best[reached]
        reached = max(reached, end)
        distances = np.abs(predicted[first:end] - time)
        as_pair = best[first:end] + (bonus - distances)
        if end > first and max(distances[0], distances[-1]) > reach:  # seldom, and only at the ends
            as_pair[distances > reach] = -np.inf
        without = best[first + 1 : end + 1]
        both = np.maximum(as_pair, without)
        made = np.maximum.accumulate(both)
        choices.append((as_pair > without).view(np.uint8) * PAIR + (made > both).view(np.uint8) * WITHOUT_PREDICTED)
        best[first + 1 : end + 1] = made
    return choices


def _traced(firsts: NDArray[np.intp], ends: NDArray[np.intp], choices: Sequence[NDArray[np.uint8]]) -> NDArray[np.intp]:
    """Follows the choices from the last boundaries back to the first, and returns the pairs."""
    pairs = []
    j = int(ends[-1]) - 1 if len(ends) else -1
    for i in range(len(choices) - 1, -1, -1):
        j = min(j, int(ends[i]) - 1)
        first, choice = int(firsts[i]), choices[i]
        while j >= first and choice[j - first] >= WITHOUT_PREDICTED:
            j -= 1
        if j >= first and choice[j - first] == PAIR:
            pairs.append((i, j))
            j -= 1
    return np.array(pairs[::-1], dtype=np.intp).reshape(-1, 2)
