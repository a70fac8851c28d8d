"""Scores or errors -> a panel: score at each tolerance, errors in time, or precision and recall at each sensitivity.

Each function draws into an Axes and returns it. Lines differ in dashes and signs as well as in colour, for print.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from phonseg.evaluation.score import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FARTHEST = 0.050  # seconds: larger errors are not drawn
BIN = 0.0025  # seconds, of the histogram of errors
NAMED = (0.1, 0.3, 0.5, 0.7, 0.9)  # sensitivities that are written beside the curve
EQUAL_F1 = (0.5, 0.6, 0.7, 0.8, 0.9)
BLUE, VERMILION, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "black"  # colour-blind people can distinguish them


def draw_tolerances(axes: Axes, scores: Sequence[Score], *, tolerance: float = 0.020) -> Axes:
    """Draws precision, recall, F1 and R-value at each tolerance.

    Args:
        axes: the panel.
        scores: one for each tolerance, in ascending order.
        tolerance: seconds, marked by a vertical line.

    Returns:
        The panel.
    """
    milliseconds = [1000 * score.tolerance for score in scores]
    for label, name, colour, dashes, sign in (
        ("precision", "precision", BLUE, "--", "^"),
        ("recall", "recall", VERMILION, "-.", "v"),
        ("F1", "f1", BLACK, "-", "o"),
        ("R-value", "r_value", GREEN, ":", "s"),
    ):
        values = [getattr(score, name) for score in scores]
        axes.plot(milliseconds, values, color=colour, linestyle=dashes, marker=sign, markevery=5, label=label)
    axes.axvline(1000 * tolerance, color="0.4", linewidth=1.2, zorder=0)
    lowest = min(0.0, axes.get_ylim()[0])  # an R-value may lie below 0
    axes.set(xlim=(0, None), ylim=(lowest, 1.0), xlabel="tolerance (ms)")
    axes.legend(loc="lower right", fontsize=9)
    axes.grid(color="0.92")
    axes.set_title("Score at each tolerance", fontsize=10, loc="left")
    return axes


def draw_errors(axes: Axes, errors: NDArray[np.float64], *, tolerance: float = 0.020) -> Axes:
    """Draws a histogram of the errors in time, up to 50 ms, in bins of 2.5 ms.

    Args:
        axes: the panel.
        errors: (N,) seconds, prediction minus reference: above 0 the prediction is late.
        tolerance: seconds; smaller errors are drawn darker.

    Returns:
        The panel.
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
    axes.set(xlabel="predicted minus reference (ms): early | late", ylabel="matched boundaries")
    axes.set_title("Errors in time", fontsize=10, loc="left")
    return axes


def draw_sensitivities(
    axes: Axes, sensitivities: Sequence[float], scores: Sequence[Score], *, prediction: Score | None = None
) -> Axes:
    """Draws precision against recall at sensitivities from 0 to 1, over lines of equal F1.

    Args:
        axes: the panel.
        sensitivities: 0 to 1, in ascending order.
        scores: one for each sensitivity.
        prediction: a score that is marked by a star, if given.

    Returns:
        The panel.
    """
    recall = np.linspace(0.001, 1, 200)
    for f1 in EQUAL_F1:
        with np.errstate(divide="ignore"):
            equal = np.where(2 * recall > f1, f1 * recall / (2 * recall - f1), np.nan)
        axes.plot(recall, np.where(equal <= 1, equal, np.nan), color="0.85", linewidth=0.8, zorder=0)
        axes.annotate(f"F1 {f1:g}", (0.99, f1 * 0.99 / (1.98 - f1)), color="0.5", fontsize=7, ha="right", va="bottom")
    points = [(score.recall, score.precision) for score in scores]
    axes.plot(*np.reshape(points, (-1, 2)).T, color=BLACK, label="sensitivity 0 to 1")
    for sensitivity, point in zip(sensitivities, points, strict=True):
        if sensitivity in NAMED:
            filled = BLACK if sensitivity == 0.5 else "white"
            axes.plot(*point, "o", markerfacecolor=filled, markeredgecolor=BLACK)
            offset, side = ((4, -14), "left") if sensitivity < 0.5 else ((-7, -9), "right")  # points, off the curve
            axes.annotate(f"{sensitivity:g}", point, offset, textcoords="offset points", fontsize=9, ha=side)
    if prediction is not None:
        star = axes.plot(prediction.recall, prediction.precision, "*", label="the predictions given")[0]
        star.set(color=VERMILION, markersize=13, markeredgecolor="white")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    axes.legend(loc="lower left", fontsize=9)
    axes.set_title("Precision and recall at sensitivities from 0 to 1", fontsize=10, loc="left")
    return axes
