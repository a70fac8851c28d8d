"""The panels that make up a picture: each function draws into an Axes and returns it; seconds run along the x-axis.

What is drawn from a `Segmentation` is what lies between the limits of the x-axis, so set these first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.audio import Recording, Samples
from phonseg.errors import ConfigurationError
from phonseg.segmentation import Segmentation
from phonseg.timeline import Times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARGIN = 0.010  # seconds on either side of an excerpt, so that the spectrogram reaches its edges
HIGHEST_RATE = 48_000  # Hz: what lies above cannot be seen
COLUMNS = 2_000  # as many as can be told apart across a picture
CROWDED_SECONDS = 10.0  # in longer windows lines and peaks are drawn smaller
FONT, SIZE = "DejaVu Sans", 9.0  # of labels; it comes with matplotlib and has the letters of the IPA; points
SPREAD, RIM = 1.1, 2.0  # letters fitted to dots are up to a tenth larger; points left free around a label


class Excerpt(NamedTuple):
    """Mono samples (n,) at `sample_rate` Hz, the first of them at `start` seconds."""

    samples: Samples
    sample_rate: int
    start: float


class Mark(NamedTuple):
    """How a kind of boundary looks. dashes: as matplotlib wants them, in line widths."""

    name: str
    colour: str
    dashes: Literal["solid"] | tuple[float, tuple[float, float]] = "solid"


# They differ in their dashes for print without colour, and in hues that colour-blind eyes tell apart.
BOUNDARY = Mark("boundary", "#0072B2")
HIT = Mark("hit within 20 ms", "#0072B2")
FALSE_ALARM = Mark("false alarm", "#D55E00", (0, (4, 1.5)))
MISSED = Mark("missed", "#882255", (0, (1, 1)))

Marks = Mapping[Mark, Times]


def read_excerpt(recording: Recording, start: float, end: float) -> Excerpt:
    """Read from `start` to `end` seconds and 10 ms more on either side; nothing else of the recording is held."""
    rate = min(round(recording.sample_rate), HIGHEST_RATE)
    first, last = max(0, round((start - MARGIN) * rate)), round((end + MARGIN) * rate)
    kept, done = [], 0
    for block in recording.blocks(rate):
        if done + len(block) > first:  # even an empty slice would hold the whole block
            kept.append(block[max(0, first - done) : last - done])
        done += len(block)
        if done >= last:
            break
    return Excerpt(np.concatenate(kept), rate, first / rate)


def draw_waveform(axes: Axes, excerpt: Excerpt) -> Axes:
    """Draw the waveform: the lowest and the highest of the samples that fall together on paper."""
    samples, rate, start = excerpt
    firsts = np.arange(0, len(samples), max(1, len(samples) // COLUMNS))
    extremes = np.stack([np.minimum.reduceat(samples, firsts), np.maximum.reduceat(samples, firsts)], axis=1)
    axes.plot(np.repeat(start + firsts / rate, 2), extremes.ravel(), color="black", linewidth=0.5)
    axes.locator_params(axis="y", nbins=4, prune="both")
    axes.set_ylabel("amplitude")
    return axes


def draw_spectrogram(axes: Axes, excerpt: Excerpt) -> Axes:
    """Draw a spectrogram as Praat does: Gaussian window of 5 ms, 0-5 kHz, +6 dB per octave, white to black in 50 dB.

    The excerpt lasts at least 20 ms.
    """
    import parselmouth

    sound = parselmouth.Sound(*excerpt)
    step = float(np.clip(sound.duration / COLUMNS, 0.0005, 0.005))
    spectrogram = sound.to_spectrogram(window_length=0.005, maximum_frequency=5100.0, time_step=step)
    times, frequencies = spectrogram.ts(), spectrogram.ys()
    emphasis = 6 * np.log2(np.maximum(frequencies, 1) / 1000)
    decibels = 10 * np.log10(np.maximum(spectrogram.values, 1e-30)) + emphasis[:, np.newaxis]
    loudest = decibels.max() if excerpt.samples.any() else 0.0
    edges = np.array([-0.5, 0.5])
    axes.imshow(
        decibels,
        extent=(*(times[[0, -1]] + edges * spectrogram.dx), *((frequencies[[0, -1]] + edges * spectrogram.dy) / 1000)),
        vmin=loudest - 50,
        vmax=loudest,
        cmap="gray_r",
        interpolation="hanning",
        origin="lower",
        aspect="auto",
    )
    axes.set_ylim(0, min(5.0, spectrogram.ymax / 1000))
    axes.set_ylabel("frequency (kHz)")
    return axes


def draw_curve(axes: Axes, segmentation: Segmentation) -> Axes:
    """Draw the dissimilarity curve, with the peaks that became boundaries and those that did not.

    Raises ConfigurationError for a segmentation without a curve.
    """
    if segmentation.curve is None:
        raise ConfigurationError("plot: this segmentation has no curve, since no model made it.")
    times, values = segmentation.curve.times(), segmentation.curve.values
    first, last = np.searchsorted(times, axes.get_xlim())
    seen = slice(max(0, first - 1), last + 1)  # one value beyond either limit, so that the line reaches it
    axes.plot(times[seen], values[seen], color="black", linewidth=0.8)
    if segmentation.candidates is not None:
        peaks = segmentation.candidates.times
        peaks = peaks[_seen(axes, peaks)]
        heights = np.interp(peaks, times, values)
        kept = np.isin(peaks, segmentation.boundaries)
        look: dict[str, Any] = {"linestyle": "none", "color": "0.2", "zorder": 3, "markersize": 5 * _shrink(axes)}
        axes.plot(peaks[kept], heights[kept], marker="v", label="peak kept", **look)
        axes.plot(peaks[~kept], heights[~kept], marker="o", fillstyle="none", label="peak not kept", **look)
    axes.margins(y=0.12)
    axes.locator_params(axis="y", nbins=4, prune="both")
    axes.set_ylabel("dissimilarity")
    return axes


def draw_boundaries(axes: Axes, marks: Marks, *, linewidth: float) -> Axes:
    """Draw lines from top to bottom, one collection for each kind, with a white rim. linewidth: points."""
    from matplotlib.patheffects import withStroke

    for mark, times in marks.items():
        axes.vlines(
            times[_seen(axes, times)],
            0,
            1,
            transform=axes.get_xaxis_transform(),
            colors=mark.colour,
            linestyles=mark.dashes,
            linewidth=linewidth,
            label=mark.name,
            path_effects=[withStroke(linewidth=linewidth + 0.8, foreground="white", alpha=0.7)],
        )
    return axes


def draw_lane(axes: Axes, segmentation: Segmentation, marks: Marks, name: str) -> Axes:
    """Draw boundaries, and the labels of the segments, if they have any, where there is room. name: of the lane.

    A label that is too wide for its segment stands upright; one that is too high for that is left out.
    """
    axes.set_yticks([])
    axes.set_ylabel(name, rotation=0, horizontalalignment="right", verticalalignment="center")
    draw_boundaries(axes, marks, linewidth=1.4 * _shrink(axes))
    if segmentation.labels is not None:
        start, end = axes.get_xlim()
        for left, right, label in segmentation.intervals():
            if label and left < end and right > start:
                _draw_label(axes, max(left, start), min(right, end), " ".join(label.split()))
    return axes


def _draw_label(axes: Axes, left: float, right: float, label: str) -> None:
    """Draw a label in the middle between two times, if it fits."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, size=SIZE)
    width, height, depth = text_to_path.get_text_width_height_descent(label, font, ismath=False)
    corners = axes.transData.transform([(left, 0), (right, 0)])
    points = 72 / axes.figure.dpi
    room = (corners[1, 0] - corners[0, 0]) * points - RIM
    upright = SPREAD * width > room
    if upright and (SPREAD * height > room or SPREAD * width > axes.get_window_extent().height * points - RIM):
        return
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


def _seen(axes: Axes, times: Times) -> NDArray[np.bool_]:
    start, end = axes.get_xlim()
    return np.asarray((start <= times) & (times <= end))


def _shrink(axes: Axes) -> float:
    start, end = axes.get_xlim()
    return 1.0 if end - start <= CROWDED_SECONDS else 0.5
