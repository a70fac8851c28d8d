"""Elasticity and pins -> how many times as long each moment becomes, so that the whole is exact.

What a moment does not take of the change, its neighbours within a syllable take, so that syllables keep their rhythm:
the map stays close to the even one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import Times

SYLLABLE = 0.150  # seconds: standard deviation of the Gaussian within which is paid back what is not taken
# How often what is still missing is paid back. More bring the map nearer to the even one, but leave less to elasticity;
# 3 was chosen as `phonseg.tempo.elasticity` says. At a factor of 0.66 a sentence then strays about 30 ms at most.
ROUNDS = 3
WIDEST = 2.0  # no ratio is more than this many times above or below the even one
HALVINGS = 60  # of the interval in which a scale is sought: as fine as floating-point numbers are


def limits(even: float) -> tuple[float, float]:
    """Returns the least and the largest ratio: within twice the even one, and never against the change.

    Args:
        even: ratio of the whole, new to old, 0.5 to 2.

    >>> limits(2.0), limits(0.5), limits(1.25)
    ((1.0, 4.0), (0.25, 1.0), (1.0, 2.5))
    """
    return (1.0, even * WIDEST) if even > 1 else (even / WIDEST, 1.0)


def can_make_up(copied: float, rest: float, even: float) -> bool:
    """Returns whether the rest of a recording can make up for what is copied.

    Args:
        copied: how much is copied, 0 or more, in any unit.
        rest: how much is not, in the same unit.
        even: ratio of the whole, new to old.
    """
    least, most = limits(even)
    return least * rest <= even * (copied + rest) - copied <= most * rest


def duration_ratios(elasticities: Times, lengths: Times, pinned: NDArray[np.bool_], even: float, cell: float) -> Times:
    """Finds the ratio of new to old duration of each cell.

    Args:
        elasticities: (M,) of the cells, above 0.
        lengths: (M,) of the cells, about equal, in any unit.
        pinned: (M,) which cells are copied; the rest can make up for them.
        even: ratio of the whole, new to old.
        cell: seconds, of one cell.

    Returns:
        (M,) 1 where pinned, elsewhere within `limits`. Weighted by the lengths, their mean is `even`.
    """
    from scipy.ndimage import gaussian_filter1d

    least, most = limits(even)
    ratios = np.where(pinned, 1.0, np.clip(even ** (elasticities / elasticities.mean()), least, most))
    free = ~pinned
    for _ in range(ROUNDS):
        local = gaussian_filter1d(ratios, SYLLABLE / cell, mode="nearest")
        ratios[free] = np.clip(ratios[free] * even / local[free], least, most)
    wanted = even * lengths.sum() - lengths[pinned].sum()
    ratios[free] = _scaled(ratios[free], lengths[free], wanted, least, most)
    return np.asarray(ratios)


def _scaled(ratios: Times, lengths: Times, wanted: float, least: float, most: float) -> Times:
    """The ratios times one number, within the limits, so that the new lengths add up to what is wanted."""
    low, high = least / ratios.max(initial=least), most / ratios.min(initial=most)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if np.clip(ratios * middle, least, most) @ lengths < wanted:
            low = middle
        else:
            high = middle
    return np.asarray(np.clip(ratios * high, least, most))
