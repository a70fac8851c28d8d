"""Curve -> candidate boundaries with their prominence -> the ones far enough apart.

Prominence is what it is in scipy and in mountaineering: how far one must come down from a peak before reaching
higher ground. It needs no threshold on the height itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline import Curve, Times

# Prominence is measured within half of this on either side. Without a limit scipy's search is quadratic on a long
# rising curve, and a quiet stretch would be judged by mountains minutes away.
SPAN_SECONDS = 1.0


@dataclass(frozen=True)
class OperatingPoint:
    """Which peaks become boundaries, decided for each recording from its own peaks.

    sure: a prominence above which a peak is a boundary whatever the recording. weak_per_sure: how many weaker peaks
    are boundaries for each sure one. lowest: the threshold never falls below this.

    The share of true boundaries that are weak is much the same everywhere; the number of weak peaks is not, for
    noise adds some. So the strongest weak peaks are kept, as many as the sure ones let expect.
    """

    sure: float
    weak_per_sure: float
    lowest: float

    def threshold(self, prominences: Times) -> float:
        """The prominence from which the peaks of a recording, (M,) in any order, count as boundaries."""
        expected = round((prominences > self.sure).sum() * (1 + self.weak_per_sure))
        if expected == 0:
            return self.sure
        if expected >= len(prominences):
            return self.lowest
        # Midway (on a logarithmic scale) between the weakest that is kept and the strongest that is not.
        around = np.sort(prominences)[::-1][expected - 1 : expected + 1]
        return max(self.lowest, float(np.exp(np.log(around).mean())))


def candidate_peaks(curve: Curve) -> tuple[Times, Times]:
    """Every local maximum of a curve: (M,) times in seconds, increasing, and (M,) prominences above 0.

    Times are refined below the frame by the parabola through the peak and its two neighbours, by at most half a
    frame.
    """
    from scipy.signal import find_peaks

    values = curve.values.astype(np.float64)
    span = 2 * round(SPAN_SECONDS / 2 * curve.grid.sample_rate / curve.grid.hop) + 1
    if len(values) < 3:
        return np.zeros(0), np.zeros(0)
    # A plateau as wide as the span shows no lower ground on either side: it has no prominence, and is no peak.
    found, properties = find_peaks(values, plateau_size=(None, span - 2), prominence=(None, None), wlen=span)
    return curve.grid.boundary(found + _offset_of_vertex(values, found)), np.asarray(properties["prominences"])


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
    kept = np.zeros(len(times), dtype=bool)
    driven_out = np.zeros(len(times), dtype=bool)
    for peak in np.argsort(-strengths, kind="stable"):
        if driven_out[peak]:
            continue
        kept[peak] = True
        first = np.searchsorted(times, times[peak] - minimum_gap, side="right")
        last = np.searchsorted(times, times[peak] + minimum_gap, side="left")
        driven_out[first:last] = True
    return kept
