"""How like a recording is to itself, against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import noise, vowel
from numpy.typing import NDArray

from phonseg.tempo.rendering.likeness import HOP, RUMBLE, SILENT, WINDOW, likeness, unit_of


def slow(samples: NDArray[np.float64], moment: int, lag: int, rate: float) -> float:
    """The normalised correlation at one lag, all channels together, of samples at the rate of analysis."""
    half, hop = int(WINDOW / 2 * rate), int(HOP * rate)
    padded = np.pad(samples, ((1000, 1000), (0, 0)))
    at = 1000 + moment * hop
    a, b = padded[at - half : at + half], padded[at + lag - half : at + lag + half]
    silent = 2 * half * SILENT
    return float(((a * b).sum() + silent) / np.sqrt(((a * a).sum() + silent) * ((b * b).sum() + silent)))


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
def test_against_the_definition(rate: int) -> None:
    unit = unit_of(rate)
    generator = np.random.default_rng(rate)
    samples = generator.standard_normal((rate // 5, 2)).astype(np.float32)
    like = likeness(samples, 50, rate)
    assert (like.start, like.unit, rate / like.unit) == (50, unit, 8000)
    coarse, mean = samples.reshape(-1, unit, 2).mean(1), int(RUMBLE * 8000)
    padded = np.pad(coarse.astype(float), ((mean // 2, mean - 1 - mean // 2), (0, 0)), mode="edge")
    risen = coarse - np.array([padded[i : i + mean].mean(0) for i in range(len(coarse))])
    for moment in generator.integers(4, len(like.values) - 4, 10):
        for lag in generator.integers(-like.farthest, like.farthest + 1, 10):
            found = like.values[moment, lag + like.farthest]
            assert found == pytest.approx(slow(risen, int(moment), int(lag), 8000), abs=1e-4)


def test_a_vowel_is_like_itself_a_period_away_and_noise_is_not() -> None:
    period = 16_000 / 125
    voiced = likeness(vowel(8000, (500, 1500), pitch=125.0)[:, None], 0, 16_000)
    middle = voiced.values[voiced.moment(np.array([4000]))[0], voiced.farthest :]
    assert middle[round(period / voiced.unit)] > 0.95
    assert middle[round(period * 1.5 / voiced.unit)] < 0.7
    assert voiced.periodicity[10:-10].min() > 0.95
    assert likeness(noise(8000)[:, None], 0, 16_000).periodicity[10:-10].mean() < 0.5


def test_opposite_channels_do_not_cancel_and_silence_is_like_silence() -> None:
    left = vowel(4000, (500, 1500))
    alone = likeness(left[:, None], 0, 16_000).values
    np.testing.assert_allclose(likeness(np.stack([left, -left], 1), 0, 16_000).values, alone, atol=2e-3)
    np.testing.assert_array_equal(likeness(np.zeros((4000, 1), np.float32), 0, 16_000).values, 1)


def test_an_offset_is_no_likeness() -> None:
    samples = noise(8000)[:, None]
    found = likeness(samples + 1, 0, 16_000).values
    np.testing.assert_allclose(found, likeness(samples, 0, 16_000).values, atol=1e-3)


@pytest.mark.parametrize("pitch", [80.0, 125.0, 210.0, 400.0])
def test_the_period_of_a_vowel(pitch: float) -> None:
    like = likeness(vowel(8000, (500, 1500), pitch)[:, None], 0, 16_000)
    period, voiced = like.periods()
    assert np.all(np.abs(period[10:-10] * like.unit / 16_000 - 1 / pitch) < 1 / 8000)
    assert voiced[10:-10].min() > 0.95
    assert likeness(noise(8000)[:, None], 0, 16_000).periods()[1].mean() < 0.5
