"""A segmentation -> a picture: waveform, spectrogram, dissimilarity curve, and boundaries compared with a reference."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phonseg.audio.decoding.source import Source
from phonseg.audio.excerpt import read_excerpt
from phonseg.audio.recording import Recording
from phonseg.display.figure import new_figure, plain
from phonseg.display.fonts import font_for, shortened, text_width
from phonseg.display.marks import Marks, draw_boundaries, legend_entry, marks_of_tiers
from phonseg.display.panels import CROWDED_SECONDS, draw_curve, draw_spectrogram, draw_waveform
from phonseg.display.tiers import SIZE, draw_tier
from phonseg.display.window import check_covered, check_window, open_for
from phonseg.errors import PhonsegWarning, TextGridError
from phonseg.evaluation.durations import Length, Level
from phonseg.evaluation.findings import about_files
from phonseg.evaluation.sides import Reading, Side, read_side
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHTS, TIER_HEIGHT = {"waveform": 1.0, "spectrogram": 2.2, "curve": 1.1}, 0.45  # inches, of panels and of a tier
PLOT_WIDTH, TOP, BOTTOM, ROW = 10.0, 0.35, 0.54, 0.24  # inches: the picture; above and below the panels; a legend
LEAST_NAME, TITLE_GAP = 2.0, 0.2  # inches: for the name of the recording at least, and what is beside it
LEFT_EDGE, RIGHT_EDGE = 0.085, 0.975  # where the panels begin and end, as shares of the width
LENGTH_OF_DIGEST = 64  # characters of a SHA-256, in hexadecimal


def plot_segmentation(
    segmentation: Segmentation,
    start: float | None = None,
    end: float | None = None,
    *,
    reference: Segmentation | Side | None = None,
    recording: Source | None = None,
) -> Figure:
    """Draws a window of a recording with its boundaries.

    Args:
        segmentation: the segmentation.
        start: seconds; None for the beginning of the recording.
        end: seconds; None for the end of the recording, which may lie at most 30 s after the start.
        reference: if given, boundaries are drawn as hits, false alarms and missed boundaries, matched one-to-one
            within 20 ms as in `phonseg.evaluate`. What `phonseg.evaluation.sides.read_side` returns has a name for
            messages, too.
        recording: for a segmentation that does not know its recording, such as one read from a TextGrid.

    Returns:
        The picture, which a notebook shows by itself.

    Raises:
        AudioError: if the recording cannot be read.
        ConfigurationError: if there is no recording, if it does not cover the segmentation, or if the window is not
            inside it or not 20 ms to 120 s long.
        TextGridError: if the reference cannot be one of this recording, by its duration.

    Warns:
        PhonsegWarning: if the reference and the recording differ in duration.
    """
    opened = open_for(segmentation, recording)
    return draw_recording(segmentation, opened, *check_window(opened, start, end), reference=reference)


def draw_recording(
    segmentation: Segmentation,
    recording: Recording,
    start: float,
    end: float,
    *,
    reference: Segmentation | Side | None = None,
) -> Figure:
    """Draws the picture of `plot_segmentation` from an open recording.

    Args:
        segmentation: the segmentation.
        recording: the open recording.
        start: seconds, inside the recording.
        end: seconds, inside the recording.
        reference: as for `plot_segmentation`.

    Returns:
        The picture. Its axes are the panels, from top to bottom.

    Raises:
        AudioError: if the recording has become shorter since it was opened.
        ConfigurationError: if the recording does not cover the segmentation.
        TextGridError: as for `plot_segmentation`.

    Warns:
        PhonsegWarning: as for `plot_segmentation`.
    """
    check_covered(segmentation, recording)
    if reference is not None:
        reference = _checked(reference, segmentation, recording)
    own = "segments" if reference is None else "prediction"
    tiers = {own: segmentation} if reference is None else {own: segmentation, "reference": reference}
    above = ["waveform", "spectrogram"] if segmentation.curve is None else list(HEIGHTS)
    legends = 2 if reference is not None and segmentation.curve is not None else 1
    figure, panels = _panels([*above, *tiers], start, end, BOTTOM + (legends - 1) * ROW)
    excerpt = read_excerpt(recording, start, end)
    draw_waveform(panels["waveform"], excerpt)
    draw_spectrogram(panels["spectrogram"], excerpt)
    if segmentation.curve is not None:
        draw_curve(panels["curve"], segmentation)
    marks = marks_of_tiers(segmentation, reference, start, end)
    every_mark = {**marks.get("reference", {}), **marks[own]}
    for name, tier in tiers.items():
        draw_tier(panels[name], tier, marks[name], name)
    for name in above if end - start <= CROWDED_SECONDS else ():  # in longer windows lines would hide the sound
        draw_boundaries(panels[name], every_mark, linewidth=1.0)
    draw_title(panels["waveform"], recording, segmentation.provenance)
    figure.align_ylabels([panels[name] for name in above])
    _draw_legends(figure, panels, every_mark, legends)
    return figure


def _checked(reference: Segmentation | Side, segmentation: Segmentation, recording: Recording) -> Segmentation:
    """Returns the segments of the reference, after comparing them with the recording and its segments."""
    side = reference if isinstance(reference, Side) else read_side(reference, Reading(), 0)
    length = Length(recording.name, recording.end - recording.start, start=recording.start)
    for finding in about_files(side, Side(length, segmentation.boundaries, segmentation), Reading()):
        if finding.level == Level.REFUSAL:
            raise TextGridError(finding.text)
        warnings.warn(finding.text, PhonsegWarning, stacklevel=4)
    return side.segments


def _panels(names: list[str], start: float, end: float, bottom: float) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one panel for each name, all on one time axis. bottom: inches below the panels."""
    heights = [HEIGHTS.get(name, TIER_HEIGHT) for name in names]
    total = TOP + sum(heights) + bottom
    figure = new_figure(PLOT_WIDTH, total)
    edges = {"left": LEFT_EDGE, "right": RIGHT_EDGE, "bottom": bottom / total, "top": 1 - TOP / total, "hspace": 0.13}
    axes = figure.subplots(len(names), sharex=True, gridspec_kw={"height_ratios": heights, **edges})
    axes[0].set_xlim(start, end)
    axes[-1].ticklabel_format(axis="x", style="plain", useOffset=False)  # seconds in full, even after an hour
    axes[-1].set_xlabel("time (s)", loc="left")
    return figure, dict(zip(names, axes, strict=True))


