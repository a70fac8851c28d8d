"""Samples -> the same samples in a room, through another microphone, or over the telephone; nothing moves in time."""

from __future__ import annotations

import numpy as np

from phonseg.timeline.grid import Samples

SHORTEST_T60, LONGEST_T60 = 0.2, 0.8  # seconds
LEAST_DIRECT, MOST_DIRECT = -6.0, 6.0  # decibels from the energy of the tail up to that of the direct sound
COMPANDING, STEPS = 255, 127  # the mu of the mu-law of ITU-T G.711, and its steps on either side of 0
EQUALISER_KNOTS = np.array([0, 0.03, 0.08, 0.2, 0.5, 1.0])  # shares of half the sample rate


def room_response(sample_rate: int, generator: np.random.Generator) -> Samples:
    """Returns the response of a random room: the direct sound, 1, and a tail of decaying noise.

    In every second room high frequencies die faster.

    Args:
        sample_rate: in Hz.
        generator: for all random choices.

    References:
        Polack (1988). La transmission de l'energie sonore dans les salles. These d'etat, Universite du Maine.
    """
    from scipy.signal import lfilter

    t60 = np.exp(generator.uniform(np.log(SHORTEST_T60), np.log(LONGEST_T60)))
    n = round(t60 * sample_rate)
    decay = 10 ** (-3 * np.arange(n) / n)
    tail = generator.standard_normal(n) * decay
    tail[: round(generator.uniform(0.001, 0.006) * sample_rate)] *= 0.2
    if generator.random() < 0.5:
        pole = generator.uniform(0.5, 0.95)
        low, high = lfilter([1 - pole], [1, -pole], tail), tail * decay
        tail = low / np.linalg.norm(low) + 0.5 * high / np.linalg.norm(high)
    tail *= 10 ** (-generator.uniform(LEAST_DIRECT, MOST_DIRECT) / 20) / np.linalg.norm(tail)
    tail[0] = 1
    return np.asarray(tail, dtype=np.float32)


def played_in(samples: Samples, response: Samples) -> Samples:
    """Plays samples in a room.

    Args:
        samples: (N,) mono.
        response: (M,) of the room; see `room_response`.

    Returns:
        (N + M - 1,) samples.
    """
    from scipy.signal import fftconvolve

    return np.asarray(fftconvolve(samples, response), dtype=np.float32)


def telephone(samples: Samples, sample_rate: int, generator: np.random.Generator) -> Samples:
    """Limits samples to a band such as that of the telephone, and in seven of ten cases rounds them by the mu-law.

    Args:
        samples: (N,) mono.
        sample_rate: in Hz.
        generator: for all random choices.

    Returns:
        (N,) samples.
    """
    low, high = generator.uniform(150, 400), generator.uniform(3000, 3900)
    slopes = generator.uniform(6, 16), generator.uniform(16, 60)
    frequencies = np.linspace(0, sample_rate / 2, len(samples) // 2 + 1).clip(1)
    with np.errstate(over="ignore"):
        rejected = (1 + (low / frequencies) ** slopes[0]) * (1 + (frequencies / high) ** slopes[1])
    limited = _filtered(samples, 1 / np.sqrt(rejected))
    return mu_law(limited) if generator.random() < 0.7 else limited


def mu_law(samples: Samples) -> Samples:
    """Rounds samples as the 8-bit mu-law does, with their largest as its full scale.

    Args:
        samples: (N,) mono.

    Returns:
        (N,) samples.
    """
    scale = np.abs(samples).max(initial=0) + np.float32(1e-9)
    coded = np.round(np.log1p(COMPANDING * np.abs(samples / scale)) / np.log1p(COMPANDING) * STEPS) / STEPS
    rounded = np.expm1(coded * np.log1p(COMPANDING)) / COMPANDING
    return np.asarray(np.sign(samples) * rounded * scale, dtype=np.float32)


def equalised(samples: Samples, generator: np.random.Generator) -> Samples:
    """Passes samples through a smooth random equaliser (standard deviation 6 dB at 6 knots).

    Args:
        samples: (N,) mono.
        generator: for all random choices.

    Returns:
        (N,) samples.
    """
    decibels = generator.normal(0, 6, len(EQUALISER_KNOTS))
    shares = np.linspace(0, 1, len(samples) // 2 + 1)
    return _filtered(samples, 10 ** (np.interp(shares, EQUALISER_KNOTS, decibels) / 20))


def _filtered(samples: Samples, gains: np.ndarray) -> Samples:
    """gains: (N // 2 + 1,) of the frequencies from 0 to half the sample rate."""
    from scipy.fft import irfft, rfft

    return np.asarray(irfft(rfft(samples) * gains.astype(np.float32), len(samples)), dtype=np.float32)
