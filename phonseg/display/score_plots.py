"""Figures of a score: over tolerances, the errors in time, and precision against recall as sensitivity moves.

The pieces take an Axes, draw into it and return it; `plot_score` puts them side by side. They differ in line styles and
signs as well as in colours, for print.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.annotation.readers import read_reference
from phonseg.audio.find import find_recordings
from phonseg.display.figure import new_figure
from phonseg.errors import PhonsegError, PhonsegWarning
from phonseg.evaluation.evaluate import Source, evaluate, signed_errors, tolerance_curve
from phonseg.evaluation.pairing import pair
from phonseg.evaluation.score import CorpusScore, Score, pooled
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from phonseg.model.segmenter import Segmenter

TOLERANCES = tuple(n / 1000 for n in range(5, 51))  # seconds
FARTHEST = TOLERANCES[-1]  # seconds: errors up to here are shown
BIN = 0.0025  # seconds
SENSITIVITIES = tuple(n / 40 for n in range(41))
NAMED = (0.1, 0.3, 0.5, 0.7, 0.9)  # sensitivities that are written beside the curve
WIDTH, HEIGHT = 4.6, 4.3  # inches, of a panel with its labels
BLUE, VERMILION, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "black"  # colour-blind eyes tell them apart


def plot_score(
    reference: Source,
    prediction: Source,
    *,
    tolerance: float = 0.020,
    tier: str = "phones",
    recordings: str | Path | None = None,
    model: Segmenter | str | Path = "default",
) -> Figure:
    """Draw how well a prediction agrees with a reference: one file, or two folders as for `phonseg.evaluate`.

    Two panels: precision, recall, F1 and R-value at tolerances from 5 to 50 ms; and by how much predicted boundaries
    are early or late, of pairs within 50 ms. `tolerance` (seconds) is marked in both. A third panel shows precision
    and recall as sensitivity moves from 0 to 1. That needs what the boundaries were chosen from, which no TextGrid
    holds. So it is drawn when `prediction` is a Segmentation that a model has made, or when `recordings` names what
    the references belong to: a folder (names as in `phonseg.evaluate`), or a file beside a single reference. These
    are then segmented by `model` afresh, which takes its time.

    Warns (PhonsegWarning) of recordings that could not be scored, and leaves them out of the third panel.
    Other arguments and errors are those of `phonseg.evaluate`; ModelError if there is no such model.
    """
    score = evaluate(reference, prediction, tolerance=tolerance, tier=tier)
    choosable = _choosable(reference, prediction, tier, recordings, model)
    panels = 2 if choosable is None else 3
    figure = new_figure(panels * WIDTH, HEIGHT)
    edges = {"left": 0.62 / (panels * WIDTH), "right": 1 - 0.2 / (panels * WIDTH), "bottom": 0.22, "top": 0.91}
    axes = figure.subplots(1, panels, gridspec_kw={"wspace": 0.24, **edges})
    draw_tolerances(axes[0], tolerance_curve(reference, prediction, TOLERANCES, tier=tier), tolerance=tolerance)
    draw_errors(axes[1], signed_errors(reference, prediction, tolerance=FARTHEST, tier=tier), tolerance=tolerance)
    conditions = _conditions(score)
    if choosable is not None:
        moved = sensitivity_scores(choosable.pairs, tolerance=tolerance, tier=tier)
        draw_sensitivities(axes[2], SENSITIVITIES, moved, prediction=None if recordings is None else score)
        conditions += f". Sensitivity: of {choosable.name}"
    figure.text(edges["left"], 0.03, conditions, fontsize=8, color="0.3", parse_math=False)
    return figure


def draw_tolerances(axes: Axes, scores: Sequence[Score], *, tolerance: float = 0.020) -> Axes:
    """Draw precision, recall, F1 and R-value over the tolerance of each score. tolerance: seconds, marked by a line."""
    milliseconds = [1000 * score.tolerance for score in scores]
    kinds = (
        ("precision", "precision", BLUE, "--", "^"),
        ("recall", "recall", VERMILION, "-.", "v"),
        ("F1", "f1", BLACK, "-", "o"),
        ("R-value", "r_value", GREEN, ":", "s"),
    )
    for label, name, colour, style, sign in kinds:
        values = [getattr(score, name) for score in scores]
        axes.plot(milliseconds, values, color=colour, linestyle=style, marker=sign, markevery=5, label=label)
    axes.axvline(1000 * tolerance, color="0.4", linewidth=1.2, zorder=0)
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1.0)  # an R-value may lie below 0
    axes.set_xlim(0, None)
    axes.legend(loc="lower right", fontsize=9)
    axes.grid(color="0.92")
    axes.set_xlabel("tolerance (ms)")
    axes.set_title("Score over tolerance", fontsize=10, loc="left")
    return axes


def draw_errors(axes: Axes, errors: NDArray[np.float64], *, tolerance: float = 0.020) -> Axes:
    """Draw by how much (seconds) predicted boundaries are late, or early below 0, as a histogram.

    Bins are 2.5 ms wide. tolerance: seconds; what lies within is darker.
    """
    edges = np.linspace(-FARTHEST, FARTHEST, round(2 * FARTHEST / BIN) + 1)
    counts, _ = np.histogram(errors, edges)
    inside = np.abs(edges[:-1] + BIN / 2) < tolerance
    axes.bar(1000 * edges[:-1], counts, 1000 * BIN, align="edge", color=np.where(inside, "0.35", "0.75"), linewidth=0)
    axes.axvline(0, color="black", linewidth=0.8)
    if errors.size:
        median, typical = 1000 * np.median(errors), 1000 * np.median(np.abs(errors))
        axes.axvline(median, color=VERMILION, linewidth=1.2, linestyle="--", label=f"median {median:+.1f} ms")
        axes.plot([], [], " ", label=f"half within {typical:.1f} ms")
        axes.legend(loc="upper right", fontsize=9, frameon=False)
    axes.set_xlim(-1000 * FARTHEST, 1000 * FARTHEST)
    axes.set_xlabel("predicted minus reference (ms): early | late")
    axes.set_ylabel("matched boundaries")
    axes.set_title("Errors in time", fontsize=10, loc="left")
    return axes


def sensitivity_scores(
    pairs: Iterable[tuple[Source, Segmentation]],
    sensitivities: Sequence[float] = SENSITIVITIES,
    *,
    tolerance: float = 0.020,
    tier: str = "phones",
) -> list[Score]:
    """The score at each of several sensitivities, of pairs (reference, segmentation), counts summed over pairs.

    Every segmentation is chosen again by `Segmentation.at`. Raises ConfigurationError where one has no candidates.
    """
    nothing = evaluate([], [], tolerance=tolerance)
    scores = [[nothing] for _ in sensitivities]
    for reference, segmentation in pairs:
        for so_far, sensitivity in zip(scores, sensitivities, strict=True):
            chosen = segmentation.at(sensitivity=sensitivity)
            so_far.append(evaluate(reference, chosen, tolerance=tolerance, tier=tier))
    return [pooled(so_far) for so_far in scores]


def draw_sensitivities(
    axes: Axes, sensitivities: Sequence[float], scores: Sequence[Score], *, prediction: Score | None = None
) -> Axes:
    """Draw precision against recall as sensitivity moves, over lines of equal F1. prediction: marked by a star."""
    recall, precision = np.linspace(0.001, 1, 200), [score.precision for score in scores]
    for f1 in (0.5, 0.6, 0.7, 0.8, 0.9):
        with np.errstate(divide="ignore"):
            equal = np.where(2 * recall > f1, f1 * recall / (2 * recall - f1), np.nan)
        axes.plot(recall, np.where(equal <= 1, equal, np.nan), color="0.85", linewidth=0.8, zorder=0)
        axes.annotate(f"F1 {f1:g}", (0.99, f1 * 0.99 / (1.98 - f1)), color="0.5", fontsize=7, ha="right", va="bottom")
    axes.plot([score.recall for score in scores], precision, color=BLACK, label="sensitivity 0 to 1")
    for sensitivity, score in zip(sensitivities, scores, strict=True):
        if sensitivity in NAMED:
            filled = BLACK if sensitivity == 0.5 else "white"
            axes.plot(score.recall, score.precision, "o", markerfacecolor=filled, markeredgecolor=BLACK)
            look: dict[str, Any] = (
                {"xytext": (4, -14), "ha": "left"} if sensitivity < 0.5 else {"xytext": (-7, -9), "ha": "right"}
            )
            place = (score.recall, score.precision)
            axes.annotate(f"{sensitivity:g}", place, textcoords="offset points", fontsize=9, **look)
    if prediction is not None:
        star = axes.plot(prediction.recall, prediction.precision, "*", label="the predictions given")[0]
        star.set(color=VERMILION, markersize=13, markeredgecolor="white")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    axes.legend(loc="lower left", fontsize=9)
    axes.set_title("Precision and recall as sensitivity moves", fontsize=10, loc="left")
    return axes


class _Choosable(NamedTuple):
    """What was segmented by a model, so that it can be chosen again, each with its reference. name: for people."""

    name: str
    pairs: Iterable[tuple[Source, Segmentation]]


def _choosable(
    reference: Source, prediction: Source, tier: str, recordings: str | Path | None, model: Segmenter | str | Path
) -> _Choosable | None:
    if recordings is not None:
        from phonseg.model.segmenter import Segmenter, load

        segmenter = model if isinstance(model, Segmenter) else load(model)
        return _Choosable(f"model {segmenter.name}", _segmented(reference, recordings, segmenter, tier))
    if isinstance(prediction, Segmentation) and prediction.candidates is not None:
        made = prediction.provenance
        return _Choosable(f"model {made.model}" if made else "the prediction", [(reference, prediction)])
    return None


def _segmented(
    reference: Source, recordings: str | Path, segmenter: Segmenter, tier: str
) -> Iterator[tuple[Source, Segmentation]]:
    """(reference, segmentation of its recording) of all that can be scored."""
    if not (isinstance(reference, str | Path) and Path(reference).is_dir()):
        yield reference, segmenter.segment(recordings)
        return
    pairing = pair(reference, recordings, find=find_recordings)
    failed = list(pairing.failed.values())
    for text, sound in pairing.pairs.values():
        try:
            yield read_reference(text, tier=tier), segmenter.segment(sound)
        except PhonsegError as error:
            failed.append(str(error))
    if failed:
        message = f"{recordings}: {len(failed)} could not be scored as sensitivity moves, such as: {failed[0]}"
        warnings.warn(message, PhonsegWarning, stacklevel=2)


def _conditions(score: Score) -> str:
    files = f"; {len(score.files)} files, counts summed" if isinstance(score, CorpusScore) else ""
    return f"Marked: {score.conditions}{files}.\nErrors: of pairs within {1000 * FARTHEST:g} ms"
