"""Slow and obviously right: scoring straight from the definitions, on whole milliseconds, where nothing is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan, sqrt


def most_pairs(reference: Sequence[int], predicted: Sequence[int], tolerance: int) -> int:
    """The size of a maximum matching in the graph that joins what lies within the tolerance, by augmenting paths."""
    partner: dict[int, int] = {}

    def match(i: int, tried: set[int]) -> bool:
        for j in range(len(predicted)):
            if abs(reference[i] - predicted[j]) <= tolerance and j not in tried:
                tried.add(j)
                if j not in partner or match(partner[j], tried):
                    partner[j] = i
                    return True
        return False

    return sum(match(i, set()) for i in range(len(reference)))


def least_distance(reference: Sequence[int], predicted: Sequence[int], tolerance: int) -> tuple[int, int]:
    """(most pairs, least sum of their distances), by trying every matching."""
    if not reference:
        return 0, 0
    first, rest = reference[0], reference[1:]
    choices = [least_distance(rest, predicted, tolerance)]
    for j, time in enumerate(predicted):
        if abs(first - time) <= tolerance:
            pairs, distance = least_distance(rest, [*predicted[:j], *predicted[j + 1 :]], tolerance)
            choices.append((pairs + 1, distance + abs(first - time)))
    return min(choices, key=lambda choice: (-choice[0], choice[1]))


def near(times: Sequence[int], others: Sequence[int], tolerance: int) -> int:
    """How many times have any other within the tolerance."""
    return sum(any(abs(time - other) <= tolerance for other in others) for time in times)


def figures(n_reference: int, n_predicted: int, found: int, hits: int) -> dict[str, float]:
    """The figures that follow from the counts, as they are defined."""
    precision = hits / n_predicted if n_predicted else nan
    recall = found / n_reference if n_reference else nan
    over_segmentation = n_predicted / n_reference - 1 if n_reference else nan
    r1 = sqrt((1 - recall) ** 2 + over_segmentation**2)
    r2 = (-over_segmentation + recall - 1) / sqrt(2)
    f1 = nan
    if n_reference + n_predicted:
        f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "over_segmentation": over_segmentation,
        "r_value": 1 - (abs(r1) + abs(r2)) / 2,
    }
