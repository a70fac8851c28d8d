"""Samples, or the power of frames -> the level of the speech, which does not depend on pauses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import Samples

# Frames more than 50 dB below the largest power (in `loud_level`) or the loud level (in `phonseg.detection`) count as
# silent: they say nothing about level or noise.
SILENT_SHARE = 1e-5
ACTIVE_SECONDS = 0.020  # the power of speech is measured in stretches of this length
ACTIVE_DECIBELS = 20.0  # a stretch is active speech unless it lies further than this below the loud level


def loud_level(power: NDArray[np.floating]) -> float:
    """Returns the power of the loud frames of a recording: the 95th percentile of all frames that are not silent.

    Args:
        power: (T,) power of each frame, in any unit, 0 or more.

    Returns:
        The level in the same unit; 0 for digital silence or if there are no frames.
    """
    loudest = power.max(initial=0.0)
    return 0.0 if loudest <= 0 else float(np.percentile(power[power > SILENT_SHARE * loudest], 95))


def active_power(samples: Samples, sample_rate: int) -> float:
    """Returns the mean power of the active speech, in which pauses do not count.

    Speech is active in the stretches of 20 ms whose power is at most 20 dB below their `loud_level`.

    Args:
        samples: (n,) mono samples.
        sample_rate: in Hz.

    Returns:
        The mean square of the active samples; 0 for digital silence.

    References:
        ITU-T Recommendation P.56 (2011), Objective measurement of active speech level, leaves out pauses in a similar
        way.
    """
    n_stretches = max(1, round(len(samples) / (ACTIVE_SECONDS * sample_rate)))
    stretches = np.array_split(np.square(samples, dtype=np.float64), n_stretches)
    power = np.array([stretch.mean() for stretch in stretches if len(stretch)])
    active = power >= loud_level(power) / 10 ** (ACTIVE_DECIBELS / 10)
    return float(power[active].mean()) if active.any() else 0.0
