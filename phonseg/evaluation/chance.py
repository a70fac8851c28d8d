"""Boundaries of a reference and of a prediction -> whether they agree better than two recordings would by chance."""

from __future__ import annotations

import math

import numpy as np

from phonseg.evaluation.matching import SLACK, count_near, most_pairs
from phonseg.timeline.grid import Times

TOLERANCE = 0.020 + SLACK  # seconds, whatever the score is measured at
FEWEST, MOST = 20, 2000  # boundaries on either side: with fewer, chance decides too much; more are not looked at
SHIFTS = (-0.45, -0.35, -0.25, -0.15, 0.15, 0.25, 0.35, 0.45)  # seconds: longer than most sounds
DEVIATIONS, DEVIATIONS_OF_BEST = 2.0, 3.5  # standard deviations above chance; of the best of many offsets
OFFSETS = np.arange(-60, 61) / 200  # seconds, up to 0.3: where a prediction that starts early or late would fit


def no_better_than_chance(reference: Times, predicted: Times, deviations: float = DEVIATIONS) -> bool:
    """Returns whether a prediction hits hardly more boundaries than when it is shifted in time.

    Args:
        reference: (N,) sorted seconds.
        predicted: (M,) sorted seconds.
        deviations: how many standard deviations above chance are still chance.

    Returns:
        Whether the hits within 20 ms are at most so far above their mean over eight shifts; False if there are fewer
        than 20 boundaries on either side.
    """
    reference, predicted = reference[:MOST], predicted[:MOST]
    n = min(len(reference), len(predicted))
    if n < FEWEST:
        return False
    by_chance = float(np.mean([most_pairs(reference, predicted + shift, TOLERANCE) for shift in SHIFTS]))
    deviation = math.sqrt(by_chance * max(0.0, 1 - by_chance / n))
    return most_pairs(reference, predicted, TOLERANCE) <= by_chance + deviations * deviation


def best_offset(reference: Times, predicted: Times) -> float | None:
    """Finds by how much a prediction is early or late.

    Args:
        reference: (N,) sorted seconds.
        predicted: (M,) sorted seconds.

    Returns:
        Seconds, at most 0.3 to either side, by which the prediction has to be moved to agree with the reference better
        than by chance; None if there is no such time.
    """
    reference, predicted = reference[:MOST], predicted[:MOST]
    hits = np.array([count_near(predicted + offset, reference, TOLERANCE) for offset in OFFSETS])
    offset = float(np.median(OFFSETS[hits == hits.max()]))
    return None if no_better_than_chance(reference, predicted + offset, DEVIATIONS_OF_BEST) else offset
