"""Segmentation -> how readily each moment takes a change of tempo.

What is steady can be made longer or shorter; what changes fast is what the ear recognises a sound by. The curve of
phonseg says how fast the sound changes. Boundaries that a user has set stand for a curve that rises at each of them.
"""

from __future__ import annotations

import numpy as np

from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

# The curve counts in units of its HIGH percentile: a clear boundary takes RIGID / (RIGID + 1) of what a wholly steady
# moment takes. RIGID and REACH were chosen without labels, on recordings in three languages, by how far the result
# differs from the old recording read through the map and by how many boundaries are found again in it. From 0.15 to 0.3
# and from 0 to 20 ms there is little to choose.
HIGH, RIGID = 95.0, 0.2
REACH = 0.010  # seconds: also what lies so near to a change is spared, since frames are blurred by about so much


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
