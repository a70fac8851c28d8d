"""Sides that are compared -> scores and errors in time. The definitions stand in `phonseg.evaluation.evaluate`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from phonseg.evaluation.comparison import Comparison, Comparisons
from phonseg.evaluation.durations import Level
from phonseg.evaluation.matching import SLACK, count_near, matched_pairs, most_pairs
from phonseg.evaluation.score import CorpusScore, Score, pooled
from phonseg.timeline.grid import Times


def score_all(read: Comparisons, tolerance: float, *, lenient: bool = False) -> Score | CorpusScore:
    """Scores all pairs.

    Args:
        read: what is compared.
        tolerance: seconds.
        lenient: whether to add the lenient score.

    Returns:
        The score of two folders, or of two sources.
    """
    files = {name: score_one(one, tolerance, lenient=lenient) for name, one in read.pairs.items()}
    if not read.folders:
        return files[""]
    return CorpusScore(
        **vars(_summed(read, files.values(), tolerance, lenient=lenient)), files=files, failed=read.failed
    )


def scores_at(read: Comparisons, tolerances: Iterable[float]) -> list[Score]:
    """Scores all pairs together at several tolerances.

    Args:
        read: what is compared.
        tolerances: seconds.

    Returns:
        The score at each tolerance.
    """
    pairs = read.pairs.values()
    return [_summed(read, [score_one(one, at) for one in pairs], at) for at in tolerances]


def score_one(one: Comparison, tolerance: float, predicted: Times | None = None, *, lenient: bool = False) -> Score:
    """Scores one pair.

    Args:
        one: what is compared.
        tolerance: seconds.
        predicted: (M,) seconds, other boundaries of the prediction; None for its own.
        lenient: whether to add the lenient score.

    Returns:
        The score, with what was compared, notes and warnings.
    """
    reach = tolerance + SLACK
    reference, predicted = one.times(reach, predicted)
    sizes, pairs = (len(reference), len(predicted)), most_pairs(reference, predicted, reach)
    score = Score(
        *sizes,
        pairs,
        pairs,
        tolerance,
        labelled_only=one.stretches is not None,
        compared=one.compared,
        notes=one.texts(Level.NOTE),
        warnings=one.texts(Level.WARNING),
    )
    if not lenient:
        return score
    found, hits = count_near(reference, predicted, reach), count_near(predicted, reference, reach)
    only = score.labelled_only
    return replace(score, lenient=Score(*sizes, found, hits, tolerance, one_to_one=False, labelled_only=only))


def errors_within(read: Comparisons, tolerance: float) -> NDArray[np.float64]:
    """Measures the errors of all matched pairs.

    Args:
        read: what is compared.
        tolerance: seconds.

    Returns:
        (hits,) seconds: prediction minus reference.
    """
    errors = [np.zeros(0)]
    for one in read.pairs.values():
        wanted, predicted = one.times(tolerance + SLACK)
        made = matched_pairs(wanted, predicted, tolerance=tolerance)
        errors.append(predicted[made[:, 1]] - wanted[made[:, 0]])
    return np.concatenate(errors)


def _summed(read: Comparisons, scores: Iterable[Score], tolerance: float, *, lenient: bool = False) -> Score:
    """The score of the summed counts, with the notes about all files; without any file, that of no boundary."""
    only = read.labelled_only
    beside = Score(0, 0, 0, 0, tolerance, one_to_one=False, labelled_only=only) if lenient else None
    total = pooled([Score(0, 0, 0, 0, tolerance, lenient=beside, labelled_only=only), *scores])
    return replace(total, notes=read.notes, warnings=read.warnings)
