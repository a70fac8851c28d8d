"""Bursts -> pins: the parts of a recording that are copied, whatever happens to the tempo of the rest."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from phonseg.detection.peaks import apart
from phonseg.tempo.bursts import Bursts
from phonseg.tempo.payback import can_make_up
from phonseg.timeline.grid import Times

# Seconds around a burst that are copied. With 5 and 15 ms more is lost on the way there and back; with 10 and 30 ms
# little is gained.
BEFORE, AFTER = 0.010, 0.020
APART = 0.060  # seconds: of two bursts nearer than this the weaker is not copied, so that the tempo can change between


def find_pins(bursts: Bursts, edges: Times, even: float) -> NDArray[np.bool_]:
    """Finds what is copied: the strongest bursts, as many as the rest of the recording can make up for.

    Args:
        bursts: of the recording.
        edges: (M + 1,) seconds from the first sample, of cells of about equal length.
        even: ratio of the whole, new to old.

    Returns:
        (M,) whether each cell is copied.
    """
    kept = apart(bursts.times, bursts.strengths, APART)
    strongest = bursts.times[kept][np.argsort(-bursts.strengths[kept], kind="stable")]
    last, duration = len(edges) - 1, edges[-1]
    firsts = np.clip(np.rint((strongest - BEFORE) / duration * last), 0, last).astype(int)
    ends = np.clip(np.rint((strongest + AFTER) / duration * last), 0, last).astype(int)

    def pinned(count: int) -> NDArray[np.bool_]:
        begun, ended = (np.cumsum(np.bincount(places[:count], minlength=last + 1)[:last]) for places in (firsts, ends))
        return np.asarray(begun > ended)

    def too_many(count: int) -> bool:  # one more always asks more of the rest
        copied = float(np.diff(edges)[pinned(count)].sum())
        return not can_make_up(copied, duration - copied, even)

    return pinned(bisect_left(range(1, len(strongest) + 1), True, key=too_many))
