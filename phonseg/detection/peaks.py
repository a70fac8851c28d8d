"""Curve -> candidate boundaries with their prominence -> the ones far enough apart.

Prominence is what it is in scipy and in mountaineering: how far one must come down from a peak before reaching
higher ground. It needs no threshold on the height itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import Curve, Times

# Prominence is measured within half of this on either side. Without a limit scipy's search is quadratic on a long
# rising curve, and a quiet stretch would be judged by mountains minutes away.
SPAN_SECONDS = 1.0


@dataclass(frozen=True)
class OperatingPoint:
    """Which peaks become boundaries: those of this prominence or more."""

    prominence: float


def candidate_peaks(curve: Curve, *, span: float | None = SPAN_SECONDS, sub_frame: bool = True) -> tuple[Times, Times]:
    """Every local maximum of a curve: (M,) times in seconds, increasing, and (M,) prominences above 0.

    span: seconds within which prominence is measured, half on either side; None for the whole curve. sub_frame:
    whether times are refined below the frame by the parabola through the peak and its two neighbours, by at most half
    a frame.
    """
    from scipy.signal import find_peaks

    values = curve.values.astype(np.float64)
    if len(values) < 3:
        return np.zeros(0), np.zeros(0)
    reach = len(values) if span is None else round(span / 2 * curve.grid.sample_rate / curve.grid.hop)
    width = 2 * reach + 1
    # A plateau as wide as the span shows no lower ground on either side: it has no prominence, and is no peak.
    found, properties = find_peaks(values, plateau_size=(None, width - 2), prominence=(None, None), wlen=width)
    places = found + _offset_of_vertex(values, found) if sub_frame else found
    return curve.grid.boundary(places), np.asarray(properties["prominences"])


def _offset_of_vertex(values: Times, peaks: NDArray[np.intp]) -> Times:
    """(M,) offsets in frames, -0.5..0.5, of the vertex of the parabola through each peak and its neighbours."""
    before, at, after = values[peaks - 1], values[peaks], values[peaks + 1]
    curvature = before - 2 * at + after
    # On a plateau both neighbours equal the peak: there the middle, which find_peaks gives, is the best guess.
    offset = np.divide(before - after, 2 * curvature, out=np.zeros(len(peaks)), where=curvature < 0)
    return np.clip(offset, -0.5, 0.5)


def apart(times: Times, strengths: Times, minimum_gap: float) -> NDArray[np.bool_]:
    """(M,) which peaks remain when, strongest first, each drives out the weaker ones nearer than `minimum_gap` seconds.

    times: (M,) increasing seconds. Of equal peaks the earlier is the stronger. Taking the strongest first makes the
    choice of a threshold monotone: what is kept at one threshold is kept at every lower one.
    """
    close = np.diff(times) < minimum_gap * (1 + 1e-9)
    contested = np.zeros(len(times), dtype=bool)
    contested[1:] |= close
    contested[:-1] |= close
    kept = ~contested
    driven_out = np.zeros(len(times), dtype=bool)
    order = np.argsort(-strengths, kind="stable")
    for peak in order[contested[order]]:
        if driven_out[peak]:
            continue
        kept[peak] = True
        first = np.searchsorted(times, times[peak] - minimum_gap, side="right")
        last = np.searchsorted(times, times[peak] + minimum_gap, side="left")
        driven_out[first:last] = True
    return kept
