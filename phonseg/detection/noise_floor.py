"""Loudness of frames -> the same loudness smoothed over time, and the level of the noise in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import FrameGrid

Decibels = NDArray[np.float32]

# Decibels relative to the loud frames. Everything below this counts as equally silent.
FAINTEST = -60.0
# Seconds. Every speaker pauses, if only during a stop closure: the quietest LULL of a NOISE_WINDOW holds only noise.
LULL, NOISE_WINDOW = 0.2, 10.0
SMOOTHING = 0.0075  # seconds: standard deviation of the Gaussian
FILTER_BLOCK = 100_000  # frames that are filtered at once


def smoothed_and_noise(
    decibels: Decibels, top: float, active: NDArray[np.bool_], grid: FrameGrid
) -> tuple[Decibels, float]:
    """Smooths the loudness of a recording and measures its noise.

    The noise is the loudness of the quietest LULL in every NOISE_WINDOW of the active frames. The median over these
    windows is taken, so that a short drop-out in a long recording is not mistaken for its noise.

    Args:
        decibels: (T,) of each frame, in one band or in all.
        top: decibels of the loud frames; see `phonseg.audio.level.loud_level`.
        active: (T,) which frames are less than 50 dB (`SILENT_SHARE`) below the loud frames; at least one.
        grid: of the frames.

    Returns:
        (T,) decibels without fluctuations from frame to frame, and the decibels of the noise.

    References:
        Martin (2001). Noise power spectral density estimation based on optimal smoothing and minimum statistics. IEEE
        Transactions on Speech and Audio Processing.
    """
    from scipy.ndimage import gaussian_filter1d, uniform_filter1d

    # The first and the last frame are silent, and "nearest" continues that silence beyond the ends.
    width = SMOOTHING * grid.sample_rate / grid.hop
    clipped = np.maximum(decibels, top + FAINTEST)
    smooth = _in_blocks(clipped, lambda part: gaussian_filter1d(part, width, mode="nearest"), round(4 * width) + 1)
    audible = smooth[active]
    lull = min(len(audible), round(LULL * grid.sample_rate / grid.hop))
    means = _in_blocks(audible, lambda part: uniform_filter1d(part, lull), lull)
    means = means[lull // 2 :][: len(audible) - lull + 1]  # without those that reach beyond the ends
    windows = max(1, round(len(means) * grid.hop / grid.sample_rate / NOISE_WINDOW))
    return smooth, float(np.median([window.min() for window in np.array_split(means, windows)]))


def _in_blocks(values: Decibels, filtered: Callable[[Decibels], Decibels], reach: int) -> Decibels:
    """(T,) filtered values; each depends on at most `reach` values to either side."""
    # The filters of scipy take four times the memory of their input, so they are given one block after another.
    result = np.empty_like(values)
    for start in range(0, len(values), FILTER_BLOCK):
        first = max(0, start - reach)
        block = filtered(values[first : start + FILTER_BLOCK + reach])
        result[start : start + FILTER_BLOCK] = block[start - first :][:FILTER_BLOCK]
    return result
