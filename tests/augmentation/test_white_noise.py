"""Noise that is added to recordings: how much of it there is, what its spectrum is, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import RATE, noise, speech_like, tone
from hypothesis import given, strategies as st
from scipy.signal import correlate

from phonseg.augmentation.white_noise import white_noise, with_noise


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(snr=st.floats(-20, 40), level=st.floats(0.001, 1), loudness=st.floats(1e-6, 1e6))
def test_noise_lies_as_far_below_the_active_speech_as_was_asked_whatever_its_own_level(snr, level, loudness):
    samples = np.pad(tone(RATE, 500, level), RATE)  # a second of sound, and two of silence
    drawn = loudness * generator().normal(size=len(samples))
    for noisy in (with_noise(samples, RATE, drawn, snr=snr), white_noise(samples, RATE, generator(), snr=snr)):
        added = np.mean(np.square(noisy.astype(np.float64) - samples))
        assert 10 * np.log10(level**2 / 2 / added) == pytest.approx(snr, abs=0.01)


def test_white_noise_has_the_same_power_at_all_frequencies():
    samples = tone(10 * RATE, 500)
    spectrum = np.square(np.abs(np.fft.rfft(white_noise(samples, RATE, generator(), snr=0) - samples)))
    bands = [band.mean() for band in np.array_split(spectrum, 8)]
    assert np.abs(10 * np.log10(bands / np.mean(bands))).max() < 0.5


@given(n=st.integers(1, 3 * RATE // 10), seed=st.integers(0, 9))
def test_as_many_float32_samples_come_out_as_went_in_which_stay_as_they_were(n, seed):
    samples = noise(n, seed)
    before = samples.copy()
    noisy = white_noise(samples, RATE, generator(seed), snr=10)
    assert noisy.shape == (n,)
    assert noisy.dtype == np.float32
    assert np.isfinite(noisy).all()
    assert np.array_equal(samples, before)
    assert np.array_equal(noisy, white_noise(samples, RATE, generator(seed), snr=10))


def test_nothing_moves_in_time_and_digital_silence_stays_silent():
    samples, _ = speech_like(10, seed=1)
    assert correlate(white_noise(samples, RATE, generator(), snr=10), samples).argmax() == len(samples) - 1
    assert not white_noise(np.zeros(RATE, np.float32), RATE, generator(), snr=10).any()
