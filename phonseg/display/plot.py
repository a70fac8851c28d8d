"""A segmentation as a picture: waveform, spectrogram, dissimilarity curve, boundaries, and how they meet a reference.

Nothing of matplotlib is changed on the way: no pyplot, no choice of a backend, no settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phonseg.audio.decoding.source import Source
from phonseg.audio.excerpt import read_excerpt
from phonseg.audio.recording import Recording, open_recording
from phonseg.display.figure import new_figure, plain
from phonseg.display.panels import CROWDED_SECONDS, draw_curve, draw_spectrogram, draw_waveform
from phonseg.display.tiers import (
    BOUNDARY,
    FALSE_ALARM,
    HIT,
    MISSED,
    SIZE,
    Marks,
    draw_boundaries,
    draw_tier,
    legend_entry,
)
from phonseg.errors import ConfigurationError
from phonseg.evaluation.matching import matched_pairs
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST_SECONDS, UNASKED_SECONDS, MOST_SECONDS = 0.02, 30.0, 120.0  # of a window; UNASKED: of one without an end
TOLERANCE = 0.020  # seconds
TIER_HEIGHT = 0.45  # inches, as HEIGHTS
HEIGHTS = {
    "waveform": 1.0,
    "spectrogram": 2.2,
    "curve": 1.1,
    "segments": TIER_HEIGHT,
    "prediction": TIER_HEIGHT,
    "reference": TIER_HEIGHT,
}
WIDTH, TOP, BOTTOM, ROW = 10.0, 0.35, 0.54, 0.24  # inches: the picture; above and below the panels; a row of legend
LEFT, RIGHT = 0.085, 0.975  # where the panels begin and end, of the width


def plot_segmentation(
    segmentation: Segmentation,
    start: float = 0.0,
    end: float | None = None,
    *,
    reference: Segmentation | None = None,
    recording: Source | None = None,
) -> Figure:
    """Draw a recording with its boundaries, from `start` to `end` seconds; over 30 s, the end must be given.

    With a reference, boundaries are hits, missed or false alarms, matched one-to-one within 20 ms as in
    `phonseg.evaluate`. recording: for a segmentation that does not know its own, such as one read from a TextGrid.

    Raises AudioError when the recording cannot be read; ConfigurationError when there is none, when it is shorter than
    the segmentation or the reference, and for a window that lies outside it or is not 20 ms to 120 s long.
    """
    opened = open_for(segmentation, recording)
    return draw_recording(segmentation, opened, *check_window(opened, start, end), reference=reference)


def draw_recording(
    segmentation: Segmentation, recording: Recording, start: float, end: float, *, reference: Segmentation | None = None
) -> Figure:
    """The picture of `plot_segmentation`, of a recording that is open; `start` and `end` (seconds) lie inside it.

    Its first axes are the uppermost panel, its last ones the lowest; in between there is nothing but panels.
    """
    own = "segments" if reference is None else "prediction"
    tiers = {own: segmentation} if reference is None else {own: segmentation, "reference": reference}
    _check_durations(recording, tiers)
    above = ["waveform", "spectrogram"] if segmentation.curve is None else ["waveform", "spectrogram", "curve"]
    rows = 2 if reference is not None and segmentation.curve is not None else 1
    figure, panels = _panels([*above, *tiers], start, end, BOTTOM + (rows - 1) * ROW)
    excerpt = read_excerpt(recording, start, end)
    draw_waveform(panels["waveform"], excerpt)
    draw_spectrogram(panels["spectrogram"], excerpt)
    if segmentation.curve is not None:
        draw_curve(panels["curve"], segmentation)
    marks = _marks(segmentation, reference, start, end)
    every_mark = {**marks.get("reference", {}), **marks[own]}
    for name, tier in tiers.items():
        draw_tier(panels[name], tier, marks[name], name)
    for name in above if end - start <= CROWDED_SECONDS else ():  # in longer windows lines would hide the sound
        draw_boundaries(panels[name], every_mark, linewidth=1.0)
    _title(next(iter(panels.values())), recording, segmentation)
    figure.align_ylabels([panels[name] for name in above])
    _legends(figure, panels, every_mark, rows)
    return figure


def open_for(segmentation: Segmentation, recording: Source | None = None) -> Recording:
    """Open the recording of a segmentation, or the one that is given instead, in the channel that was segmented.

    Raises AudioError when it cannot be read, ConfigurationError when there is none.
    """
    source = segmentation.recording if recording is None else recording
    if source is None:
        raise ConfigurationError("plot: this segmentation does not know its recording. Give it as `recording`.")
    settings: Mapping[str, Any] = segmentation.provenance.settings if segmentation.provenance else {}
    return open_recording(source, channel=settings.get("channel", "mix"))


def check_window(recording: Recording, start: float, end: float | None) -> tuple[float, float]:
    """The window, checked; an end up to 1 ms too late is forgiven, since people see durations rounded.

    Raises ConfigurationError for a window outside the recording, or not 20 ms to 120 s long; over 30 s, end must be
    given.
    """
    name, duration = recording.name, recording.duration
    if end is None:
        if duration - start > UNASKED_SECONDS:
            raise ConfigurationError(
                f"{name}: lasts {duration:.3f} s, too long for one picture. Give start and end in seconds, at most "
                f"{MOST_SECONDS:g} s apart."
            )
        end = duration
    if not 0 <= start < end <= duration + 0.001:
        raise ConfigurationError(
            f"{name}: from {start:g} to {end:g} s is no part of it (0 to {duration:.3f} s). Give start and end, in "
            "seconds."
        )
    end = min(end, duration)
    if not LEAST_SECONDS <= end - start <= MOST_SECONDS:
        raise ConfigurationError(
            f"{name}: from {start:g} to {end:g} s makes no picture. Give start and end {LEAST_SECONDS:g} to "
            f"{MOST_SECONDS:g} s apart."
        )
    return start, end


def _check_durations(recording: Recording, tiers: Mapping[str, Segmentation]) -> None:
    for name, tier in tiers.items():
        if tier.duration > recording.duration + 0.1:  # programs differ by less in how long an MP3 file is
            raise ConfigurationError(
                f"{recording.name}: lasts {recording.duration:.3f} s, but the {name} {tier.duration:.3f} s. Give those "
                "of this recording."
            )


def _marks(segmentation: Segmentation, reference: Segmentation | None, start: float, end: float) -> dict[str, Marks]:
    """The boundaries of each lane by kind, those in the window alone."""

    def near(boundaries: Times, seconds: float) -> Times:
        return boundaries[(start - seconds <= boundaries) & (boundaries <= end + seconds)]

    if reference is None:
        return {"segments": {BOUNDARY: near(segmentation.boundaries, 0)}}
    # What lies further outside the window than a second does not change what is matched inside.
    predicted, wanted = near(segmentation.boundaries, 1), near(reference.boundaries, 1)
    made = matched_pairs(wanted, predicted, tolerance=TOLERANCE)
    found, hits = np.isin(np.arange(len(wanted)), made[:, 0]), np.isin(np.arange(len(predicted)), made[:, 1])
    return {
        "prediction": {HIT: near(predicted[hits], 0), FALSE_ALARM: near(predicted[~hits], 0)},
        "reference": {HIT: near(wanted[found], 0), MISSED: near(wanted[~found], 0)},
    }


def _panels(names: list[str], start: float, end: float, bottom: float) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one panel for each name, all on one time axis. bottom: inches below the panels."""
    heights = [HEIGHTS[name] for name in names]
    total = TOP + sum(heights) + bottom
    figure = new_figure(WIDTH, total)
    edges = {"left": LEFT, "right": RIGHT, "bottom": bottom / total, "top": 1 - TOP / total, "hspace": 0.13}
    axes = figure.subplots(len(names), sharex=True, gridspec_kw={"height_ratios": heights, **edges})
    axes[0].set_xlim(start, end)
    axes[-1].ticklabel_format(axis="x", style="plain", useOffset=False)  # an hour into a recording, too
    axes[-1].set_xlabel("time (s)", loc="left")
    return figure, dict(zip(names, axes, strict=True))


