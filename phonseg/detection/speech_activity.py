"""Mel-band power of frames -> the regions of a recording in which there is speech.

Adding silence at either end, of any length, changes nothing. Bands are handled one at a time, since a recording of ten
hours has millions of frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.level import SILENT_SHARE
from phonseg.detection.noise_floor import Decibels, smoothed_and_noise
from phonseg.timeline.grid import FrameGrid, Times

# Speech is detected in the broad band in which it stands out most from the noise: a vowel in its low bands where noise
# masks the upper ones, a fricative above a hum.
BROAD_BANDS = 4
# Decibels over the noise: a region of speech stays above OFFSET throughout and exceeds ONSET somewhere.
OFFSET_DECIBELS, ONSET_DECIBELS = 6.0, 10.0
# Seconds: shorter pauses belong to the speech around them (closures of stops); bursts up to LONGEST_CLICK are clicks.
SHORTEST_PAUSE, LONGEST_CLICK = 0.2, 0.04
TIME_ROUNDING = 1e-6  # seconds by which a difference of times may be off
# Loudness is believed unless a speech network is sure of the opposite: it takes away what it gives less than NO_SPEECH
# for LONGEST_DOUBT (seconds) or more, and extends the rest by what it gives more than SURE_SPEECH. This changes
# less than half a percent of the speech of clean recordings of speakers that the network has never heard.
NO_SPEECH, LONGEST_DOUBT, SURE_SPEECH = 0.3, 1.5, 0.95


class Region(NamedTuple):
    """A stretch of speech.

    Attributes:
        start: seconds.
        end: seconds, after the start.
    """

    start: float
    end: float


def seconds_of(regions: Iterable[Region], duration: float) -> float:
    """Returns how many seconds of a recording are speech.

    Args:
        regions: of speech, which do not overlap.
        duration: of the recording, in seconds. What lies before or after it does not count.
    """
    return sum(max(0.0, min(end, duration) - max(start, 0.0)) for start, end in regions)


def broad_band_decibels(power: NDArray[np.float32]) -> Decibels:
    """Returns the loudness of a few broad bands.

    Args:
        power: (T, bands) mel-band power, 0 or more; at least BROAD_BANDS bands.

    Returns:
        (BROAD_BANDS, T) decibels of the mean power of neighbouring bands.

    >>> broad_band_decibels(np.ones((3, 40), np.float32)).tolist() == [[0.0] * 3] * 4
    True
    """
    broad = np.stack([bands.mean(axis=1) for bands in np.array_split(power, BROAD_BANDS, axis=1)])
    return np.asarray(10 * np.log10(broad + np.finfo(np.float32).tiny), dtype=np.float32)


def speech_regions(
    decibels: Iterable[Decibels], power: NDArray[np.float32], level: float, grid: FrameGrid
) -> list[Region]:
    """Finds the regions in which one of the broad bands rises above the noise of the recording.

    Args:
        decibels: BROAD_BANDS arrays (T,), as from `broad_band_decibels`.
        power: (T,) of each frame, 0 or more.
        level: `phonseg.audio.level.loud_level` of that power.
        grid: of the frames.

    Returns:
        Regions in time order, at least SHORTEST_PAUSE apart and longer than LONGEST_CLICK; none in silence or in steady
        noise.
    """
    active = power > SILENT_SHARE * level
    if not active.any():
        return []
    above = np.full(len(power), -np.inf, dtype=np.float32)
    for band in decibels:
        smooth, noise = smoothed_and_noise(band, 10 * np.log10(level), active, grid)
        np.maximum(above, smooth - noise, out=above)
    above[~active] = -np.inf
    runs = _runs(above > OFFSET_DECIBELS)
    loud = np.maximum.reduceat(above, runs[0]) > ONSET_DECIBELS  # between two runs everything is below OFFSET
    return _without_clicks(joined(*grid.boundary(runs[:, loud])))


def extend_regions(speech: Sequence[Region], is_speech: NDArray[np.bool_], grid: FrameGrid) -> list[Region]:
    """Extends regions of speech by the runs of frames that another detector takes for speech.

    A run that meets no region is dropped, so that a recording without speech still has none.

    Args:
        speech: regions in time order, apart from each other.
        is_speech: (T,) whether the other detector takes each frame for speech.
        grid: of these frames.

    Returns:
        Regions in time order, at least SHORTEST_PAUSE apart.
    """
    starts, ends = np.reshape(speech, (-1, 2)).T
    more_starts, more_ends = grid.boundary(_runs(is_speech))
    # A run meets a region if some region starts before the run ends and has not ended before it starts.
    meets = np.searchsorted(starts, more_ends) > np.searchsorted(ends, more_starts, side="right")
    return joined(np.concatenate([starts, more_starts[meets]]), np.concatenate([ends, more_ends[meets]]))


def revise_regions(speech: Sequence[Region], probability: NDArray[np.float32], grid: FrameGrid) -> list[Region]:
    """Revises regions of speech where a speech network is sure of the opposite.

    Args:
        speech: regions in time order, at least SHORTEST_PAUSE apart, each from one frame of the grid to another.
        probability: (T,) of speech in each frame, 0 to 1.
        grid: of the frames.

    Returns:
        Regions in time order, at least SHORTEST_PAUSE apart and longer than LONGEST_CLICK. They are those that were
        given if the network is sure of the opposite nowhere.
    """
    is_speech = within(grid.centre(np.arange(len(probability))), speech, 0.0)
    shortest = LONGEST_DOUBT * grid.sample_rate / grid.hop - TIME_ROUNDING
    for start, end in _runs(probability < NO_SPEECH).T:
        if end - start >= shortest:
            is_speech[start:end] = False
    kept = _without_clicks(joined(*grid.boundary(_runs(is_speech))))
    return extend_regions(kept, probability > SURE_SPEECH, grid)


def within(times: Times, regions: Sequence[Region], margin: float) -> NDArray[np.bool_]:
    """Returns which times lie in a region, or near one.

    Args:
        times: (M,) seconds.
        regions: in time order.
        margin: seconds, 0 or more, that are added at both ends of every region.

    Returns:
        (M,) whether each time lies in a region with its margins.

    >>> within(np.array([0.9, 1.5, 2.5]), [Region(1.0, 2.0)], margin=0.2)
    array([ True,  True, False])
    """
    starts, ends = np.reshape(regions, (-1, 2)).T
    return np.searchsorted(starts - margin, times, side="right") > np.searchsorted(ends + margin, times)


def joined(starts: Times, ends: Times) -> list[Region]:
    """Joins stretches of speech to regions.

    Args:
        starts: (K,) seconds, in any order; the stretches may overlap.
        ends: (K,) seconds.

    Returns:
        Regions in time order; pauses shorter than SHORTEST_PAUSE are filled.
    """
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    pauses = np.flatnonzero(starts[1:] - ends[:-1] > SHORTEST_PAUSE - TIME_ROUNDING)
    starts, ends = np.concatenate([starts[:1], starts[pauses + 1]]), np.concatenate([ends[pauses], ends[-1:]])
    return list(map(Region, starts.tolist(), ends.tolist()))


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(2, K): the first frame of every run of true values, and the frame after its last."""
    return np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2).T


def _without_clicks(regions: Iterable[Region]) -> list[Region]:
    """The regions longer than LONGEST_CLICK."""
    return [region for region in regions if region.end - region.start > LONGEST_CLICK + TIME_ROUNDING]
