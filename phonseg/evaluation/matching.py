"""Two rows of boundaries -> the pairs that lie within a tolerance of each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import Times

SLACK = 1e-6  # seconds, on every comparison: in binary 0.34 - 0.32 is more than 0.02


def most_pairs(reference: Times, predicted: Times, reach: float) -> int:
    """The largest number of one-to-one pairs within reach.

    A sweep finds it. Where the first boundaries of both rows cannot be matched, the earlier one cannot be matched with
    anything later either. Where they can, nothing is lost by it: had they other partners, those would make a pair too.
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
    """How many of `times` have any of `others` within reach."""
    fenced = np.concatenate([[-np.inf], others, [np.inf]])
    after = np.searchsorted(others, times) + 1
    return int(np.count_nonzero(np.minimum(fenced[after] - times, times - fenced[after - 1]) <= reach))


def matched_pairs(reference: Times, predicted: Times, *, tolerance: float = 0.020) -> NDArray[np.intp]:
    """(hits, 2) which boundary of the reference (N,) and which of the prediction (M,), sorted seconds, make a pair.

    As many pairs as possible within the tolerance (seconds); of all such choices, one with the least total distance.
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
        # A pair is worth more than any distance that it may cost.
        cost = np.where(distance <= reach, distance - reach * (1 + min(distance.shape)), 0.0)
        rows, columns = linear_sum_assignment(cost)
        made = cost[rows, columns] < 0
        pairs.append(np.stack([first[rows[made]], second[columns[made]]], axis=1))
    return np.concatenate(pairs)