def draw_title(axes: Axes, recording: Recording, made: Provenance | None, *, remark: str = "") -> None:
    """Writes what is shown, and with which model and settings it was made.

    Args:
        axes: the highest panel. If it ends before the others, the settings still end where those do.
        recording: what is shown.
        made: how its segments or turns were made; None for a reference.
        remark: what follows the settings.
    """
    place = axes.get_position()
    room = PLOT_WIDTH * (RIGHT_EDGE - place.x0)
    if made is not None:
        # The digests of other models that took part say nothing to a reader.
        told = ((name, value) for name, value in made.settings.items() if len(str(value)) < LENGTH_OF_DIGEST)
        settings = "".join(f", {name.replace('_', ' ')} {value}" for name, value in told)
        model = f", model {made.model}" if made.model else ""
        labels = ", tuned on labels" if made.tuned_on_labels else ""
        text = plain(f"phonseg {made.version}{model}{settings}{labels}{remark}")
        right = (RIGHT_EDGE - place.x0) / place.width
        axes.set_title(text, loc="right", x=right, fontsize=SIZE, color="0.4", parse_math=False)
        room -= text_width(text, SIZE)
    name = shortened(plain(Path(recording.name).name), SIZE, max(LEAST_NAME, room - TITLE_GAP))
    axes.set_title(name, loc="left", fontproperties=font_for(name, SIZE), parse_math=False)


def _draw_legends(figure: Figure, panels: Mapping[str, Axes], marks: Marks, count: int) -> None:
    """Explains the lines and signs, in one legend, or in two: the boundaries above the signs of the curve."""
    boundaries: list[Artist] = [legend_entry(mark, len(times)) for mark, times in marks.items()]
    signs = panels["curve"].get_legend_handles_labels()[0] if "curve" in panels else []
    signs = [sign for sign in signs if sign.get_label() not in {mark.name for mark in marks}]
    spaces = {"borderaxespad": 0.2, "borderpad": 0.2, "columnspacing": 1.4, "handletextpad": 0.6}  # in font sizes
    style: dict[str, Any] = {"loc": "lower right", "fontsize": SIZE, "frameon": False, **spaces}
    for i, entries in enumerate([boundaries, signs] if count == 2 else [[*boundaries, *signs]]):
        corner = RIGHT_EDGE, (count - 1 - i) * ROW / figure.get_size_inches()[1]
        figure.legend(handles=entries, ncols=len(entries), bbox_to_anchor=corner, **style)
