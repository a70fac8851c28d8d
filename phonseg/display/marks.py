"""Boundaries -> lines across a panel and their entries in a legend, by kind: hits, false alarms, missed boundaries.

Only what lies between the limits of the x-axis (in seconds) is drawn, so set these first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from phonseg.display.panels import scale_in, seen_in
from phonseg.evaluation.matching import matched_pairs
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

TOLERANCE = 0.020  # seconds between a hit and its reference boundary, at most
MATCHING_MARGIN = 1.0  # seconds: boundaries farther from the window cannot affect the matching inside it


class Mark(NamedTuple):
    """How boundaries of one kind are drawn.

    Attributes:
        name: of the kind, for the legend.
        colour: as matplotlib takes it.
        dashes: of the lines, as matplotlib takes them, in line widths.
        sign: the marker on top of the lines in tiers; empty for no marker.
    """

    name: str
    colour: str
    dashes: Literal["solid"] | tuple[float, tuple[float, float]] = "solid"
    sign: Literal["", "D", "X"] = ""


# They differ in dashes and signs, for print without colour, and in hues that colour-blind people can distinguish.
BOUNDARY = Mark("boundary", "#0072B2")
HIT = Mark(f"hit within {1000 * TOLERANCE:g} ms", "#0072B2")
FALSE_ALARM = Mark("false alarm", "#D55E00", (0, (4, 1.5)), "D")
MISSED = Mark("missed", "#882255", (0, (1, 1)), "X")

Marks = Mapping[Mark, Times]


def marks_of_tiers(
    segmentation: Segmentation, reference: Segmentation | None, start: float, end: float
) -> dict[str, Marks]:
    """Sorts the boundaries in a window by kind.

    Args:
        segmentation: the segmentation.
        reference: what it is compared with, one-to-one within 20 ms as in `phonseg.evaluate`; None for no comparison.
        start: of the window, in seconds.
        end: of the window, in seconds.

    Returns:
        The name of each tier -> its boundaries by kind: "segments" without a reference, otherwise "prediction" and
        "reference".
    """

    def near(boundaries: Times, margin: float = 0.0) -> Times:
        return boundaries[(start - margin <= boundaries) & (boundaries <= end + margin)]

    if reference is None:
        return {"segments": {BOUNDARY: near(segmentation.boundaries)}}
    predicted, wanted = near(segmentation.boundaries, MATCHING_MARGIN), near(reference.boundaries, MATCHING_MARGIN)
    found, hits = matched_pairs(wanted, predicted, tolerance=TOLERANCE).T
    return {
        "prediction": {HIT: near(predicted[hits]), FALSE_ALARM: near(np.delete(predicted, hits))},
        "reference": {HIT: near(wanted[found]), MISSED: near(np.delete(wanted, found))},
    }


def draw_boundaries(axes: Axes, marks: Marks, *, linewidth: float, signs: bool = False) -> Axes:
    """Draws boundaries as lines from top to bottom with a white rim, one collection for each kind.

    Args:
        axes: the panel, with its limits set.
        marks: the boundaries by kind.
        linewidth: points.
        signs: whether the sign of each kind is drawn on top of its lines.

    Returns:
        The panel.
    """
    from matplotlib.patheffects import withStroke

    rim = withStroke(linewidth=linewidth + 0.8, foreground="white", alpha=0.7)
    full_height = axes.get_xaxis_transform()
    for mark, times in marks.items():
        shown = times[seen_in(axes, times)]
        lines = axes.vlines(shown, 0, 1, linestyles=mark.dashes, label=mark.name, transform=full_height)
        lines.set(color=mark.colour, linewidth=linewidth, path_effects=[rim])
        if signs and mark.sign:
            style = {**_sign(mark, scale_in(axes)), "linestyle": "none", "clip_on": False, "zorder": 4}
            axes.plot(shown, np.ones(len(shown)), transform=full_height, **style)
    return axes


def legend_entry(mark: Mark, count: int) -> Line2D:
    """Returns the line that stands for a kind of boundary in a legend.

    Args:
        mark: the kind.
        count: how many boundaries of this kind are drawn.
    """
    from matplotlib.lines import Line2D

    label = f"{mark.name} ({count})"
    return Line2D([], [], color=mark.colour, linestyle=mark.dashes, linewidth=1.4, label=label, **_sign(mark, 1.0))


def _sign(mark: Mark, scale: float) -> dict[str, Any]:
    return {
        "marker": mark.sign or "none",
        "markersize": (5.5 if mark.sign == "X" else 4.0) * scale,
        "markerfacecolor": mark.colour,
        "markeredgecolor": "white",
        "markeredgewidth": 0.5 * scale,
    }
