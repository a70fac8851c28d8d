"""Samples or a segmentation -> a panel: the waveform, the spectrogram, or the dissimilarity curve with its peaks.

Each function draws into an Axes whose x-axis is time in seconds. From a segmentation, only what lies between the limits
of that axis is drawn, so set these first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.envelope import LEAST_COLUMNS, Envelope, envelope_of
from phonseg.audio.excerpt import Excerpt
from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.grid import Curve, Times
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CROWDED_SECONDS = 10.0  # in longer windows, lines and peaks are drawn smaller


def draw_waveform(axes: Axes, excerpt: Excerpt) -> Axes:
    """Draws the waveform: the lowest and the highest of the samples that share a column of dots.

    Args:
        axes: the panel.
        excerpt: the samples.

    Returns:
        The panel.
    """
    return draw_envelope(axes, envelope_of(*excerpt))


def draw_envelope(axes: Axes, envelope: Envelope) -> Axes:
    """Draws the waveform of a recording of any length from its envelope.

    Args:
        axes: the panel.
        envelope: the lowest and the highest sample of each column.

    Returns:
        The panel.
    """
    extremes = np.stack([envelope.lowest, envelope.highest], axis=1)
    axes.plot(np.repeat(envelope.times, 2), extremes.ravel(), color="black", linewidth=0.5)
    axes.locator_params(axis="y", nbins=4, prune="both")
    axes.set_ylabel("amplitude")
    return axes


def draw_spectrogram(axes: Axes, excerpt: Excerpt) -> Axes:
    """Draws a spectrogram as Praat does.

    Gaussian window of 5 ms, 0 to 5 kHz, +6 dB per octave, and 50 dB between white and black.

    Args:
        axes: the panel.
        excerpt: the samples, at least 20 ms of them.

    Returns:
        The panel.
    """
    import parselmouth

    sound = parselmouth.Sound(*excerpt)
    step = float(np.clip(sound.duration / LEAST_COLUMNS, 0.0005, 0.005))
    spectrogram = sound.to_spectrogram(window_length=0.005, maximum_frequency=5100.0, time_step=step)
    times, frequencies = spectrogram.ts(), spectrogram.ys()
    emphasis = 6 * np.log2(np.maximum(frequencies, 1) / 1000)
    decibels = 10 * np.log10(np.maximum(spectrogram.values, 1e-30)) + emphasis[:, np.newaxis]
    loudest = decibels.max() if excerpt.samples.any() else 0.0
    edges = np.array([-0.5, 0.5])
    extent = (*(times[[0, -1]] + edges * spectrogram.dx), *((frequencies[[0, -1]] + edges * spectrogram.dy) / 1000))
    shades: dict[str, Any] = {"cmap": "gray_r", "vmin": loudest - 50, "vmax": loudest, "interpolation": "hanning"}
    axes.imshow(decibels, extent=extent, origin="lower", aspect="auto", **shades)
    axes.set_ylim(0, min(5.0, spectrogram.ymax / 1000))
    axes.set_ylabel("frequency (kHz)")
    return axes


def draw_curve(axes: Axes, segmentation: Segmentation) -> Axes:
    """Draws the dissimilarity curve, with the peaks that became boundaries and those that did not.

    The dash-dotted line shows the prominence that a peak needs to become a boundary, measured from 0. A candidate at
    which the curve has no peak is an end of speech, found by its loudness, and is drawn as a square.

    Args:
        axes: the panel, with its limits set.
        segmentation: one that a model has made.

    Returns:
        The panel.

    Raises:
        ConfigurationError: if the segmentation has no curve.
    """
    if segmentation.curve is None:
        raise ConfigurationError("plot: this segmentation has no curve, since no model made it.")
    times, values = segmentation.curve.times(), segmentation.curve.values
    first, last = np.searchsorted(times, axes.get_xlim())
    shown = slice(max(0, first - 1), last + 1)  # one value beyond either limit, so that the line reaches it
    axes.plot(times[shown], values[shown], color="black", linewidth=0.8)
    if segmentation.candidates is not None:
        _draw_candidates(axes, segmentation, segmentation.candidates, segmentation.curve)
    axes.margins(y=0.12)
    axes.locator_params(axis="y", nbins=4, prune="both")
    axes.set_ylabel("dissimilarity")
    return axes


def _draw_candidates(axes: Axes, segmentation: Segmentation, candidates: Candidates, curve: Curve) -> None:
    kept = np.isin(candidates.times, segmentation.boundaries)
    threshold = candidates.least_prominence(kept)
    if threshold is not None:
        axes.axhline(threshold, color="0.25", linewidth=0.8, linestyle=(0, (6, 2, 1, 2)), label="prominence needed")
    peaks = _on_a_peak(candidates.times, curve)
    style: dict[str, Any] = {"color": "0.2", "zorder": 3, "markersize": 5 * scale_in(axes)}
    for name, chosen, marker, fill in (
        ("peak kept", peaks & kept, "v", "full"),
        ("peak not kept", peaks & ~kept, "o", "none"),
        ("end of speech kept", ~peaks & kept, "s", "full"),
        ("end of speech not kept", ~peaks & ~kept, "s", "none"),
    ):
        shown = candidates.times[chosen & seen_in(axes, candidates.times)]
        if len(shown) or name.startswith("peak"):
            heights = np.interp(shown, curve.times(), curve.values)
            axes.plot(shown, heights, marker, fillstyle=fill, label=name, **style)


def _on_a_peak(times: Times, curve: Curve) -> NDArray[np.bool_]:
    """(M,) whether the curve has a peak at each time: whether the nearest frame is no lower than its neighbours."""
    frames, values = curve.times(), np.pad(curve.values, 1, constant_values=-np.inf)
    after = np.minimum(np.searchsorted(frames, times), len(frames) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(times - frames[before] < frames[after] - times, before, after)
    highest = np.maximum(values[nearest], values[nearest + 2]) <= values[nearest + 1]
    return np.asarray(highest & (values[nearest + 1] > curve.values.min()))


def seen_in(axes: Axes, times: Times) -> NDArray[np.bool_]:
    """Returns whether each time lies between the limits of the x-axis, (N,).

    Args:
        axes: the panel.
        times: (N,) seconds.
    """
    start, end = axes.get_xlim()
    return np.asarray((start <= times) & (times <= end))


def scale_in(axes: Axes) -> float:
    """Returns the size of lines and signs, 1 or, in windows of more than 10 s, 0.5.

    Args:
        axes: the panel, with its limits set.
    """
    start, end = axes.get_xlim()
    return 1.0 if end - start <= CROWDED_SECONDS else 0.5
