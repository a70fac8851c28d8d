"""References and predictions -> how well they agree.

A predicted and a reference boundary may be matched if they lie within the tolerance of each other. Each boundary is
matched at most once, and as many pairs are made as possible. All interior boundaries count, also those at silences and
stop closures; the start and the end of a file never do. Counts are summed over files before any ratio is taken.
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

DAY = 86_400  # seconds. No recording is longer, but times in samples or milliseconds soon exceed it.

Scorable = Segmentation | Sequence[float] | NDArray[Any] | str | Path
TimePairs = Mapping[str, tuple[Times, Times]]  # name -> boundaries of the reference, and of the prediction
NO_BOUNDARIES = np.zeros(0), np.zeros(0)


def evaluate(
    reference: Scorable, prediction: Scorable, *, tolerance: float = 0.020, lenient: bool = False, tier: str = "phones"
) -> Score | CorpusScore:
    """Scores a prediction against a reference, or a folder of predictions against a folder of references.

    Args:
        reference: a `Segmentation`, its interior boundaries in seconds, in order, the path of a reference (see
            `phonseg.annotation.readers`), or a folder of references.
        prediction: the same. Files of two folders belong together if they have the same name in the same place (see
            `phonseg.evaluation.pairing.pair`).
        tolerance: seconds, above 0, with 1 microsecond of slack.
        lenient: whether to add the lenient score.
        tier: which tier, in files with tiers. If a prediction has only one interval tier, that tier is read whatever
            its name.

    Returns:
        A `CorpusScore` for two folders, else a `Score`. Files without a counterpart and files that cannot be read are
        listed as failed and are left out of the total. Check them before you compare totals.

    Raises:
        TextGridError: if a file cannot be read (in a folder it is listed as failed instead).
        ConfigurationError: if boundaries or the tolerance are out of range, if only one of the two is a folder, or if
            two folders have no name in common.
    """
    check_tolerance("tolerance", tolerance)
    pairs, failed = read_pairs(reference, prediction, tier)
    files = {name: _score(*both, tolerance, lenient=lenient) for name, both in pairs.items()}
    if not _is_folder(reference):
        return files[""]
    total = pooled([_score(*NO_BOUNDARIES, tolerance, lenient=lenient), *files.values()])
    return CorpusScore(**vars(total), files=files, failed=failed, tier=tier)


def tolerance_curve(
    reference: Scorable, prediction: Scorable, tolerances: Sequence[float], *, tier: str = "phones"
) -> list[Score]:
    """Scores a prediction at several tolerances; files are read once.

    Args:
        reference: as for `evaluate`.
        prediction: as for `evaluate`.
        tolerances: seconds, each above 0.
        tier: as for `evaluate`.

    Returns:
        The score at each tolerance; for folders that of the total. Files that cannot be scored are left out.

    Raises:
        TextGridError: as for `evaluate`.
        ConfigurationError: as for `evaluate`.
    """
    for tolerance in tolerances:
        check_tolerance("tolerance", tolerance)
    pairs, _ = read_pairs(reference, prediction, tier)
    return [pooled([_score(*both, tolerance) for both in (NO_BOUNDARIES, *pairs.values())]) for tolerance in tolerances]


def signed_errors(
    reference: Scorable, prediction: Scorable, *, tolerance: float = 0.020, tier: str = "phones"
) -> NDArray[np.float64]:
    """Measures how early or late each matched prediction is.

    Among the pairings with the most pairs, one with the smallest total distance is taken. A sweep from the left would
    prefer the earlier of two predictions, so that predictions would seem early.

    Args:
        reference: as for `evaluate`.
        prediction: as for `evaluate`.
        tolerance: seconds, above 0.
        tier: as for `evaluate`.

    Returns:
        (hits,) seconds: prediction minus reference of every matched pair, above 0 if the prediction is late. Files that
        cannot be scored are left out.

    Raises:
        TextGridError: as for `evaluate`.
        ConfigurationError: as for `evaluate`.
    """
    check_tolerance("tolerance", tolerance)
    pairs, _ = read_pairs(reference, prediction, tier)
    errors = [np.zeros(0)]
    for wanted, predicted in pairs.values():
        made = matched_pairs(wanted, predicted, tolerance=tolerance)
        errors.append(predicted[made[:, 1]] - wanted[made[:, 0]])
    return np.concatenate(errors)


def bootstrap(
    corpus: CorpusScore, measure: Callable[[Score], float], *, generator: np.random.Generator, n: int = 1000
) -> tuple[float, float]:
    """Estimates how much a figure of a corpus varies with the choice of its files.

    Args:
        corpus: the score of two files or more.
        measure: returns the figure, such as `lambda score: score.f1`.
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
    scores = list(corpus.files.values())
    if len(scores) < 2:
        raise ConfigurationError(f"bootstrap: {len(scores)} scored files. Give a score of two files or more.")
    draws = (generator.integers(len(scores), size=len(scores)) for _ in range(n))
    figures = np.array([measure(pooled([scores[i] for i in draw])) for draw in draws])
    if np.isnan(figures).all():
        raise ConfigurationError("bootstrap: the figure is NaN in every draw. Score files that have boundaries.")
    low, high = np.nanquantile(figures, [0.025, 0.975])
    return float(low), float(high)


