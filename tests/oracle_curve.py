"""Slow and obviously right: the contrast of frames, and the peaks of a curve, straight from their definitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def left_right_contrast(
    frames: Sequence[Sequence[float]], distance: Callable[[np.ndarray, np.ndarray], float], lags: Sequence[int]
) -> list[float]:
    """For every place t: the mean over the lags k of the distance between the means of k frames on either side.

    The first and the last frame stand for what lies beyond the ends.
    """
    n = len(frames)

    def mean(places: range) -> np.ndarray:
        return np.mean([frames[min(max(i, 0), n - 1)] for i in places], axis=0)

    return [float(np.mean([distance(mean(range(t - k, t)), mean(range(t, t + k))) for k in lags])) for t in range(n)]


def peaks(values: Sequence[float], reach: int) -> list[tuple[int, float]]:
    """(place, prominence) of every local maximum whose prominence, within `reach` values on either side, is above 0.

    Of several equal values in a row that are higher than both neighbours, the place is the middle, or left of it.
    """
    found = []
    for start in range(1, len(values)):
        end = start
        while end + 1 < len(values) and values[end + 1] == values[start]:
            end += 1
        if end + 1 == len(values) or not values[start - 1] < values[start] > values[end + 1]:
            continue
        peak = (start + end) // 2
        prominence = values[peak] - max(_lowest(values, peak, -1, reach), _lowest(values, peak, 1, reach))
        if prominence > 0:
            found.append((peak, prominence))
    return found


def _lowest(values: Sequence[float], peak: int, step: int, reach: int) -> float:
    """The lowest value on the way from a peak, in one direction, until higher ground, the end, or `reach` values."""
    lowest, place = values[peak], peak
    while 0 <= place < len(values) and abs(place - peak) <= reach and values[place] <= values[peak]:
        lowest = min(lowest, values[place])
        place += step
    return lowest


def vertex(before: float, at: float, after: float) -> float:
    """The offset, at most half a step to either side, of the top of the parabola through three neighbouring values."""
    if before == at == after:
        return 0.0
    square, linear, _ = np.polyfit([-1, 0, 1], [before, at, after], 2)
    return float(np.clip(-linear / (2 * square), -0.5, 0.5))
