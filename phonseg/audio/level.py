"""The samples of a recording, or the power of its frames -> how loud its speech is, whatever its pauses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.channels import Samples

# Frames whose power is below this share of that of the loud ones (50 dB) are as good as silent: they tell nothing about
# level or noise.
SILENT_SHARE = 1e-5
# Speech is active where its power over so many seconds lies no more than so many decibels below that of its loud parts.
ACTIVE_SECONDS, ACTIVE_DECIBELS = 0.020, 20.0


def loud_level(power: NDArray[np.floating]) -> float:
    """The power of the loud frames of a recording: the 95th percentile over all frames that are not silent.

    Args:
        power: (T,) of each frame, in any unit, 0 or more.

    Returns:
        The level in the same unit; 0 for digital silence or no frame at all.
    """
    loudest = power.max(initial=0.0)
    if loudest <= 0:
        return 0.0
    return float(np.percentile(power[power > SILENT_SHARE * loudest], 95))


def active_power(samples: Samples, sample_rate: int) -> float:
    """Mean power of the active speech, for which pauses count for nothing, however long they are.

    Speech is active in the stretches of 20 ms whose power is no more than 20 dB below their `loud_level`. ITU-T P.56
    leaves pauses out of its active speech level in much the same way.

    Args:
        samples: (n,) mono samples.
        sample_rate: samples per second.

    Returns:
        The mean square of the active samples; 0 for digital silence.
    """
    n_stretches = max(1, round(len(samples) / (ACTIVE_SECONDS * sample_rate)))
    stretches = np.array_split(np.square(samples, dtype=np.float64), n_stretches)
    power = np.array([stretch.mean() for stretch in stretches if len(stretch)])
    active = power >= loud_level(power) / 10 ** (ACTIVE_DECIBELS / 10)
    return float(power[active].mean()) if active.any() else 0.0
