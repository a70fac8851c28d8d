"""A change of tempo -> a picture: the old waveform, the new one below it, and between them the map that joins both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from phonseg.audio.excerpt import read_excerpt
from phonseg.audio.recording import Recording, open_recording
from phonseg.display.figure import new_figure
from phonseg.display.marks import BOUNDARY, draw_boundaries, legend_entry
from phonseg.display.panels import CROWDED_SECONDS, draw_waveform
from phonseg.display.plot import BOTTOM, LEFT_EDGE, PLOT_WIDTH, RIGHT_EDGE, ROW, TIER_HEIGHT, TOP, draw_title
from phonseg.display.tempo.shades import Shades
from phonseg.display.tiers import SIZE, draw_tier
from phonseg.display.window import check_window
from phonseg.errors import ConfigurationError
from phonseg.tempo.tempo_change import TempoChange
from phonseg.timeline.grid import Times

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WAVEFORM, BAND, TIME_AXIS = 0.9, 1.5, 0.45  # inches: a waveform; the map; the room for the upper time axis
GAP = 0.04  # inches between panels


def plot_change(change: TempoChange, start: float | None = None, end: float | None = None) -> Figure:
    """Draws a window of a recording before and after the change of its tempo.

    Both waveforms are drawn at one scale of time, each with its own seconds, so one of them is longer than the other.
    Labels are drawn under the old one. The band between them shows where each moment goes; its shade shows how many
    times as long as before the moment lasts, and grey parts are copied. Lines are boundaries of speech sounds; where
    more than 10 s are drawn, they would hide the rest, and are only drawn between labels.

    Args:
        change: the change.
        start: seconds in the old recording; None for its beginning.
        end: seconds in the old recording, at most 120 s after the start; None for the end of the recording, if that is
            at most 30 s after the start.

    Returns:
        The picture, which a notebook shows by itself. Its axes are the old waveform, the labels if there are any, the
        map and the new waveform.

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
    old_segments = change.time_map.reversed.apply(change.segmentation)
    figure, (above, *tiers, band, below) = _panels(
        (end - start) / span, (new_end - new_start) / span, labelled=old_segments.labels is not None
    )
    boundaries = change.segmentation.boundaries
    boundaries = boundaries[(new_start <= boundaries) & (boundaries <= new_end)]
    old_boundaries = change.time_map.inverse(boundaries)
    crowded = span > CROWDED_SECONDS
    for axes, excerpt, times, limits in (
        (above, read_excerpt(recording, start, end, margin=0.0), old_boundaries, (start, end)),
        (below, read_excerpt(new, new_start, new_end, margin=0.0), boundaries, (new_start, new_end)),
    ):
        axes.set_xlim(*limits)
        draw_waveform(axes, excerpt)
        if not crowded:
            draw_boundaries(axes, {BOUNDARY: times}, linewidth=0.8)
        axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    for tier in tiers:
        tier.set(xlim=(start, end), xticks=[])
        draw_tier(tier, old_segments, {BOUNDARY: old_boundaries}, "segments")
    band.set_xlim(0, span)
    shades = _draw_map(band, change, (start, end), (new_start, new_end))
    if not crowded:
        _draw_lines(band, old_boundaries - start, boundaries - new_start)
    for axes, when in ((above, "before"), (below, "after")):
        axes.set_ylabel(f"amplitude\n{when}")
        axes.set_xlabel(f"time {when} (s)", loc="left")
    band.set_ylabel("map")
    figure.align_ylabels([above, band, below])
    _draw_title(above, recording, change)
    lines = [legend_entry(BOUNDARY, len(boundaries))] if len(boundaries) and (tiers or not crowded) else []
    _draw_legend(figure, [*shades.legend(), *lines])
    return figure


def _panels(old_share: float, new_share: float, *, labelled: bool) -> tuple[Figure, list[Axes]]:
    """The old waveform and labels, on an old_share of the width; the map; the new waveform, on a new_share of it."""
    rows = [
        (WAVEFORM, old_share),
        *([(TIER_HEIGHT, old_share)] if labelled else []),
        (BAND, 1.0),
        (WAVEFORM, new_share),
    ]
    top = sum(height for height, _ in rows) + (len(rows) - 1) * GAP + BOTTOM + ROW
    total = top + TOP + TIME_AXIS
    figure = new_figure(PLOT_WIDTH, total)
    panels = []
    for height, share in rows:
        place = (LEFT_EDGE, (top - height) / total, share * (RIGHT_EDGE - LEFT_EDGE), height / total)
        panels.append(figure.add_axes(place))
        top -= height + GAP
    above, *_, band, below = panels
    above.xaxis.tick_top()
    above.xaxis.set_label_position("top")
    for axes in (above, below):
        axes.tick_params(axis="x", labelsize=SIZE)
    band.set(xticks=[], yticks=[], ylim=(0, 1))
    for side in band.spines.values():
        side.set_visible(False)
    return figure, panels


def _draw_map(band: Axes, change: TempoChange, old: tuple[float, float], new: tuple[float, float]) -> Shades:
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
    shades = Shades(ratios, 1 / time_map.factor)
    band.add_collection(
        PolyCollection(list(shapes), facecolors=shades.of(ratios), edgecolors="none", antialiased=False)
    )
    return shades


def _draw_lines(band: Axes, tops: Times, bottoms: Times) -> None:
    """Joins both places of each boundary, in black: blue would tint the grey of what is copied."""
    from matplotlib.collections import LineCollection

    lines = [((top, 1.0), (bottom, 0.0)) for top, bottom in zip(tops, bottoms, strict=True)]
    band.add_collection(LineCollection(lines, colors="black", linewidths=0.6, alpha=0.6))


def _draw_title(above: Axes, recording: Recording, change: TempoChange) -> None:
    """Writes the name and the settings, always with the factor."""
    made = change.provenance
    settings = {name: value for name, value in made.settings.items() if name != "even"} | {
        "factor": f"{change.factor:g}"
    }
    remark = ", every moment alike" if made.settings.get("even") else ""
    draw_title(above, recording, replace(made, settings=settings), remark=remark)


def _draw_legend(figure: Figure, entries: list[Any]) -> None:
    spaces = {"borderaxespad": 0.2, "borderpad": 0.2, "columnspacing": 1.4, "handletextpad": 0.6}  # in font sizes
    figure.legend(
        handles=entries,
        ncols=len(entries),
        bbox_to_anchor=(RIGHT_EDGE, 0.0),
        loc="lower right",
        fontsize=SIZE,
        frameon=False,
        **spaces,
    )
