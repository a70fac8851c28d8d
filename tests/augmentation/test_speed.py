"""The same speech, faster or slower."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import RATE, noise, tone
from hypothesis import given, strategies as st

from phonseg.augmentation.speed import PlaybackSpeed, change_speed

factors = st.floats(0.5, 2.0)


@given(factor=factors, n=st.integers(0, RATE), seed=st.integers(0, 9))
def test_a_recording_takes_its_duration_divided_by_the_factor(factor, n, seed):
    samples = noise(n, seed)
    before = samples.copy()
    played = PlaybackSpeed(factor).played(samples, RATE)
    assert played.dtype == np.float32
    assert len(played) == pytest.approx(n / factor, abs=1)
    np.testing.assert_array_equal(samples, before)


@given(factor=factors, times=st.lists(st.floats(0.2, 0.8), min_size=1, max_size=3))
def test_an_event_in_the_copy_is_mapped_back_to_its_time_in_the_recording(factor, times):
    seconds = np.arange(RATE) / RATE
    for time in times:
        bump = np.exp(-(((seconds - time) / 0.005) ** 2)).astype(np.float32)
        power = np.square(PlaybackSpeed(factor).played(bump, RATE), dtype=np.float64)
        found = np.sum(np.arange(len(power)) / RATE * power) / power.sum()
        assert PlaybackSpeed(factor).original_times(np.array([found])) == pytest.approx(time, abs=0.5 / RATE)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_frequencies_rise_by_the_factor(factor):
    played = PlaybackSpeed(factor).played(tone(RATE, 1000), RATE)
    spectrum = np.abs(np.fft.rfft(played * np.hanning(len(played))))
    assert spectrum.argmax() * RATE / len(played) == pytest.approx(1000 * factor, abs=2)


def test_at_the_factor_1_nothing_changes():
    samples, times = noise(1000), np.array([0.1, 0.3])
    np.testing.assert_array_equal(PlaybackSpeed(1.0).played(samples, RATE), samples)
    np.testing.assert_array_equal(PlaybackSpeed(1.0).original_times(times), times)


@pytest.mark.parametrize("factor", [0.0, -1.0])
def test_a_speed_that_is_not_above_0_is_refused(factor):
    with pytest.raises(ValueError, match="rate"):
        PlaybackSpeed(factor).played(noise(100), RATE)


# Mel-band power


@given(n=st.integers(2, 60), n_frames=st.integers(2, 60))
def test_at_another_tempo_frames_lie_evenly_between_the_first_and_the_last(n, n_frames):
    place = torch.arange(float(n))[None, :, None] * torch.tensor([1.0, -2.0])
    faster = change_speed(place, n_frames)
    expected = np.linspace(0, n - 1, n_frames)
    assert faster.shape == (1, n_frames, 2)
    np.testing.assert_allclose(faster[0, :, 0], expected, atol=1e-4)
    np.testing.assert_allclose(faster[0, :, 1], -2 * expected, atol=1e-4)


def test_at_its_own_tempo_speech_does_not_change():
    power = torch.rand(2, 9, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(change_speed(power, 9), power)