def check_tolerance(name: str, seconds: float) -> None:
    """Raises an error unless a tolerance is in its range.

    Args:
        name: of the argument, for the message.
        seconds: its value, which should be finite and above 0.

    Raises:
        ConfigurationError: if it is not.
    """
    if not 0 < seconds < math.inf:
        raise ConfigurationError(f"{name} is {seconds}. Give seconds above 0, such as 0.02 for 20 ms.")


def _is_folder(source: Scorable) -> bool:
    return isinstance(source, str | Path) and Path(source).is_dir()


def read_pairs(reference: Scorable, prediction: Scorable, tier: str) -> tuple[TimePairs, dict[str, str]]:
    """Reads the boundaries of a reference and a prediction, or of two folders.

    Args:
        reference: as for `evaluate`.
        prediction: as for `evaluate`.
        tier: as for `evaluate`.

    Returns:
        Name -> boundaries of both, and name -> why they cannot be read. Two sources that are not folders have the
        name "".

    Raises:
        TextGridError: as for `evaluate`.
        ConfigurationError: as for `evaluate`.
    """
    folders = [_is_folder(reference), _is_folder(prediction)]
    if not any(folders):
        return {"": (_boundaries(reference, tier), _boundaries(prediction, tier, any_only_tier=True))}, {}
    if not all(folders):
        raise ConfigurationError("one of the two is a folder. Give two folders, or two files.")
    pairing = pair(Path(str(reference)), Path(str(prediction)))
    pairs, failed = {}, dict(pairing.failed)
    for name, (first, second) in pairing.pairs.items():
        try:
            pairs[name] = _boundaries(first, tier), _boundaries(second, tier, any_only_tier=True)
        except PhonsegError as error:
            failed[name] = str(error)
    return pairs, failed


def _boundaries(source: Scorable, tier: str, *, any_only_tier: bool = False) -> Times:
    """Returns (N,) interior boundaries in seconds, in order; if asked, an only interval tier may have any name."""
    if isinstance(source, Segmentation):
        return source.boundaries
    if not isinstance(source, str | Path):
        return _checked(source)
    try:
        return read_reference(source, tier=tier).boundaries
    except TextGridError:
        if any_only_tier:
            with suppress(TextGridError):
                return read_reference(source, tier=None).boundaries
        raise


def _checked(times: ArrayLike) -> Times:
    try:
        times = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigurationError("boundaries: not numbers. Give seconds, a Segmentation or a path.") from error
    if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(np.diff(times, prepend=0.0) < 0):
        raise ConfigurationError("boundaries: not a list of finite times in order. Give seconds above 0, sorted.")
    if times.size and not 0 < times[0] <= times[-1] < DAY:
        raise ConfigurationError(
            f"boundaries: run from {times[0]:g} to {times[-1]:g} s, but the start of a recording is no boundary and no "
            "recording lasts a day. Are they in samples or milliseconds? Give seconds above 0."
        )
    return times


def _score(reference: Times, predicted: Times, tolerance: float, *, lenient: bool = False) -> Score:
    reach, sizes = tolerance + SLACK, (len(reference), len(predicted))
    pairs = most_pairs(reference, predicted, reach)
    found, hits = count_near(reference, predicted, reach), count_near(predicted, reference, reach)
    beside = Score(*sizes, found, hits, tolerance, one_to_one=False) if lenient else None
    return Score(*sizes, pairs, pairs, tolerance, lenient=beside)
