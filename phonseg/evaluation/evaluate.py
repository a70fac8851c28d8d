"""How well predicted boundaries agree with a reference.

One protocol: a predicted and a reference boundary may be matched when they lie within the tolerance of each other, each
boundary at most once, and as many pairs are made as possible. All interior boundaries count, those at silences and stop
closures too; the start and the end of a file never do. Counts are summed over files before any ratio is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonseg.annotation.readers import read_reference
from phonseg.errors import ConfigurationError, PhonsegError, TextGridError
from phonseg.evaluation.matching import SLACK, count_near, matched_pairs, most_pairs
from phonseg.evaluation.pairing import pair
from phonseg.evaluation.score import CorpusScore, Score, pooled
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

DAY = 86_400  # seconds: no recording is longer, but times in samples or milliseconds soon are

Source = Segmentation | Sequence[float] | NDArray[Any] | str | Path
Pairs = Mapping[str, tuple[Times, Times]]  # name -> boundaries of the reference, of the prediction


def evaluate(
    reference: Source, prediction: Source, *, tolerance: float = 0.020, lenient: bool = False, tier: str = "phones"
) -> Score | CorpusScore:
    """Score a prediction against a reference, or a folder of predictions against a folder of references.

    reference, prediction: a `Segmentation`, the interior boundaries in seconds (sorted), or the path of a reference
    (see `phonseg.annotation.readers`); or two folders, whose files belong together when they have the same name in the
    same place (see `phonseg.evaluation.pairing.pair`). tolerance: seconds, with 1 microsecond of slack. lenient: also
    score leniently, beside the strict score. tier: the tier, where there are tiers; a prediction with a single interval
    tier may call it otherwise.

    Two folders give a `CorpusScore`. A reference without prediction is listed there as failed; it is no part of the
    total, so look at what failed before comparing totals.

    Raises TextGridError when a file cannot be read, unless it lies in a folder; ConfigurationError for boundaries or a
    tolerance out of range, for a folder against something else, and for two folders in which no name is the same.
    """
    _check_tolerance(tolerance)
    pairs, failed = read_pairs(reference, prediction, tier)
    files = {name: _score(*both, tolerance, lenient=lenient) for name, both in pairs.items()}
    if not _is_folder(reference):
        return files[""]
    total = pooled([_score(np.zeros(0), np.zeros(0), tolerance, lenient=lenient), *files.values()])
    return CorpusScore(**vars(total), files=files, failed=failed, tier=tier)


def tolerance_curve(
    reference: Source, prediction: Source, tolerances: Sequence[float], *, tier: str = "phones"
) -> list[Score]:
    """The score at each of several tolerances (seconds); folders are read once, and give the score of the total.

    Arguments and errors are those of `evaluate`; files that it would list as failed are left out.
    """
    for tolerance in tolerances:
        _check_tolerance(tolerance)
    pairs, _ = read_pairs(reference, prediction, tier)
    nothing = np.zeros(0)
    every_pair = [(nothing, nothing), *pairs.values()]
    return [pooled([_score(*both, tolerance) for both in every_pair]) for tolerance in tolerances]


def signed_errors(
    reference: Source, prediction: Source, *, tolerance: float = 0.020, tier: str = "phones"
) -> NDArray[np.float64]:
    """Prediction minus reference, in seconds, of every matched pair, (hits,): above 0 the prediction is late.

    Of all ways to make as many pairs as possible this takes one where they lie closest, since a sweep from the left
    would prefer the earlier of two predictions and so make predictions look early.

    Arguments and errors are those of `evaluate`; files that it would list as failed are left out.
    """
    _check_tolerance(tolerance)
    pairs, _ = read_pairs(reference, prediction, tier)
    errors = [np.zeros(0)]
    for wanted, predicted in pairs.values():
        made = matched_pairs(wanted, predicted, tolerance=tolerance)
        errors.append(predicted[made[:, 1]] - wanted[made[:, 0]])
    return np.concatenate(errors)


def bootstrap(
    corpus: CorpusScore,
    measure: Callable[[Score], float],
    *,
    generator: np.random.Generator,
    n: int = 1000,
) -> tuple[float, float]:
    """Percentile interval of a figure of the corpus, had other files of the same kind been drawn (Efron 1979).

    measure: the figure, such as `lambda score: score.f1`. generator: draws the files, with replacement, n times. The
    interval covers the middle 95 % of the draws; those where the figure is NaN are left out.

    Raises ConfigurationError for fewer than two files, or when the figure is NaN in every draw.
    """
    scores = list(corpus.files.values())
    if len(scores) < 2:
        raise ConfigurationError(f"bootstrap: {len(scores)} scored files. Give a score of two files or more.")
    draws = (generator.integers(len(scores), size=len(scores)) for _ in range(n))
    figures = np.array([measure(pooled([scores[i] for i in draw])) for draw in draws])
    figures = figures[~np.isnan(figures)]
    if not figures.size:
        raise ConfigurationError("bootstrap: the figure is NaN in every draw. Score files that have boundaries.")
    low, high = np.quantile(figures, [0.025, 0.975])
    return float(low), float(high)


def _check_tolerance(tolerance: float) -> None:
    if not 0 < tolerance < math.inf:
        raise ConfigurationError(f"tolerance is {tolerance}. Give seconds above 0, such as 0.02 for 20 ms.")


def _is_folder(source: Source) -> bool:
    return isinstance(source, str | Path) and Path(source).is_dir()


def read_pairs(reference: Source, prediction: Source, tier: str) -> tuple[Pairs, dict[str, str]]:
    """(name -> boundaries of both, name -> why they cannot be had); what is not in folders has the name ""."""
    if not (_is_folder(reference) or _is_folder(prediction)):
        return {"": (_boundaries(reference, tier), _boundaries(prediction, tier, alone=True))}, {}
    if not (_is_folder(reference) and _is_folder(prediction)):
        raise ConfigurationError("evaluate: a folder stands against something else. Give two folders, or two files.")
    pairing = pair(Path(str(reference)), Path(str(prediction)))
    pairs, failed = {}, dict(pairing.failed)
    for name, (first, second) in pairing.pairs.items():
        try:
            pairs[name] = _boundaries(first, tier), _boundaries(second, tier, alone=True)
        except PhonsegError as error:
            failed[name] = str(error)
    return pairs, failed


def _boundaries(source: Source, tier: str, *, alone: bool = False) -> Times:
    """Interior boundaries (N,) in seconds, sorted. alone: an only tier will do, whatever it is called."""
    if isinstance(source, Segmentation):
        return source.boundaries
    if not isinstance(source, str | Path):
        return _checked(source)
    try:
        return read_reference(source, tier=tier).boundaries
    except TextGridError:
        if alone:
            with suppress(TextGridError):
                return read_reference(source, tier=None).boundaries
        raise


def _checked(times: ArrayLike) -> Times:
    try:
        times = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigurationError("boundaries: not numbers. Give seconds, a Segmentation or a path.") from error
    if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(np.diff(times, prepend=0.0) < 0):
        raise ConfigurationError("boundaries: not a row of times from first to last. Give seconds above 0, sorted.")
    if times.size and not 0 < times[0] <= times[-1] < DAY:
        raise ConfigurationError(
            f"boundaries: run from {times[0]:g} to {times[-1]:g} s, but the start of a recording is no boundary and no "
            "recording lasts a day. Are they in samples or milliseconds? Give seconds above 0."
        )
    return times


def _score(reference: Times, predicted: Times, tolerance: float, *, lenient: bool = False) -> Score:
    reach = tolerance + SLACK
    sizes = len(reference), len(predicted)
    pairs = most_pairs(reference, predicted, reach)
    found, hits = count_near(reference, predicted, reach), count_near(predicted, reference, reach)
    beside = Score(*sizes, found, hits, tolerance, one_to_one=False) if lenient else None
    return Score(*sizes, pairs, pairs, tolerance, lenient=beside)
