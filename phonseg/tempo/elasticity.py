"""Segmentation -> how readily each moment takes a change of tempo.

What is steady can be made longer or shorter; what changes fast is what the ear recognises a sound by. The curve of
phonseg says how fast the sound changes. Boundaries that a user has set stand for a curve that rises at each of them.
"""

from __future__ import annotations

import numpy as np

from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

# The curve counts in units of its HIGH percentile: what changes as fast as at a clear boundary takes 1 / (RIGID + 1) of
# what it would take if it were wholly steady, which is 1 / RIGID.
HIGH, RIGID = 95.0, 0.3
REACH = 0.020  # seconds: a change of sound is spared on both sides, since it takes about so long


def elasticity(times: Times, segmentation: Segmentation, first: float) -> Times:
    """Returns how readily each moment takes a change of tempo.

    Args:
        times: (M,) seconds from the first sample of the recording, increasing.
        segmentation: of the recording, by phonseg (with a curve) or by the user (boundaries alone).
        first: seconds, where the first sample begins on the time axis of the segmentation.

    Returns:
        (M,) above 0, at most 1 / RIGID; only their proportions count.
    """
    return np.asarray(1 / (RIGID + _change(times + first, segmentation)))


def _change(times: Times, segmentation: Segmentation) -> Times:
    """(M,) how fast the sound changes, about 1 at a clear boundary."""
    from scipy.ndimage import maximum_filter1d

    curve = segmentation.curve
    if curve is None:
        return _bumps(times, segmentation.boundaries)
    reach = round(REACH * curve.grid.sample_rate / curve.grid.hop)
    high = np.percentile(curve.values, HIGH) if len(curve.values) else 0.0
    if high <= 0:
        return np.zeros(len(times))
    dilated = maximum_filter1d(curve.values, 2 * reach + 1)
    return np.asarray(np.interp(times, curve.times(), dilated / high))


def _bumps(times: Times, boundaries: Times) -> Times:
    """(M,) 1 within REACH of a boundary, falling to 0 at twice that."""
    beyond = np.concatenate([[-np.inf], boundaries, [np.inf]])
    after = 1 + np.searchsorted(boundaries, times)
    distances = np.minimum(times - beyond[after - 1], beyond[after] - times)
    return np.asarray(np.clip(2 - distances / REACH, 0, 1))
