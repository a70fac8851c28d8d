"""References and predictions -> how well they agree.

A predicted and a reference boundary may be matched if they lie within the tolerance of each other. Each boundary is
matched at most once, and as many pairs are made as possible. All interior boundaries count, also those at silences and
stop closures; the start and the end of a file never do. Counts are summed over files before any ratio is taken. Whether
two files can belong together is judged by their durations (see `phonseg.evaluation.durations`) and by whether they
agree better than by chance (see `phonseg.evaluation.chance`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonseg.errors import ConfigurationError
from phonseg.evaluation.comparison import read_comparisons
from phonseg.evaluation.score import CorpusScore, Score, pooled
from phonseg.evaluation.scoring import errors_within, score_all, scores_at
from phonseg.evaluation.sides import Reading, Scorable
from phonseg.evaluation.speakers.score import CorpusDiarizationScore, pooled as pooled_turns

LARGEST_TOLERANCE = 1.0  # seconds: a whole word


def evaluate(
    reference: Scorable,
    prediction: Scorable,
    *,
    tolerance: float = 0.020,
    lenient: bool = False,
    tier: str | int = "phones",
    reference_tier: str | int | None = None,
    prediction_tier: str | int | None = None,
    sample_rate: int = 16_000,
    labelled_only: bool = False,
) -> Score | CorpusScore:
    """Scores a prediction against a reference, or a folder of predictions against a folder of references.

    Args:
        reference: a `Segmentation`, its interior boundaries in seconds, in order, the path of a reference (see
            `phonseg.annotation.readers`), or a folder of references.
        prediction: the same. Files of two folders belong together if they have the same name in the same place (see
            `phonseg.evaluation.pairs.pairing.pair`).
        tolerance: seconds, above 0 and below 1, with 1 microsecond of slack.
        lenient: whether to add the lenient score.
        tier: which tier, by name or number, in files with tiers.
        reference_tier: which tier of the reference; None for `tier`.
        prediction_tier: which tier of the prediction; None for `tier`, or for the only interval tier of the file,
            whatever its name. If it is None, a tier that equals the reference is not scored if there are others.
        sample_rate: samples per second in `.phn` files.
        labelled_only: whether only boundaries inside the labelled stretches of the reference count (see
            `phonseg.evaluation.labelled`).

    Returns:
        A `CorpusScore` for two folders, else a `Score`. Files without a counterpart and files that cannot be read are
        listed as failed and are left out of the total. Check them before you compare totals.

    Raises:
        TextGridError: if a file cannot be read, if the durations cannot be those of the same recording, if the
            prediction's tier equals the reference though there are others, or if `labelled_only` is given and nothing
            is labelled (in a folder such files are listed as failed instead).
        ConfigurationError: if boundaries or the tolerance are out of range, if only one of the two is a folder, if two
            folders have no name in common, or if `labelled_only` is given for a list of boundaries.

    Warns:
        PhonsegWarning: why scores may be wrong: durations differ, times seem to be in another unit, a file is compared
            with itself, a list holds the end of the recording, or boundaries agree no better than by chance.
    """
    check_tolerance("tolerance", tolerance)
    others = {"sample_rate": sample_rate, "labelled_only": labelled_only}
    read = read_comparisons(reference, prediction, Reading.of(tier, reference_tier, prediction_tier, **others))
    read.warn()
    return score_all(read, tolerance, lenient=lenient)


def tolerance_curve(
    reference: Scorable,
    prediction: Scorable,
    tolerances: Sequence[float],
    *,
    tier: str | int = "phones",
    reference_tier: str | int | None = None,
    prediction_tier: str | int | None = None,
    sample_rate: int = 16_000,
    labelled_only: bool = False,
) -> list[Score]:
    """Scores a prediction at several tolerances; files are read once.

    Args:
        reference: as for `evaluate`.
        prediction: as for `evaluate`.
        tolerances: seconds, each above 0 and below 1.
        tier: as for `evaluate`.
        reference_tier: as for `evaluate`.
        prediction_tier: as for `evaluate`.
        sample_rate: as for `evaluate`.
        labelled_only: as for `evaluate`.

    Returns:
        The score at each tolerance; for folders that of the total. Files that cannot be scored are left out.

    Raises:
        TextGridError: as for `evaluate`.
        ConfigurationError: as for `evaluate`.

    Warns:
        PhonsegWarning: as for `evaluate`.
    """
    for tolerance in tolerances:
        check_tolerance("tolerance", tolerance)
    others = {"sample_rate": sample_rate, "labelled_only": labelled_only}
    read = read_comparisons(reference, prediction, Reading.of(tier, reference_tier, prediction_tier, **others))
    read.warn()
    return scores_at(read, tolerances)


def signed_errors(
    reference: Scorable,
    prediction: Scorable,
    *,
    tolerance: float = 0.020,
    tier: str | int = "phones",
    reference_tier: str | int | None = None,
    prediction_tier: str | int | None = None,
    sample_rate: int = 16_000,
    labelled_only: bool = False,
) -> NDArray[np.float64]:
    """Measures how early or late each matched prediction is.

    Among the pairings with the most pairs, one with the smallest total distance is taken. A sweep from the left would
    prefer the earlier of two predictions, so that predictions would seem early.

    Args:
        reference: as for `evaluate`.
        prediction: as for `evaluate`.
        tolerance: seconds, above 0 and below 1.
        tier: as for `evaluate`.
        reference_tier: as for `evaluate`.
        prediction_tier: as for `evaluate`.
        sample_rate: as for `evaluate`.
        labelled_only: as for `evaluate`.

    Returns:
        (hits,) seconds: prediction minus reference of every matched pair, above 0 if the prediction is late. Files that
        cannot be scored are left out.

    Raises:
        TextGridError: as for `evaluate`.
        ConfigurationError: as for `evaluate`; also if boundaries lie so close together that there are hundreds of
            millions of pairs to choose from.

    Warns:
        PhonsegWarning: as for `evaluate`.
    """
    check_tolerance("tolerance", tolerance)
    others = {"sample_rate": sample_rate, "labelled_only": labelled_only}
    read = read_comparisons(reference, prediction, Reading.of(tier, reference_tier, prediction_tier, **others))
    read.warn()
    return errors_within(read, tolerance)


def bootstrap(
    corpus: CorpusScore | CorpusDiarizationScore,
    measure: Callable[[Any], float],
    *,
    generator: np.random.Generator,
    n: int = 1000,
) -> tuple[float, float]:
    """Estimates how much a figure of a corpus varies with the choice of its files.

    Args:
        corpus: the score of two files or more.
        measure: returns the figure, such as `lambda score: score.f1`, or `lambda score: score.error_rate` of turns.
        generator: draws as many files as the corpus has, with replacement.
        n: how many times they are drawn, 1 or more.

    Returns:
        The lower and upper end of the percentile interval that covers the middle 95 % of the draws. Draws in which the
        figure is NaN are left out.

    Raises:
        ConfigurationError: if there are fewer than two files, or if the figure is NaN in every draw.

    References:
        Efron, B. (1979). Bootstrap methods: another look at the jackknife. The Annals of Statistics 7(1).
    """
    scores: list[Any] = [replace(score, compared={}, warnings=()) for score in corpus.files.values()]
    if len(scores) < 2:
        raise ConfigurationError(f"bootstrap: {len(scores)} scored files. Give a score of two files or more.")
    draws = (generator.integers(len(scores), size=len(scores)) for _ in range(n))
    add: Callable[[list[Any]], Any] = pooled_turns if isinstance(corpus, CorpusDiarizationScore) else pooled
    figures = np.array([measure(add([scores[i] for i in draw])) for draw in draws])
    if np.isnan(figures).all():
        raise ConfigurationError("bootstrap: the figure is NaN in every draw. Score files with boundaries or turns.")
    low, high = np.nanquantile(figures, [0.025, 0.975])
    return float(low), float(high)


def check_tolerance(name: str, seconds: float) -> None:
    """Raises an error unless a tolerance is in its range.

    Args:
        name: of the argument, for the message.
        seconds: its value, which should be above 0 and below 1.

    Raises:
        ConfigurationError: if it is not.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, Real) or not 0 < seconds < math.inf:
        raise ConfigurationError(f"{name} is {seconds!r:.80}. Give seconds above 0, such as 0.02 for 20 ms.")
    if seconds >= LARGEST_TOLERANCE:
        meant = f"{seconds:g} ms? Then give {seconds / 1000:.3f}" if seconds < 1000 else "Give 0.02 for 20 ms"
        raise ConfigurationError(f"{name} is {seconds:g} s, longer than any speech sound. {meant}.")