def _title(axes: Axes, recording: Recording, segmentation: Segmentation) -> None:
    """Write what is shown, and under which conditions it was made."""
    axes.set_title(plain(Path(recording.name).name), loc="left", fontsize=SIZE, parse_math=False)
    made = segmentation.provenance
    if made is not None:
        settings = "".join(f", {name} {value}" for name, value in made.settings.items())
        labels = ", tuned on labels" if made.tuned_on_labels else ""
        text = f"phonseg {made.version}, model {made.model}{settings}{labels}"
        axes.set_title(text, loc="right", fontsize=SIZE, color="0.4", parse_math=False)


def _legends(figure: Figure, panels: Mapping[str, Axes], marks: Marks, rows: int) -> None:
    """Write under the panels what the lines and signs are; in two rows, the boundaries above the signs of the curve."""
    boundaries: list[Artist] = [legend_entry(mark, len(times)) for mark, times in marks.items()]
    signs = panels["curve"].get_legend_handles_labels()[0] if "curve" in panels else []
    signs = [sign for sign in signs if sign.get_label() not in {mark.name for mark in marks}]
    for row, entries in enumerate([boundaries, signs] if rows == 2 else [[*boundaries, *signs]]):
        figure.legend(
            handles=entries,
            loc="lower right",
            bbox_to_anchor=(RIGHT, (rows - 1 - row) * ROW / figure.get_size_inches()[1]),
            borderaxespad=0.2,
            borderpad=0.2,
            ncols=len(entries),
            columnspacing=1.4,
            handletextpad=0.6,
            fontsize=SIZE,
            frameon=False,
        )
