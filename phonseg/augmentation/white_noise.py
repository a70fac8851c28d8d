"""Samples and a signal-to-noise ratio -> the samples with noise added; everything keeps its time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.level import active_power
from phonseg.timeline.grid import Samples


def white_noise(samples: Samples, sample_rate: int, generator: np.random.Generator, *, snr: float) -> Samples:
    """Adds steady white noise.

    Args:
        samples: (N,) mono samples.
        sample_rate: samples per second.
        generator: from which the noise is drawn.
        snr: decibels, as in `with_noise`.

    Returns:
        (N,) samples.
    """
    return with_noise(samples, sample_rate, generator.normal(size=len(samples)), snr=snr)


def with_noise(samples: Samples, sample_rate: int, noise: NDArray[np.float64], *, snr: float) -> Samples:
    """Adds noise at a signal-to-noise ratio. Nothing is clipped.

    Args:
        samples: (N,) mono samples.
        sample_rate: samples per second.
        noise: (N,) noise of any level, which is scaled.
        snr: signal-to-noise ratio in decibels: the power of the speech without its pauses (see
            `phonseg.audio.level.active_power`) over the mean power of the noise.

    Returns:
        (N,) samples.
    """
    power = active_power(samples, sample_rate) / 10 ** (snr / 10)
    scale = np.sqrt(power / max(np.square(noise).mean(), np.finfo(np.float64).tiny))
    return np.asarray(samples + scale * noise, dtype=np.float32)
