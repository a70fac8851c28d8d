"""What a system found in a set -> its scores, all calculated by `phonseg.evaluate`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from conditions import CLEAN
from labelled import LabelledSet
from systems import System
from thresholds import TOLERANCE, every_threshold

from phonseg.evaluation.evaluate import bootstrap, evaluate, signed_errors
from phonseg.evaluation.score import CorpusScore, Score, pooled
from phonseg.timeline.grid import Times

TOLERANCES = (0.005, 0.010, 0.015, 0.020, 0.025, 0.030, 0.050)  # seconds

Boundaries = Mapping[str, tuple[Times, Times]]  # name -> of the reference, as found
Interval = tuple[float, float]


@dataclass(frozen=True)
class Figures:
    """The scores of some boundaries.

    score: strict and lenient. f1_interval, r_value_interval: 95 % bootstrap intervals over recordings; None for a
    single recording. median_error, mean_absolute_error: milliseconds, of the strict hits; above 0 if the boundary found
    is late; None without a hit. curve: strict F1 and R-value by tolerance in milliseconds.
    """

    score: Score
    f1_interval: Interval | None
    r_value_interval: Interval | None
    median_error: float | None
    mean_absolute_error: float | None
    curve: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Row:
    """A system at an operating point.

    threshold: of an oracle, the least prominence of a boundary, the same in the whole set. cost_f1, cost_r_value: how
    much higher the best score of any such threshold on these labels is.
    """

    system: str
    operating_point: str
    threshold: float | None
    figures: Figures
    cost_f1: float
    cost_r_value: float


def rows(labelled: LabelledSet, system: System) -> list[Row]:
    """The system with no option set, and with the thresholds that score best on the labels."""
    references = {name: recording.reference.boundaries for name, recording in labelled.recordings.items()}
    candidates = {
        name: recording.found[system.name, CLEAN].candidates for name, recording in labelled.recordings.items()
    }
    every = every_threshold([(references[name], candidates[name]) for name in references])
    best_f1 = max(every, key=lambda choice: choice[1].f1)
    best_r_value = max(every, key=lambda choice: choice[1].r_value)

    def row(name: str, threshold: float | None, boundaries: Boundaries) -> Row:
        figures = measured(boundaries)
        costs = best_f1[1].f1 - figures.score.f1, best_r_value[1].r_value - figures.score.r_value
        return Row(system.name, name, threshold, figures, *costs)

    def oracle(name: str, threshold: float) -> Row:
        chosen = {name: each.times[each.prominences >= threshold] for name, each in candidates.items()}
        return row(name, threshold, {name: (references[name], times) for name, times in chosen.items()})

    labels = "tuned on labels" if system.segmenter.tuned_on_labels else "label-free"
    return [
        row(f"default, {labels}", None, default_boundaries(labelled, system, CLEAN)),
        oracle("oracle, best R-value", best_r_value[0]),
        oracle("oracle, best F1", best_f1[0]),
    ]


def default_boundaries(labelled: LabelledSet, system: System, condition: str) -> Boundaries:
    """What the system finds in each recording with no option set."""
    return {
        name: (recording.reference.boundaries, recording.found[system.name, condition].boundaries)
        for name, recording in labelled.recordings.items()
    }


def measured(boundaries: Boundaries) -> Figures:
    """The scores of some boundaries; counts are summed over recordings before any ratio."""
    errors = 1000 * np.concatenate([signed_errors(*pair, tolerance=TOLERANCE) for pair in boundaries.values()])
    strict, *_ = scores = [score(boundaries, tolerance) for tolerance in (TOLERANCE, *TOLERANCES)]
    return Figures(
        score=score(boundaries, TOLERANCE, lenient=True).total,
        f1_interval=_interval(strict, lambda drawn: drawn.f1),
        r_value_interval=_interval(strict, lambda drawn: drawn.r_value),
        median_error=float(np.median(errors)) if errors.size else None,
        mean_absolute_error=float(np.abs(errors).mean()) if errors.size else None,
        curve={f"{1000 * each.tolerance:g}": (each.f1, each.r_value) for each in scores[1:]},
    )


def score(boundaries: Boundaries, tolerance: float = TOLERANCE, *, lenient: bool = False) -> CorpusScore:
    """The score of all recordings together, with that of each."""
    files = {name: evaluate(*pair, tolerance=tolerance, lenient=lenient) for name, pair in boundaries.items()}
    return CorpusScore(**vars(pooled(list(files.values()))), files=files, failed={})


def as_json(row: Row) -> dict[str, object]:
    """A row in JSON types, without NaN."""
    figures = row.figures
    return {
        "system": row.system,
        "operating_point": row.operating_point,
        "threshold": row.threshold if row.threshold != math.inf else None,
        **figures.score.to_dict(),
        "f1_interval": figures.f1_interval,
        "r_value_interval": figures.r_value_interval,
        "median_error_ms": figures.median_error,
        "mean_absolute_error_ms": figures.mean_absolute_error,
        "cost_f1": row.cost_f1,
        "cost_r_value": row.cost_r_value,
        "tolerance_curve": {
            f"{tolerance} ms": {"f1": f1, "r_value": r} for tolerance, (f1, r) in figures.curve.items()
        },
    }


def _interval(strict: CorpusScore, measure: Callable[[Score], float]) -> Interval | None:
    # The same draws for every system, so that intervals can be compared.
    return bootstrap(strict, measure, generator=np.random.default_rng(0)) if len(strict.files) > 1 else None
