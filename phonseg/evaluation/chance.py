"""Boundaries of references and of predictions -> whether they agree better than two recordings would by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from phonseg.evaluation.durations import SAME
from phonseg.evaluation.matching import SLACK, count_near, matched_pairs, most_pairs
from phonseg.timeline.grid import Times

TOLERANCE = 0.020 + SLACK  # seconds, whatever the score is measured at
FEWEST, MOST = 20, 2000  # boundaries on either side: with fewer, chance decides too much; more are not looked at
SHIFTS = (-0.45, -0.35, -0.25, -0.15, 0.15, 0.25, 0.35, 0.45)  # seconds: longer than most sounds
OTHER_FILES = 8  # whose predictions show what agreement there is by chance
DEVIATIONS, DEVIATIONS_OF_BEST = 2.0, 3.5  # standard deviations above chance; of the best of many offsets
OFFSETS = np.arange(-60, 61) / 200  # seconds, up to 0.3: where predictions that are early or late would fit

SidePair = tuple[Times, Times]  # (N,) and (M,) sorted seconds, of a reference and of its prediction


def question_about_pair(reference: Times, predicted: Times, who: str) -> str:
    """Asks whether two sides belong together, if they agree no better than if one were moved in time.

    Args:
        reference: (N,) sorted seconds.
        predicted: (M,) sorted seconds.
        who: what the prediction is called.

    Returns:
        The question, or by how much the prediction is early or late; empty if they agree better, or if there are fewer
        than 20 boundaries on either side.
    """
    pair = reference[:MOST], predicted[:MOST]
    if min(map(len, pair)) < FEWEST or not _is_chance_of_pair(*pair, DEVIATIONS):
        return ""
    offset = _best_offset([pair])
    fits = not _is_chance_of_pair(pair[0], pair[1] + offset, DEVIATIONS_OF_BEST)
    return _moved(who, offset) if fits else SAME


def question_about_all(pairs: Sequence[SidePair]) -> str:
    """Asks whether files belong together, if references agree no better with their predictions than with other files'.

    Short files have too few boundaries to be judged one by one.

    Args:
        pairs: any number.

    Returns:
        The question, or by how much the predictions are early or late; empty if they agree better, or if there are
        fewer than two files or 20 boundaries on either side.
    """
    if len(pairs) < 2:
        return ""
    sizes = np.cumsum([(len(reference), len(predicted)) for reference, predicted in pairs], axis=0)
    pairs = pairs[: max(2, int(np.searchsorted(sizes.max(axis=1), MOST)))]
    if sizes[len(pairs) - 1].min() < FEWEST or not _is_chance_of_all(pairs, DEVIATIONS):
        return ""
    offset = _best_offset(pairs)
    moved = [(reference, predicted + offset) for reference, predicted in pairs]
    fits = not _is_chance_of_all(moved, DEVIATIONS_OF_BEST)
    return _moved("the predictions", offset) if fits else "Do they belong to the same recordings?"


def _is_chance_of_pair(reference: Times, predicted: Times, deviations: float) -> bool:
    """Whether the hits are at most so many standard deviations above their mean over all shifts."""
    by_chance = [most_pairs(reference, predicted + shift, TOLERANCE) for shift in SHIFTS]
    most = min(len(reference), len(predicted))
    return most_pairs(reference, predicted, TOLERANCE) <= _limit(by_chance, most, deviations)


def _is_chance_of_all(pairs: Sequence[SidePair], deviations: float) -> bool:
    """Whether the hits are at most so many standard deviations above those with the predictions of other files."""
    hits = [
        sum(
            most_pairs(pair[0], other[1], TOLERANCE)
            for pair, other in zip(pairs, [*pairs[k:], *pairs[:k]], strict=True)
        )
        for k in range(min(len(pairs), 1 + OTHER_FILES))
    ]
    return hits[0] <= _limit(hits[1:], sum(min(map(len, pair)) for pair in pairs), deviations)


def _limit(by_chance: Sequence[int], most: int, deviations: float) -> float:
    """The number of hits that lies so many standard deviations above the mean of these numbers, of at most `most`."""
    mean = float(np.mean(by_chance))
    return mean + deviations * math.sqrt(mean * max(0.0, 1 - mean / max(1, most)))


def _best_offset(pairs: Sequence[SidePair]) -> float:
    """The seconds by which predictions would have to be moved to hit the most."""
    hits = np.sum([[count_near(pair[1] + offset, pair[0], TOLERANCE) for offset in OFFSETS] for pair in pairs], axis=0)
    near = float(np.median(OFFSETS[hits == hits.max()]))
    # Within the tolerance, many offsets hit the same boundaries: the middle of the distances that are left is right.
    made = [(pair, matched_pairs(pair[0], pair[1] + near)) for pair in pairs]
    left = [reference[pair[:, 0]] - predicted[pair[:, 1]] for (reference, predicted), pair in made]
    return float(np.median(np.concatenate(left))) if sum(map(len, left)) else near


def _moved(who: str, offset: float) -> str:
    return f"They would agree if {who} were {1000 * abs(offset):.0f} ms {'later' if offset > 0 else 'earlier'}."
