"""Turns -> lanes: a row for each speaker, with a bar for each turn, the name at its left, and overlaps shaded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from phonseg.display.figure import plain
from phonseg.display.fonts import font_for, shortened, text_width
from phonseg.display.tiers import SIZE, SMALL
from phonseg.timeline.turns import Turn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RIM = 0.14  # of the height of a lane, free above and below its bars
LANE_HEIGHT, LOW_LANE = 0.30, 0.20  # inches; LOW_LANE where there are more speakers than MANY
MANY = 8
HIGHEST = 20.0  # inches, of all lanes: with more than a hundred speakers they become lower still
NAME_HEIGHT, NAME_WIDTH, NAME_GAP = 0.12, 2.1, 0.08  # inches: the least and the most for a name, and what is beside it
HAIRLINE = 0.6  # points: shorter turns are drawn as wide as this, so that no turn is lost in an hour
OVERLAP, GRID = "#DDDDDD", "#E8E8E8"


class Bar(NamedTuple):
    """A turn in its lane.

    Attributes:
        turn: the turn.
        number: its place among all turns, from 1.
        lane: the number of its lane, from 0 at the top.
    """

    turn: Turn
    number: int
    lane: int


def bars_of(turns: Iterable[Turn], speakers: Iterable[str], start: float, end: float) -> list[Bar]:
    """Returns the turns that lie in a window, at least in part.

    Args:
        turns: all turns, in time order.
        speakers: those that have a lane, from top to bottom.
        start: of the window, in seconds.
        end: of the window, in seconds.
    """
    lanes = {speaker: i for i, speaker in enumerate(speakers)}
    numbered = enumerate(turns, 1)
    return [Bar(turn, i, lanes[turn.speaker]) for i, turn in numbered if turn.start < end and turn.end > start]


def overlaps(bars: Iterable[Bar]) -> list[tuple[float, float]]:
    """Returns where two or more people speak at once, as (start, end) in seconds, in time order.

    Args:
        bars: turns.
    """
    changes = sorted((time, step) for bar in bars for time, step in ((bar.turn.start, 1), (bar.turn.end, -1)))
    found, speaking = [], 0
    for time, step in changes:  # an end comes before a start at the same time
        if speaking == 1 and step == 1:
            start = time
        if speaking == 2 and step == -1:
            found.append((start, time))
        speaking += step
    return found


def lanes_height(count: int) -> float:
    """Returns how high some lanes are together, in inches.

    Args:
        count: how many there are; if there are none, there is room for the sentence that says so.
    """
    return min(HIGHEST, max(1, count) * (LANE_HEIGHT if count <= MANY else LOW_LANE))


def draw_lanes(axes: Axes, bars: Iterable[Bar], colours: Mapping[str, str]) -> Axes:
    """Draws the lanes of all speakers, and the turns between the limits of the x-axis.

    Args:
        axes: the panel, with its limits set (seconds).
        bars: the turns in that window.
        colours: a colour for each speaker, from top to bottom.

    Returns:
        The panel.
    """
    bars, count = list(bars), max(1, len(colours))
    axes.set_ylim(count, 0)
    axes.set_yticks([])
    start, end = axes.get_xlim()
    second = axes.get_window_extent().width * 72 / axes.figure.dpi / (end - start)  # points
    axes.hlines(range(1, count), 0, 1, transform=axes.get_yaxis_transform(), color=GRID, linewidth=0.6, zorder=0)
    both = [(left, right - left) for left, right in overlaps(bars)]
    axes.broken_barh(both, (0, count), color=OVERLAP, linewidth=HAIRLINE, zorder=0.5, label="overlap")
    lanes: list[list[Turn]] = [[] for _ in colours]
    for bar in bars:
        lanes[bar.lane].append(bar.turn)
    for lane, (turns, (speaker, colour)) in enumerate(zip(lanes, colours.items(), strict=True)):
        spans = [(turn.start, turn.end - turn.start) for turn in turns]
        # A white edge parts turns that touch; a coloured one widens a turn that would otherwise be lost.
        edges = ["white" if length * second > 3 * HAIRLINE else colour for _, length in spans]
        style: dict[str, Any] = {"facecolors": colour, "edgecolors": edges or "none", "linewidth": HAIRLINE}
        axes.broken_barh(spans, (lane + RIM, 1 - 2 * RIM), label=plain(speaker), zorder=2, **style)
    if not colours:
        axes.text(0.5, 0.5, "no turns", transform=axes.transAxes, color="0.4", fontsize=SIZE, ha="center", va="center")
    return axes


def draw_names(axes: Axes, names: Mapping[int, str], size: float) -> Axes:
    """Writes names at the left of their lanes.

    Args:
        axes: the panel of the lanes.
        names: lane -> the name, as `names_of` returns them.
        size: points, of the letters.

    Returns:
        The panel.
    """
    for lane, name in names.items():
        axes.annotate(
            name,
            (0, lane + 0.5),
            (-72 * NAME_GAP, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            fontproperties=font_for(name, size),
            horizontalalignment="right",
            verticalalignment="center",
            annotation_clip=False,
            parse_math=False,  # a dollar sign does not begin a formula
        )
    return axes


def names_of(speakers: Sequence[str], size: float) -> tuple[dict[int, str], float]:
    """Returns the names as they are written: shortened if they are too long, and not all if lanes are very low.

    Args:
        speakers: from top to bottom.
        size: points, of the letters.

    Returns:
        The number of the lane, from 0, -> its name; and the width of the widest, in inches.
    """
    every = math.ceil(NAME_HEIGHT * len(speakers) / lanes_height(len(speakers)))
    shown = list(enumerate(speakers))[:: max(1, every)]
    names = {lane: shortened(plain(speaker), size, NAME_WIDTH) for lane, speaker in shown}
    return names, max((text_width(name, size) for name in names.values()), default=0.0)


def name_size(count: int) -> float:
    """Returns the size of the names of so many speakers, in points.

    Args:
        count: how many lanes there are.
    """
    return SIZE if count <= MANY else SMALL
