"""Boundaries of a reference and of a prediction -> the pairs that lie within a tolerance of each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import Times

SLACK = 1e-6  # seconds, added to every tolerance: in binary, 0.34 - 0.32 is more than 0.02


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


def count_near(times: Times, others: Times, reach: float) -> int:
    """Counts the times that have at least one other time within reach.

    Args:
        times: (N,) seconds.
        others: (M,) sorted seconds.
        reach: seconds.

    Returns:
        How many of `times`, 0 to N.
    """
    fenced = np.concatenate([[-np.inf], others, [np.inf]])
    after = np.searchsorted(others, times) + 1
    return int(np.count_nonzero(np.minimum(fenced[after] - times, times - fenced[after - 1]) <= reach))


def matched_pairs(reference: Times, predicted: Times, *, tolerance: float = 0.020) -> NDArray[np.intp]:
    """Pairs boundaries one to one.

    Among the pairings with the most pairs, one with the smallest total distance is taken.

    Args:
        reference: (N,) sorted seconds.
        predicted: (M,) sorted seconds.
        tolerance: seconds, 0 or more, with 1 microsecond of slack; the largest distance within a pair.

    Returns:
        (hits, 2) for each pair, the index of its reference boundary and that of its predicted boundary.
    """
    from scipy.optimize import linear_sum_assignment

    reach = tolerance + SLACK
    times = np.sort(np.concatenate([reference, predicted]))
    starts = times[np.diff(times, prepend=-np.inf) > reach]  # no pair reaches from one group of times into another
    groups = np.searchsorted(starts, reference, side="right"), np.searchsorted(starts, predicted, side="right")
    pairs = [np.zeros((0, 2), dtype=np.intp)]
    for group in np.intersect1d(*groups):
        first, second = (np.flatnonzero(members == group) for members in groups)
        distance = np.abs(predicted[second] - reference[first][:, None])
        # One more pair always outweighs the distance it adds.
        cost = np.where(distance <= reach, distance - reach * (1 + min(distance.shape)), 0.0)
        left, right = linear_sum_assignment(cost)
        made = cost[left, right] < 0
        pairs.append(np.stack([first[left[made]], second[right[made]]], axis=1))
    return np.concatenate(pairs)
