"""A change of tempo -> a picture: the old waveform, the new one below it, and between them the map that joins both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phonseg.audio.excerpt import read_excerpt
from phonseg.audio.recording import Recording, open_recording
from phonseg.display.figure import new_figure
from phonseg.display.marks import BOUNDARY, draw_boundaries
from phonseg.display.panels import CROWDED_SECONDS, draw_waveform
from phonseg.display.plot import BOTTOM, LEFT_EDGE, PLOT_WIDTH, RIGHT_EDGE, TOP, draw_title
from phonseg.display.tiers import SIZE
from phonseg.display.window import check_window
from phonseg.errors import ConfigurationError
from phonseg.tempo.tempo_change import TempoChange
from phonseg.timeline.grid import Times

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WAVEFORM, BAND, HEADING = 0.9, 1.5, 0.22  # inches: a waveform; the map; the room above the map
SAME = 1e-6  # ratios that differ from 1 by less are 1: such parts are copied
WIDEST = 2.0  # shades end where the change is so many times as large as on the whole
COPIED = "#555555"
COLOURS = "PuOr_r"  # of matplotlib: purple is shorter, orange longer; they also differ to colour-blind people


def plot_change(change: TempoChange, start: float | None = None, end: float | None = None) -> Figure:
    """Draws a window of a recording before and after the change of its tempo.

    Both waveforms are drawn at one scale of time. The band between them shows where each moment goes; its shade shows
    how many times as long it takes, and grey parts are copied. Lines are boundaries of speech sounds.

    Args:
        change: the change.
        start: seconds in the old recording; None for its beginning.
        end: seconds in the old recording; None for its end, which may lie at most 30 s after the start.

    Returns:
        The picture, which a notebook shows by itself. Its axes are the old waveform, the map and the new waveform.

    Raises:
        AudioError: if the recording cannot be read.
        ConfigurationError: if the window is not inside the recording or not 20 ms to 120 s long, or if the change does
            not know its recording.
    """
    recording = open_old(change)
    return draw_change(change, recording, *check_window(recording, start, end))


def open_old(change: TempoChange) -> Recording:
    """Opens the recording whose tempo was changed.

    Args:
        change: the change.

    Returns:
        The open recording, in the channel by which the map was made.

    Raises:
        AudioError: if it cannot be read.
        ConfigurationError: if the change does not know its recording.
    """
    if change.recording is None:
        raise ConfigurationError("plot: this change of tempo does not know its recording. Make it with change_tempo.")
    return open_recording(change.recording, channel=channel_of(change))


def channel_of(change: TempoChange) -> Any:
    """Returns the channel by which the map was made.

    Args:
        change: the change.
    """
    return change.provenance.settings.get("channel", "mix")


def draw_change(change: TempoChange, recording: Recording, start: float, end: float) -> Figure:
    """Draws the picture of `plot_change` from an open recording.

    Args:
        change: the change.
        recording: the open old recording.
        start: seconds, inside the old recording.
        end: seconds, inside the old recording.

    Returns:
        The picture.

    Raises:
        AudioError: if the recording has become shorter since it was opened.
    """
    new = open_recording((change.samples, change.sample_rate), channel=channel_of(change))
    new_start, new_end = max(0.0, change.time_map(start)), min(change.duration, change.time_map(end))
    span = max(end - start, new_end - new_start)
    figure, (above, band, below) = _panels()
    boundaries = change.segmentation.boundaries
    boundaries = boundaries[(new_start <= boundaries) & (boundaries <= new_end)]
    old_boundaries = change.time_map.inverse(boundaries)
    crowded = span > CROWDED_SECONDS
    for axes, excerpt, times, first in (
        (above, read_excerpt(recording, start, end, margin=0.0), old_boundaries, start),
        (below, read_excerpt(new, new_start, new_end, margin=0.0), boundaries, new_start),
    ):
        axes.set_xlim(first, first + span)
        draw_waveform(axes, excerpt)
        if not crowded:
            draw_boundaries(axes, {BOUNDARY: times}, linewidth=0.8)
        axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    band.set_xlim(0, span)
    _draw_map(band, change, (start, end), (new_start, new_end))
    _draw_lines(band, old_boundaries - start, boundaries - new_start, 0.4 if crowded else 0.8)
    above.set_ylabel("before")
    below.set_ylabel("after")
    below.set_xlabel("time (s)", loc="left")
    draw_title(above, recording, change.provenance if change.provenance.model else None)
    _draw_legend(figure, change.factor)
    return figure


def _panels() -> tuple[Figure, tuple[Axes, Axes, Axes]]:
    """The old waveform, with its time axis at the top; the map; the new waveform, with its time axis below."""
    total = TOP + 2 * WAVEFORM + BAND + 2 * HEADING + BOTTOM
    figure = new_figure(PLOT_WIDTH, total)
    panels, top = [], total - TOP
    for height, gap in ((WAVEFORM, HEADING), (BAND, 0.04), (WAVEFORM, 0.0)):
        place = (LEFT_EDGE, (top - height) / total, RIGHT_EDGE - LEFT_EDGE, height / total)
        panels.append(figure.add_axes(place))
        top -= height + gap
    above, band, below = panels
    for axes in (above, below):
        axes.tick_params(axis="x", labelsize=SIZE)
    band.set(xticks=[], yticks=[], ylim=(0, 1))
    for side in band.spines.values():
        side.set_visible(False)
    return figure, (above, band, below)


def _draw_map(band: Axes, change: TempoChange, old: tuple[float, float], new: tuple[float, float]) -> None:
    """One shape for each stretch of the map, from the old time at the top to the new time at the bottom."""
    from matplotlib.collections import PolyCollection

    time_map = change.time_map
    inside = time_map.old[(old[0] < time_map.old) & (time_map.old < old[1])]
    tops = np.array([old[0], *inside, old[1]])
    bottoms = np.clip(time_map(tops), *new)
    ratios = time_map.ratios[np.clip(np.searchsorted(time_map.old, tops[:-1], "right") - 1, 0, len(time_map.old) - 2)]
    x, y = tops - old[0], bottoms - new[0]
    corners = np.stack([x[:-1], x[1:], y[1:], y[:-1]], axis=1)
    shapes = np.stack([corners, np.broadcast_to([1.0, 1.0, 0.0, 0.0], corners.shape)], axis=2)
    colours = _shades(ratios, change.factor)
    collection = PolyCollection(list(shapes), facecolors=colours, edgecolors="none", antialiased=False)
    band.add_collection(collection)


def _shades(ratios: Times, factor: float) -> Times:
    """(n, 4) the colour of each ratio; copied parts are grey."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgba

    shares = np.log(ratios) / np.log(_widest(factor))
    shades = np.asarray(colormaps[COLOURS](0.5 + 0.5 * np.clip(shares, -1, 1)))
    shades[np.abs(ratios - 1) < SAME] = to_rgba(COPIED)
    return shades


