"""Random numbers -> sounds that are no speech: noise, wind, hum, clicks, tones. All have a mean square of 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import Samples

# Where the knots of random spectra lie, as shares of half the sample rate.
KNOTS = np.array([0, 0.0125, 0.03, 0.08, 0.2, 0.5, 1.0])


def coloured_noise(n: int, generator: np.random.Generator) -> Samples:
    """Returns steady noise with a random smooth spectrum: a wandering one, or one that falls.

    Args:
        n: samples, at least 1.
        generator: for all random choices.
    """
    if generator.random() < 0.5:
        decibels = np.cumsum(generator.normal(0, 4, len(KNOTS)))
    else:
        decibels = np.linspace(0, generator.uniform(-50, 10), len(KNOTS)) + generator.normal(0, 3, len(KNOTS))
    return _filtered_noise(n, decibels, KNOTS, generator)


def wind(n: int, generator: np.random.Generator) -> Samples:
    """Returns low noise that swells and falls, as of wind, breath on the microphone, or a hand on it.

    Args:
        n: samples, at least 1.
        generator: for all random choices.
    """
    corner, slope = np.exp(generator.uniform(np.log(0.006), np.log(0.06))), generator.uniform(30, 80)
    octaves = np.log10(np.maximum(1, KNOTS / corner))
    noise = _filtered_noise(n, -slope * octaves, KNOTS, generator)
    return _unit(noise * wavering(n, generator, 800, 10_000, generator.uniform(3, 10)))


def hum(n: int, sample_rate: int, generator: np.random.Generator) -> Samples:
    """Returns the hum of mains.

    Args:
        n: samples, at least 1.
        sample_rate: in Hz.
        generator: for all random choices.
    """
    lowest = generator.choice([50, 60, 100, 120])
    return _tones(n, sample_rate, lowest * np.arange(1, 6), generator.random(5), generator)


def wavering(n: int, generator: np.random.Generator, shortest: int, longest: int, decibels: float) -> Samples:
    """Returns a gain that wavers.

    Args:
        n: samples, at least 1.
        generator: for all random choices.
        shortest: samples from one knot of the gain to the next, at least, 1 or more.
        longest: the same, at most.
        decibels: standard deviation at the knots.
    """
    knots = 2 + round(n / generator.uniform(shortest, longest))
    gain = np.interp(np.arange(n), np.linspace(0, n, knots), generator.normal(0, decibels, knots))
    return np.asarray(10 ** (gain / 20), dtype=np.float32)


def other_sound(sample_rate: int, generator: np.random.Generator) -> Samples:
    """Returns a short sound that is no speech: a click, a knock, rustling, a breath, a gust, or tones.

    Args:
        sample_rate: in Hz.
        generator: for all random choices.

    Returns:
        Mono samples, up to 2 s.
    """
    kind = generator.integers(6)
    shortest, longest = ((0.005, 0.08), (0.1, 1.0), (0.15, 0.8), (0.1, 1.0), (0.1, 2.0), (0.1, 2.0))[kind]
    n = round(np.exp(generator.uniform(np.log(shortest), np.log(longest))) * sample_rate)
    if kind == 0:
        sound = coloured_noise(n, generator) * np.exp(-np.arange(n) / n * generator.uniform(3, 8))
    elif kind == 1:
        sound = coloured_noise(n, generator) * wavering(n, generator, 320, 1600, generator.uniform(3, 8))
    elif kind == 2:
        sound = coloured_noise(n, generator) * np.hanning(n)
    elif kind == 3:
        pitches = np.exp(generator.uniform(np.log(100), np.log(6000), generator.integers(1, 4)))
        sound = _tones(n, sample_rate, pitches, np.ones(len(pitches)), generator)
    else:
        sound = wind(n, generator) * np.hanning(n) ** generator.uniform(0.3, 1)
    fade = min(n // 4, sample_rate // 100)
    return _unit(sound * np.minimum(1, np.minimum(16 * np.arange(n), np.arange(n)[::-1]) / max(1, fade)))


def _filtered_noise(
    n: int, decibels: NDArray[np.float64], knots: NDArray[np.float64], generator: np.random.Generator
) -> Samples:
    from scipy.fft import irfft, next_fast_len, rfft

    padded = next_fast_len(n, real=True)
    spectrum = rfft(generator.standard_normal(padded, dtype=np.float32))
    gain = 10 ** (np.interp(np.linspace(0, 1, len(spectrum)), knots, decibels) / 20)
    return _unit(irfft(spectrum * gain.astype(np.float32), padded)[:n])


def _tones(
    n: int, sample_rate: int, pitches: NDArray[np.float64], weights: NDArray[np.float64], generator: np.random.Generator
) -> Samples:
    times = np.arange(n, dtype=np.float32) * np.float32(2 * np.pi / sample_rate)
    phases = generator.uniform(0, 2 * np.pi, len(pitches))
    parts = zip(pitches, weights, phases, strict=True)
    return _unit(np.sum([weight * np.sin(times * np.float32(pitch) + phase) for pitch, weight, phase in parts], axis=0))


def _unit(sound: NDArray[np.floating]) -> Samples:
    """The sound with a mean square of 1."""
    return np.asarray(sound / np.sqrt(np.square(sound).mean() + 1e-20), dtype=np.float32)
