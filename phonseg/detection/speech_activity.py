"""The loudness of a recording -> where in it there is speech, and where that fades away.

Both are told from the recording alone and are made so that nothing outside the speech matters: adding silence at
either end, of any length, leaves them as they were. Decibels are kept in single precision and one band at a time, since
a recording of ten hours has millions of frames; sums over them are taken in double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.level import SILENT_SHARE
from phonseg.timeline.grid import Curve, FrameGrid, Times

# Broad bands for detecting speech. The loudest of them decides, so that a voiced sound stands out of noise that
# drowns its upper bands, and a fricative out of a hum.
BROAD_BANDS = 4
# Decibels re the loud level under which all is equally silent.
FAINTEST = -60.0
# Whoever speaks pauses, if only for a closure: noise alone is heard in the quietest LULL seconds of every STRETCH.
LULL_SECONDS, NOISE_WINDOW = 0.2, 10.0
# A region of speech stays above KEEP decibels over the noise and exceeds FOUND somewhere.
OFFSET_DECIBELS, ONSET_DECIBELS = 6.0, 10.0
# Seconds: pauses shorter than PAUSE belong to the speech around them (stop closures); bursts of up to CLICK are clicks.
SHORTEST_PAUSE, LONGEST_CLICK = 0.2, 0.04
# Speech has faded where its loudness in decibels has come down to this share of the way from the noise to the loud
# frames: lower, it is lost in the swell of the noise; higher, it is still heard.
FADED = 1 / 3
# Within this many seconds before it has faded, speech only dies from its loudest place on.
DYING = 0.120
FILTER_BLOCK = 100_000  # frames that are filtered at once
ROUNDING = 1e-6  # seconds by which a difference of times may be off


Decibels = NDArray[np.float32]


class Region(NamedTuple):
    """A stretch of speech, in seconds."""

    start: float
    end: float


def broad_band_decibels(power: NDArray[np.float32]) -> Decibels:
    """(T, bands) mel-band power -> (BROAD_BANDS, T) decibels of the mean power of neighbouring bands."""
    groups = np.array_split(power, BROAD_BANDS, axis=1)
    broad = np.stack([group.mean(axis=1) for group in groups])
    return np.asarray(10 * np.log10(broad + np.finfo(np.float32).tiny), dtype=np.float32)


def speech_regions(
    decibels: Iterable[Decibels], power: NDArray[np.float32], level: float, grid: FrameGrid
) -> list[Region]:
    """Find where one of the broad bands rises above the recording's own noise.

    decibels: (T,) of each of the `broad_band_decibels`. power: (T,) of each frame; level: `loud_level` of that.
    Returns regions in time order, at least PAUSE apart and longer than CLICK; none for silence and for steady noise.
    """
    active = power > SILENT_SHARE * level
    if not active.any():
        return []
    above = np.full(len(power), -np.inf, dtype=np.float32)
    for band in decibels:
        smooth = _smooth(np.maximum(band, 10 * np.log10(level) + FAINTEST), grid)
        np.maximum(above, smooth - _noise(smooth, active, grid), out=above)
    above[~active] = -np.inf
    starts, ends = _runs(above > OFFSET_DECIBELS)
    if not len(starts):
        return []
    found = np.maximum.reduceat(above, starts) > ONSET_DECIBELS  # of what lies between two runs, nothing exceeds KEEP
    return [
        region
        for region in _joined(*_edges(starts[found], ends[found], grid))
        if region.end - region.start > LONGEST_CLICK + ROUNDING
    ]


def extend_regions(speech: Sequence[Region], is_speech: NDArray[np.bool_], grid: FrameGrid) -> list[Region]:
    """Regions of speech with every stretch of frames that something else takes for speech and that meets one of them.

    speech: in time order, apart from each other. spoken: (T,) of the frames of `grid`. What meets no region stays
    out, so that where there is no speech, there is still none. Returns regions in time order, at least PAUSE apart.
    """
    if not speech:
        return []
    starts, ends = np.array(speech).T
    more_starts, more_ends = _edges(*_runs(is_speech), grid)
    # Of the regions that start before a stretch ends, some do not end before it starts.
    meets = np.searchsorted(starts, more_ends) > np.searchsorted(ends, more_starts, side="right")
    return _joined(np.concatenate([starts, more_starts[meets]]), np.concatenate([ends, more_ends[meets]]))


def _edges(starts: NDArray[np.intp], ends: NDArray[np.intp], grid: FrameGrid) -> tuple[Times, Times]:
    """Seconds: frames start..end-1 begin and end midway between the outer ones and their neighbours."""
    return grid.boundary(starts), grid.boundary(ends)


def _joined(starts: Times, ends: Times) -> list[Region]:
    """Stretches in any order, without the pauses between them that are shorter than PAUSE."""
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    pauses = np.flatnonzero(starts[1:] - ends[:-1] > SHORTEST_PAUSE - ROUNDING)
    starts, ends = np.concatenate([starts[:1], starts[pauses + 1]]), np.concatenate([ends[pauses], ends[-1:]])
    return [Region(*edges) for edges in zip(starts.tolist(), ends.tolist(), strict=True)]


class AudiblePart(NamedTuple):
    """What is heard of a region of speech: seconds at which it has risen, begins to die, and has faded away."""

    start: float
    dying: float
    end: float


def audible_parts(loudness: Curve, level: float, speech: Sequence[Region]) -> list[AudiblePart]:
    """What is heard of each region of speech that is loud enough, in time order.

    loudness: decibels of the power of each frame. level: `loud_level` of that power; speech: `speech_regions`.

    The spectrum changes fastest where a sound begins to die, but its end, to eye and ear, is where it is lost in the
    noise: so the loudness tells it, not the curve.
    """
    decibels, grid = loudness.values, loudness.grid
    top = 10 * np.log10(level) if level > 0 else np.inf
    active = decibels > top + 10 * np.log10(SILENT_SHARE)
    if not active.any():
        return []
    smooth = _smooth(np.maximum(decibels, top + FAINTEST), grid)
    noise = _noise(smooth, active, grid)
    above = smooth - (noise + FADED * (top - noise))
    found = []
    for region in speech:
        first, end = grid.first_from(region)
        loud = np.flatnonzero(above[first:end] > 0)
        if len(loud):
            rising, last = first + loud[0], first + loud[-1]
            final = max(rising, last - round(DYING * grid.sample_rate / grid.hop))
            loudest = final + np.argmax(above[final : last + 1])
            start, faded = _crossing(above, grid, rising, -1), _crossing(above, grid, last, 1)
            found.append(AudiblePart(max(start, region.start), float(grid.centre(loudest)), min(faded, region.end)))
    return found


def _crossing(above: Decibels, grid: FrameGrid, frame: int, step: int) -> float:
    """Seconds at which a straight line from a frame above 0 to the next one (step 1) or the one before is at 0."""
    beyond = frame + step
    if not 0 <= beyond < len(above) or above[beyond] > 0:
        return float(grid.centre(frame))
    share = above[frame] / (above[frame] - above[beyond])
    return float(grid.centre(frame) + step * share * grid.hop / grid.sample_rate)


def _smooth(decibels: Decibels, grid: FrameGrid) -> Decibels:
    """(T,) decibels without what changes from frame to frame."""
    from scipy.ndimage import gaussian_filter1d

    # The first and the last frame are silent: beyond them there is more of that.
    width = 0.0075 * grid.sample_rate / grid.hop
    return _in_parts(decibels, lambda part: gaussian_filter1d(part, width, mode="nearest"), reach=round(4 * width) + 1)


def _in_parts(values: Decibels, filtered: Callable[[Decibels], Decibels], reach: int) -> Decibels:
    """(T,) `filtered` values, each of which depends on `reach` others to either side, at most.

    In parts, since the filters of scipy take four times the memory of what they are given.
    """
    result = np.empty_like(values)
    for start in range(0, len(values), FILTER_BLOCK):
        first = max(0, start - reach)
        result[start : start + FILTER_BLOCK] = filtered(values[first : start + FILTER_BLOCK + reach])[start - first :][
            :FILTER_BLOCK
        ]
    return result


def _noise(smooth: Decibels, active: NDArray[np.bool_], grid: FrameGrid) -> float:
    """The decibels of the noise: of the quietest LULL in every STRETCH of what is not silent (Martin, 2001).

    Of several stretches the median, so that a short drop-out in a long recording is not taken for its noise.
    """
    from scipy.ndimage import uniform_filter1d

    audible_parts = smooth[active]
    width = min(len(audible_parts), round(LULL_SECONDS * grid.sample_rate / grid.hop))
    means = _in_parts(audible_parts, lambda part: uniform_filter1d(part, width), reach=width)
    lulls = means[width // 2 :][: len(audible_parts) - width + 1]  # without those that reach beyond the ends
    stretches = max(1, round(len(lulls) * grid.hop / grid.sample_rate / NOISE_WINDOW))
    return float(np.median([stretch.min() for stretch in np.array_split(lulls, stretches)]))


def within(times: NDArray[np.float64], regions: Sequence[Region], margin: float) -> NDArray[np.bool_]:
    """(M,) which times (seconds) lie in a region of speech or within `margin` seconds of one."""
    if not regions:
        return np.zeros(len(times), dtype=bool)
    starts, ends = np.array(regions).T
    # Regions lie at least PAUSE apart: of those that start before a time, only the last can hold it.
    last = np.searchsorted(starts - margin, times, side="right") - 1
    return np.asarray((last >= 0) & (times <= ends[last] + margin))


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where every run of true values starts, and where it ends (excluded)."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return steps[::2], steps[1::2]