def _widest(factor: float) -> float:
    return WIDEST * max(factor, 1 / factor)


def _draw_lines(band: Axes, tops: Times, bottoms: Times, width: float) -> None:
    from matplotlib.collections import LineCollection

    lines = [((top, 1.0), (bottom, 0.0)) for top, bottom in zip(tops, bottoms, strict=True)]
    band.add_collection(LineCollection(lines, colors=BOUNDARY.colour, linewidths=width))


def _draw_legend(figure: Figure, factor: float) -> None:
    """Explains the shades of the map."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    whole, widest = 1 / factor, _widest(factor) if factor < 1 else 1 / _widest(factor)
    names = {whole: f"{whole:.3g} times as long, as on the whole", widest: f"{widest:.3g} times as long"}
    entries: list[Any] = [
        Patch(facecolor=_shades(np.array([ratio]), factor)[0], label=name)
        for ratio, name in names.items()
        if factor != 1
    ]
    entries.append(Patch(facecolor=COPIED, label="copied"))
    entries.append(Line2D([], [], color=BOUNDARY.colour, linewidth=1.2, label="boundary"))
    spaces = {"borderaxespad": 0.2, "borderpad": 0.2, "columnspacing": 1.4, "handletextpad": 0.6}  # in font sizes
    corner = RIGHT_EDGE, 0.0
    figure.legend(
        handles=entries,
        ncols=len(entries),
        bbox_to_anchor=corner,
        loc="lower right",
        fontsize=SIZE,
        frameon=False,
        **spaces,
    )
