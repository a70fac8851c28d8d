"""A diarization -> a picture: the waveform, a lane of turns for each speaker, and the lanes of a reference below."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from phonseg.audio.decoding.source import Source
from phonseg.audio.envelope import read_envelope
from phonseg.audio.recording import Recording
from phonseg.display.figure import new_figure
from phonseg.display.panels import draw_envelope
from phonseg.display.plot import BOTTOM, HEIGHTS, PLOT_WIDTH, RIGHT_EDGE, TOP, draw_title
from phonseg.display.tiers import SIZE
from phonseg.display.turns.colours import colours_of, reference_colours
from phonseg.display.turns.lanes import (
    NAME_GAP,
    OVERLAP,
    bars_of,
    draw_lanes,
    draw_names,
    lanes_height,
    name_size,
    names_of,
    overlaps,
)
from phonseg.display.turns.time_axis import draw_time_axis
from phonseg.display.window import check_covered, check_window, open_for
from phonseg.errors import PhonsegWarning, TextGridError
from phonseg.evaluation.durations import Length, Level, compare_durations
from phonseg.timeline.diarization import Diarization

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST_LEFT = 0.85  # inches at the left of the panels, for the amplitude
GAP, HEADED_GAP = 0.08, 0.27  # inches between panels; with a heading between them
OVERLAPPING = "overlapping speech"


def plot_turns(
    diarization: Diarization,
    start: float | None = None,
    end: float | None = None,
    *,
    reference: Diarization | None = None,
    recording: Source | None = None,
) -> Figure:
    """Draws a recording, or a window of it, with a lane of turns for each speaker.

    A speaker has the same colour in every window. The score of a turn is not drawn: it ranks turns, and shades would
    look like sounds of another loudness.

    Args:
        diarization: the diarization.
        start: seconds; None for the beginning of the recording.
        end: seconds; None for the end of the recording, however long it is.
        reference: if given, its turns are drawn below, in the colours of the speakers that they fit best: one-to-one,
            so that the time that they share in the whole recording is the longest. Speakers whom nobody fits are grey.
        recording: for a diarization that does not know its recording, such as one read from an RTTM file.

    Returns:
        The picture, which a notebook shows by itself.

    Raises:
        AudioError: if the recording cannot be read.
        ConfigurationError: if there is no recording, if it does not cover the turns, or if the window is not inside it
            or shorter than 20 ms.
        TextGridError: if the reference cannot be one of this recording, by its duration.

    Warns:
        PhonsegWarning: if the reference and the recording differ in duration.
    """
    opened = open_for(diarization, recording)
    window = check_window(opened, start, end, longest=math.inf, without_end=math.inf)
    return draw_turns(diarization, opened, *window, reference=reference)


def draw_turns(
    diarization: Diarization, recording: Recording, start: float, end: float, *, reference: Diarization | None = None
) -> Figure:
    """Draws the picture of `plot_turns` from an open recording.

    Args:
        diarization: the diarization.
        recording: the open recording.
        start: seconds, inside the recording.
        end: seconds, inside the recording.
        reference: as for `plot_turns`.

    Returns:
        The picture. Its axes are the panels, from top to bottom: the waveform, the lanes, and those of the reference.

    Raises:
        AudioError: if the recording has become shorter since it was opened.
        ConfigurationError: if the recording does not cover the turns.
        TextGridError: as for `plot_turns`.

    Warns:
        PhonsegWarning: as for `plot_turns`.
    """
    check_covered(diarization, recording)
    groups = {"turns": (diarization, colours_of(diarization))}
    if reference is not None:
        _check_reference(reference, recording)
        colours = reference_colours(diarization, reference)
        groups = {"prediction": groups["turns"], "reference": (reference, colours)}
    size = {name: name_size(len(colours)) for name, (_, colours) in groups.items()}
    names = {name: names_of(list(colours), size[name]) for name, (_, colours) in groups.items()}
    left = max(LEAST_LEFT, *(width + 2 * NAME_GAP for _, width in names.values()))
    heights = {"waveform": HEIGHTS["waveform"]}
    heights |= {name: lanes_height(len(colours)) for name, (_, colours) in groups.items()}
    figure, panels = _panels(heights, left, HEADED_GAP if reference is not None else GAP)
    panels["waveform"].set_xlim(start, end)
    draw_envelope(panels["waveform"], read_envelope(recording, start, end))
    overlapping = False
    for name, (one, colours) in groups.items():
        bars = bars_of(one, colours, start, end)
        draw_names(draw_lanes(panels[name], bars, colours), names[name][0], size[name])
        overlapping |= bool(overlaps(bars))
        if reference is not None:
            panels[name].set_title(name, loc="left", fontsize=SIZE, pad=4)
    draw_time_axis(figure.axes[-1])
    draw_title(panels["waveform"], recording, diarization.provenance)
    if overlapping:
        _draw_legend(figure)
    return figure


def _check_reference(reference: Diarization, recording: Recording) -> None:
    """Compares the durations. A file that tells none may end early, since people often annotate a part."""
    length = Length(recording.name, recording.end - recording.start, start=recording.start)
    side = Length("reference", reference.duration, reference.tells_duration, start=reference.start)
    finding = compare_durations(side, length)
    if finding is None or (not side.tells_duration and side.seconds < length.seconds):
        return
    if finding.level == Level.REFUSAL:
        raise TextGridError(finding.text)
    warnings.warn(finding.text, PhonsegWarning, stacklevel=4)


def _panels(heights: Mapping[str, float], left: float, gap: float) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one panel for each name, all on one time axis. Heights, left edge and gap are in inches."""
    total = TOP + sum(heights.values()) + gap * (len(heights) - 1) + BOTTOM
    figure = new_figure(PLOT_WIDTH, total)
    panels: dict[str, Axes] = {}
    top = total - TOP
    for name, height in heights.items():
        place = (left / PLOT_WIDTH, (top - height) / total, RIGHT_EDGE - left / PLOT_WIDTH, height / total)
        panels[name] = figure.add_axes(place, sharex=panels.get("waveform"))
        top -= height + gap
    for axes in figure.axes[:-1]:
        axes.tick_params(labelbottom=False)
    return figure, panels


def _draw_legend(figure: Figure) -> None:
    """Explains the grey behind the lanes."""
    from matplotlib.patches import Patch

    spaces = {"borderaxespad": 0.2, "borderpad": 0.2, "handletextpad": 0.6}  # in font sizes
    corner = RIGHT_EDGE, 0.0
    patch = Patch(facecolor=OVERLAP, label=OVERLAPPING)
    figure.legend(handles=[patch], bbox_to_anchor=corner, loc="lower right", fontsize=SIZE, frameon=False, **spaces)
