"""How loud a recording is, and where in it there is speech.

Both are told from the recording alone and are made so that nothing outside the speech matters: adding silence at
either end, of any length, leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline import FrameGrid

# Frames this far below the loud ones (in power, 50 dB) are as good as silent: they tell nothing about level or noise.
ACTIVE = 1e-5
# Broad bands for detecting speech. The loudest of them decides, so that a voiced sound stands out of noise that
# drowns its upper bands, and a fricative out of a hum.
BROAD_BANDS = 4
# Decibels re the loud level under which all is equally silent.
FAINTEST = -60.0
# A region of speech stays above KEEP decibels over the noise and exceeds FOUND somewhere.
KEEP, FOUND = 4.0, 8.0
# Seconds: pauses shorter than PAUSE belong to the speech around them (stop closures); shorter bursts are clicks.
PAUSE, CLICK = 0.2, 0.04


class Region(NamedTuple):
    """A stretch of speech, in seconds."""

    start: float
    end: float


def loud_level(power: NDArray[np.float32]) -> float:
    """The power of the loud frames of a recording: the 95th percentile over all frames that are not silent.

    power: (T,) of each frame, in any unit. Returns the same unit; 0 for digital silence or no frame at all.
    """
    loudest = power.max(initial=0.0)
    if loudest <= 0:
        return 0.0
    return float(np.percentile(power[power > ACTIVE * loudest], 95))


def broad_band_decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, bands) mel-band power -> (T, BROAD_BANDS) decibels of the mean power of neighbouring bands."""
    groups = np.array_split(power, BROAD_BANDS, axis=1)
    broad = np.stack([group.mean(axis=1) for group in groups], axis=1)
    return np.asarray(10 * np.log10(broad + np.finfo(np.float32).tiny), dtype=np.float32)


def speech_regions(
    decibels: NDArray[np.float32], power: NDArray[np.float32], level: float, grid: FrameGrid
) -> list[Region]:
    """Find where one of the broad bands rises above the recording's own noise.

    decibels: (T, BROAD_BANDS) from `broad_band_decibels`. power: (T,) of each frame; level: `loud_level` of that.
    Returns regions in time order, at least PAUSE apart and CLICK long; none for silence and for steady noise.
    """
    from scipy.ndimage import gaussian_filter1d

    active = power > ACTIVE * level
    if not active.any():
        return []
    seconds_per_frame = grid.hop / grid.sample_rate
    above = np.full(len(decibels), -np.inf)
    for band in decibels.T:  # one after another, since a long recording has many frames
        heard = np.maximum(band, 10 * np.log10(level) + FAINTEST).astype(np.float64)
        # The first and the last frame are silent: beyond them there is more of that.
        smooth = gaussian_filter1d(heard, 0.0075 / seconds_per_frame, mode="nearest")
        # Speech leaves every band now and then, so a low percentile over time is that band's noise.
        np.maximum(above, smooth - np.percentile(smooth[active], 10), out=above)
    # The loudest of several noisy bands lies above its own noise: in the quietest tenth, by this much.
    above -= np.percentile(above[active], 10)
    above[~active] = -np.inf
    runs = [run for run in _runs(above > KEEP) if above[slice(*run)].max() > FOUND]
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        if joined and (start - joined[-1][1]) * seconds_per_frame < PAUSE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    edges = [(start, end) for start, end in joined if (end - start) * seconds_per_frame >= CLICK]
    # A region that covers frames start..end-1 begins and ends midway between its outer frames and their neighbours.
    return [Region(float(grid.boundary(start)), float(grid.boundary(end))) for start, end in edges]


def within(times: NDArray[np.float64], regions: Sequence[Region], margin: float) -> NDArray[np.bool_]:
    """(M,) which times (seconds) lie in a region of speech or within `margin` seconds of one."""
    if not regions:
        return np.zeros(len(times), dtype=bool)
    starts, ends = np.array(regions).T
    # Regions lie at least PAUSE apart: of those that start before a time, only the last can hold it.
    last = np.searchsorted(starts - margin, times, side="right") - 1
    return np.asarray((last >= 0) & (times <= ends[last] + margin))


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The (start, end) of every run of true values, end excluded."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return [(int(start), int(end)) for start, end in zip(steps[::2], steps[1::2], strict=True)]
