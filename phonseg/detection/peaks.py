"""Dissimilarity curve -> candidate boundaries with their prominence -> those that are far enough apart.

Prominence means what it means in scipy and in mountaineering: how far one must come down from a peak before one can
climb higher. It does not depend on how high the curve is overall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import Curve, Times

# Prominence is measured within this many seconds, half on either side of a peak. Without a limit, scipy's search takes
# quadratic time on a long rising curve, and a peak in a quiet stretch would be compared with peaks minutes away.
SPAN_SECONDS = 1.0


@dataclass(frozen=True)
class OperatingPoint:
    """The prominence from which candidates become boundaries.

    Attributes:
        prominence: in the unit of the curve, above 0.
    """

    prominence: float


def candidate_peaks(curve: Curve, *, span: float | None = SPAN_SECONDS, sub_frame: bool = True) -> tuple[Times, Times]:
    """Finds every local maximum of a curve.

    Args:
        curve: T values.
        span: seconds within which prominence is measured, half on either side; None for the whole curve.
        sub_frame: whether each time is refined by the parabola through the peak and its two neighbours, by at most half
            a frame.

    Returns:
        (M,) times in seconds, increasing, and (M,) prominences above 0.
    """
    from scipy.signal import find_peaks

    values = curve.values.astype(np.float64)
    if span is None:
        peaks, _ = find_peaks(values)
        prominences = _prominences_in_whole(values, peaks)
    else:
        width = 2 * max(1, round(span / 2 * curve.grid.sample_rate / curve.grid.hop)) + 1
        # A plateau as wide as the span has no lower point within it on either side: it has no prominence, and is no
        # peak.
        peaks, found = find_peaks(values, plateau_size=(None, width - 2), prominence=(None, None), wlen=width)
        prominences = np.asarray(found["prominences"])
    frames = peaks + _offset_of_vertex(values, peaks) if sub_frame else peaks
    return curve.grid.boundary(frames), prominences


def _prominences_in_whole(values: Times, peaks: NDArray[np.intp]) -> Times:
    """(M,) prominences of all peaks of a curve, as scipy measures them, but in linear time."""
    if not len(peaks):
        return np.zeros(0)
    valleys = np.minimum.reduceat(values, [0, *peaks])  # the lowest values before the first peak, between two, ...
    heights = values[peaks]
    left = _lowest_since_higher(heights, valleys[:-1])
    right = _lowest_since_higher(heights[::-1], valleys[:0:-1])[::-1]
    return np.asarray(heights - np.maximum(left, right))


def _lowest_since_higher(heights: Times, valleys: Times) -> Times:
    """(M,) for each peak, the lowest of the valleys before it, back to the last peak that is higher."""
    lowest = np.empty(len(heights))
    higher: list[tuple[float, float]] = []  # peaks that no later one has reached, and what lies before each
    for place, (height, valley) in enumerate(zip(heights.tolist(), valleys.tolist(), strict=True)):
        while higher and higher[-1][0] <= height:
            valley = min(valley, higher.pop()[1])
        higher.append((height, valley))
        lowest[place] = valley
    return lowest


def _offset_of_vertex(values: Times, peaks: NDArray[np.intp]) -> Times:
    """(M,) offsets in frames, -0.5..0.5, of the vertex of the parabola through each peak and its neighbours."""
    before, at, after = values[peaks - 1], values[peaks], values[peaks + 1]
    curvature = before - 2 * at + after
    # On a plateau both neighbours equal the peak. Its middle, which find_peaks returns, is then the best estimate.
    offset = np.divide(before - after, 2 * curvature, out=np.zeros(len(peaks)), where=curvature < 0)
    return np.clip(offset, -0.5, 0.5)


def apart(times: Times, strengths: Times, minimum_gap: float) -> NDArray[np.bool_]:
    """Selects peaks that are far enough apart: each peak, strongest first, removes the weaker ones near it.

    Taking the strongest first means that a peak kept at one threshold is kept at every lower one.

    Args:
        times: (M,) seconds, increasing.
        strengths: (M,) for example prominences. Of equally strong peaks the earlier counts as the stronger.
        minimum_gap: seconds, 0 or more. Peaks nearer than this are removed.

    Returns:
        (M,) whether each peak is kept.

    >>> apart(np.array([1.0, 1.01, 1.5]), np.array([0.2, 0.3, 0.1]), minimum_gap=0.02)
    array([False,  True,  True])
    """
    first = np.searchsorted(times, times - minimum_gap, side="right")
    end = np.searchsorted(times, times + minimum_gap, side="left")
    kept, removed = np.zeros((2, len(times)), dtype=bool)
    for peak in np.argsort(-strengths, kind="stable"):
        if not removed[peak]:
            kept[peak] = True
            removed[first[peak] : end[peak]] = True
    return kept
