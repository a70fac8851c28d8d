"""Waveform, spectrogram and dissimilarity curve: each function draws one into an Axes and returns it.

Seconds run along the x-axis. What is drawn from a `Segmentation` is what lies between the limits of that axis, so set
these first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.excerpt import Excerpt
from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.grid import Curve, Times
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 2_000  # as many as can be told apart across a picture
CROWDED_SECONDS = 10.0  # in longer windows lines and peaks are drawn smaller


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

    The dotted line is how far a peak must rise above its surroundings (its prominence), drawn from 0, where the curve
    lies between sounds. An end of speech is told by its loudness; where the curve has no peak, it has its own sign.

    Raises ConfigurationError for a segmentation without a curve.
    """
    if segmentation.curve is None:
        raise ConfigurationError("plot: this segmentation has no curve, since no model made it.")
    times, values = segmentation.curve.times(), segmentation.curve.values
    first, last = np.searchsorted(times, axes.get_xlim())
    seen = slice(max(0, first - 1), last + 1)  # one value beyond either limit, so that the line reaches it
    axes.plot(times[seen], values[seen], color="black", linewidth=0.8)
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
    times, values = curve.times(), curve.values
    ends = ~_on_a_summit(candidates.times, curve)
    in_window = seen_in(axes, candidates.times)
    look: dict[str, Any] = {"linestyle": "none", "color": "0.2", "zorder": 3, "markersize": 5 * shrink(axes)}
    kinds: tuple[tuple[str, NDArray[np.bool_], dict[str, Any]], ...] = (
        ("peak kept", kept & ~ends, {"marker": "v"}),
        ("peak not kept", ~kept & ~ends, {"marker": "o", "fillstyle": "none"}),
        ("end of speech kept", kept & ends, {"marker": "s"}),
        ("end of speech not kept", ~kept & ends, {"marker": "s", "fillstyle": "none"}),
    )
    for name, chosen, shape in kinds:
        shown = candidates.times[chosen & in_window]
        if len(shown) or name.startswith("peak"):
            axes.plot(shown, np.interp(shown, times, values), label=name, **shape, **look)


def _on_a_summit(times: Times, curve: Curve) -> NDArray[np.bool_]:
    """(M,) at which times (seconds) the curve has a peak: the nearest frame is nowhere lower than its neighbours."""
    frames, values = curve.times(), np.pad(curve.values, 1, constant_values=-np.inf)
    after = np.minimum(np.searchsorted(frames, times), len(frames) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(times - frames[before] < frames[after] - times, before, after)
    highest = np.maximum(values[nearest], values[nearest + 2]) <= values[nearest + 1]
    return np.asarray(highest & (values[nearest + 1] > curve.values.min()))


def seen_in(axes: Axes, times: Times) -> NDArray[np.bool_]:
    """(N,) which times (seconds) lie between the limits of the x-axis."""
    start, end = axes.get_xlim()
    return np.asarray((start <= times) & (times <= end))


def shrink(axes: Axes) -> float:
    """By how much signs are drawn smaller, so that there is room for them in a long window."""
    start, end = axes.get_xlim()
    return 1.0 if end - start <= CROWDED_SECONDS else 0.5
