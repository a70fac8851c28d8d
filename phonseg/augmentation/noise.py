"""A recording and a signal-to-noise ratio -> the recording in noise, with everything at the same times as before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.channels import Samples
from phonseg.audio.level import active_power


def white_noise(samples: Samples, sample_rate: int, generator: np.random.Generator, *, snr: float) -> Samples:
    """Add steady white noise.

    Args:
        samples: (n,) mono samples.
        sample_rate: samples per second.
        generator: that the noise is drawn from.
        snr: decibels, as for `with_noise`.

    Returns:
        (n,) samples.
    """
    return with_noise(samples, sample_rate, generator.normal(size=len(samples)), snr=snr)


def with_noise(samples: Samples, sample_rate: int, noise: NDArray[np.float64], *, snr: float) -> Samples:
    """Add noise at a signal-to-noise ratio. Nothing is clipped.

    Args:
        samples: (n,) mono samples.
        sample_rate: samples per second.
        noise: (n,) of any level.
        snr: decibels from the mean power of the noise up to that of the active speech (`active_power`), not of its
            pauses.

    Returns:
        (n,) samples.
    """
    power = active_power(samples, sample_rate) / 10 ** (snr / 10)
    scale = np.sqrt(power / max(np.square(noise).mean(), np.finfo(np.float64).tiny))
    return np.asarray(samples + scale * noise, dtype=np.float32)
