"""Boundaries as lines across a panel, and lanes of them with labels: each function draws into an Axes and returns it.

What is drawn is what lies between the limits of the x-axis, in seconds, so set these first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from phonseg.display.figure import plain
from phonseg.display.panels import seen_in, shrink
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

FONT = "DejaVu Sans"  # of labels; it comes with matplotlib and has the letters of the IPA
SIZE, SMALL = 9.0, 7.0  # points, of labels; SMALL where there is less room
SPREAD, RIM = 1.1, 2.0  # letters fitted to dots are up to a tenth larger; points left free around a label


class Mark(NamedTuple):
    """How a kind of boundary looks. dashes: as matplotlib wants them, in line widths. sign: in lanes, on top of it."""

    name: str
    colour: str
    dashes: Literal["solid"] | tuple[float, tuple[float, float]] = "solid"
    sign: Literal["", "D", "X"] = ""


# They differ in dashes and signs for print without colour, and in hues that colour-blind eyes tell apart.
BOUNDARY = Mark("boundary", "#0072B2")
HIT = Mark("hit within 20 ms", "#0072B2")
FALSE_ALARM = Mark("false alarm", "#D55E00", (0, (4, 1.5)), "D")
MISSED = Mark("missed", "#882255", (0, (1, 1)), "X")

Marks = Mapping[Mark, Times]


def draw_boundaries(axes: Axes, marks: Marks, *, linewidth: float, signs: bool = False) -> Axes:
    """Draw lines from top to bottom, one collection for each kind, with a white rim.

    linewidth: points. signs: whether the sign of each kind stands on top of its lines.
    """
    from matplotlib.patheffects import withStroke

    for mark, times in marks.items():
        shown = times[seen_in(axes, times)]
        axes.vlines(
            shown,
            0,
            1,
            transform=axes.get_xaxis_transform(),
            colors=mark.colour,
            linestyles=mark.dashes,
            linewidth=linewidth,
            label=mark.name,
            path_effects=[withStroke(linewidth=linewidth + 0.8, foreground="white", alpha=0.7)],
        )
        if signs and mark.sign:
            axes.plot(
                shown,
                np.ones(len(shown)),
                transform=axes.get_xaxis_transform(),
                clip_on=False,
                zorder=4,
                linestyle="none",
                **_sign(mark, shrink(axes)),
            )
    return axes


def legend_entry(mark: Mark, count: int) -> Line2D:
    """What stands for a kind of boundary in a legend, with how many there are."""
    from matplotlib.lines import Line2D

    label = f"{mark.name} ({count})"
    return Line2D([], [], color=mark.colour, linestyle=mark.dashes, linewidth=1.4, label=label, **_sign(mark, 1.0))


def _sign(mark: Mark, scale: float) -> dict[str, Any]:
    size = (5.5 if mark.sign == "X" else 4.0) * scale
    return {
        "marker": mark.sign or "none",
        "markersize": size,
        "markerfacecolor": mark.colour,
        "markeredgecolor": "white",
        "markeredgewidth": 0.5 * scale,
    }


def draw_tier(axes: Axes, segmentation: Segmentation, marks: Marks, name: str) -> Axes:
    """Draw boundaries, and the labels of the segments, if they have any, where there is room. name: of the lane.

    A label that is too wide for its segment is drawn smaller, or else stands upright; one that is too high even for
    that is left out.
    """
    axes.set_yticks([])
    axes.set_ylabel(name, rotation=0, horizontalalignment="right", verticalalignment="center")
    draw_boundaries(axes, marks, linewidth=1.4 * shrink(axes), signs=True)
    if segmentation.labels is not None:
        start, end = axes.get_xlim()
        for left, right, label in segmentation.intervals():
            if label and left < end and right > start:
                _draw_label(axes, max(left, start), min(right, end), plain(label))
    return axes


def _draw_label(axes: Axes, left: float, right: float, label: str) -> None:
    """Draw a label in the middle between two times, in the first way in which it fits."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    corners = axes.transData.transform([(left, 0), (right, 0)])
    points = 72 / axes.figure.dpi
    across = (corners[1, 0] - corners[0, 0]) * points - RIM
    along = axes.get_window_extent().height * points - RIM
    for size, upright in ((SIZE, False), (SMALL, False), (SIZE, True), (SMALL, True)):
        font = FontProperties(family=FONT, size=size)
        width, height, depth = text_to_path.get_text_width_height_descent(label, font, ismath=False)
        if SPREAD * (height if upright else width) <= across and (not upright or SPREAD * width <= along):
            axes.annotate(
                label,
                ((left + right) / 2, 0.5),
                (height / 2 - depth if upright else 0, 0),  # when upright, its letters are centred, not its line
                xycoords=axes.get_xaxis_transform(),
                textcoords="offset points",
                fontproperties=font,
                rotation=90 if upright else 0,
                rotation_mode="anchor",
                horizontalalignment="center",
                verticalalignment="baseline" if upright else "center_baseline",
                parse_math=False,  # a dollar sign is a dollar sign
            )
            return
