"""A segmentation as a picture: waveform, spectrogram, dissimilarity curve, boundaries, and how they meet a reference.

Nothing of matplotlib is changed on the way: no pyplot, no choice of a backend, no settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phonseg.audio import Recording, Source, open_recording
from phonseg.errors import ConfigurationError
from phonseg.evaluate import matched_pairs
from phonseg.panels import (
    BOUNDARY,
    CROWDED_SECONDS,
    FALSE_ALARM,
    HIT,
    MISSED,
    Marks,
    draw_boundaries,
    draw_curve,
    draw_lane,
    draw_spectrogram,
    draw_waveform,
    read_excerpt,
)
from phonseg.segmentation import Segmentation
from phonseg.timeline import Times
from phonseg.writing import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST_SECONDS, UNASKED_SECONDS, MOST_SECONDS = 0.02, 30.0, 120.0  # of a window; UNASKED: of one without an end
TOLERANCE = 0.020  # seconds
HEIGHTS = {"waveform": 1.0, "spectrogram": 2.2, "curve": 1.1, "segments": 0.45, "reference": 0.45}  # inches
WIDTH, TOP, BOTTOM = 10.0, 0.35, 0.6  # inches: of the picture; above and below the panels
KINDS = {".png": "png", ".svg": "svg", ".pdf": "pdf"}


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
    opened = _open(segmentation, recording)
    start, end = _window(opened, start, end)
    lanes = {"segments": segmentation} if reference is None else {"segments": segmentation, "reference": reference}
    _check_durations(opened, lanes)
    above = ["waveform", "spectrogram"] if segmentation.curve is None else ["waveform", "spectrogram", "curve"]
    figure, panels = _panels([*above, *lanes], start, end)
    excerpt = read_excerpt(opened, start, end)
    draw_waveform(panels["waveform"], excerpt)
    draw_spectrogram(panels["spectrogram"], excerpt)
    if segmentation.curve is not None:
        draw_curve(panels["curve"], segmentation)
    marks = _marks(segmentation, reference, start, end)
    every_mark = {**marks.get("reference", {}), **marks["segments"]}
    for name, lane in lanes.items():
        draw_lane(panels[name], lane, marks[name], name)
    for name in above if end - start <= CROWDED_SECONDS else ():  # in longer windows lines would hide the sound
        draw_boundaries(panels[name], every_mark, linewidth=0.8)
    _describe(figure, panels, opened, segmentation, every_mark)
    return figure


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a picture as PNG (200 dots per inch), SVG or PDF, as the suffix says.

    Raises ConfigurationError for another suffix, OutputError where the file cannot be written.
    """
    kind = KINDS.get(Path(path).suffix.lower())
    if kind is None:
        raise ConfigurationError(
            f"{path}: is no kind of picture that can be written. Let it end in {', '.join(KINDS)}."
        )
    with replacing(path) as partial_file:
        figure.savefig(partial_file, format=kind, dpi=200)


def _open(segmentation: Segmentation, recording: Source | None) -> Recording:
    source = segmentation.recording if recording is None else recording
    if source is None:
        raise ConfigurationError("plot: this segmentation does not know its recording. Give it as `recording`.")
    settings: Mapping[str, Any] = segmentation.provenance.settings if segmentation.provenance else {}
    return open_recording(source, channel=settings.get("channel", "mix"))


def _window(recording: Recording, start: float, end: float | None) -> tuple[float, float]:
    """The window, checked; an end up to 1 ms too late is forgiven, since people see durations rounded."""
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


def _check_durations(recording: Recording, lanes: Mapping[str, Segmentation]) -> None:
    for name, lane in lanes.items():
        if lane.duration > recording.duration + 0.1:  # programs differ by less in how long an MP3 file is
            raise ConfigurationError(
                f"{recording.name}: lasts {recording.duration:.3f} s, but the {name} {lane.duration:.3f} s. Give those "
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
        "segments": {HIT: near(predicted[hits], 0), FALSE_ALARM: near(predicted[~hits], 0)},
        "reference": {HIT: near(wanted[found], 0), MISSED: near(wanted[~found], 0)},
    }


def _panels(names: list[str], start: float, end: float) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one panel for each name, all on one time axis."""
    from matplotlib.figure import Figure

    heights = [HEIGHTS[name] for name in names]
    total = TOP + sum(heights) + BOTTOM
    figure = Figure(figsize=(WIDTH, total))
    edges = {"left": 0.085, "right": 0.975, "bottom": BOTTOM / total, "top": 1 - TOP / total, "hspace": 0.13}
    axes = figure.subplots(len(names), sharex=True, gridspec_kw={"height_ratios": heights, **edges})
    axes[0].set_xlim(start, end)
    # A notebook asks an object for its PNG in this way; matplotlib answers only once pyplot has been imported.
    figure._repr_png_ = partial(_png, figure)  # type: ignore[attr-defined]
    return figure, dict(zip(names, axes, strict=True))


def _png(figure: Figure) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=150)
    return file.getvalue()


def _describe(
    figure: Figure, panels: Mapping[str, Axes], recording: Recording, segmentation: Segmentation, marks: Marks
) -> None:
    """Write what is shown and under which conditions it was made."""
    first, *_, last = panels.values()
    first.set_title(Path(recording.name).name, loc="left", fontsize=9, parse_math=False)
    made = segmentation.provenance
    if made is not None:
        settings = "".join(f", {name} {value}" for name, value in made.settings.items())
        labels = ", tuned on labels" if made.tuned_on_labels else ""
        text = f"phonseg {made.version}, model {made.model}{settings}{labels}"
        first.set_title(text, loc="right", fontsize=9, color="0.4", parse_math=False)
    last.set_xlabel("time (s)", loc="left")
    figure.align_ylabels([axes for name, axes in panels.items() if name in ("waveform", "spectrogram", "curve")])
    handles = {str(item.get_label()): item for axes in panels.values() for item in axes.get_legend_handles_labels()[0]}
    counts = {mark.name: f"{mark.name} ({len(times)})" for mark, times in marks.items()}
    legend = {counts.get(name, name): handles[name] for name in [*counts, *handles]}
    figure.legend(legend.values(), legend.keys(), loc="lower right", ncols=len(legend), fontsize=9, frameon=False)
