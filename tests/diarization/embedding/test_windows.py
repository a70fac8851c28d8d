"""Regions of speech -> windows; log-mel frames -> cepstra without the channel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.fft import dct

from phonseg.diarization.embedding.windows import (
    CEPSTRA,
    FEATURES,
    REACH,
    STEP,
    WINDOW,
    cepstra,
    freed_of_channel,
    windows_in,
)


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Runs of frames with gaps between them."""
    lengths = draw(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 5 * WINDOW)), max_size=6))
    found, last = [], 0
    for gap, length in lengths:
        found.append((last + gap, last + gap + length))
        last += gap + length
    return found


@given(runs(), st.integers(1, 2 * WINDOW))
def test_windows_cover_each_run_and_never_leave_it(given_runs, step):
    windows = windows_in(given_runs, step)
    assert windows.dtype == np.int64
    assert windows.tolist() == sorted(windows.tolist())
    shared = 0
    for first, end in given_runs:
        inside = windows[(windows[:, 0] >= first) & (windows[:, 1] <= end)]
        shared += len(inside)
        assert (inside[0, 0], inside[-1, 1]) == (first, end)
        assert set(np.diff(inside, axis=1).ravel().tolist()) == {min(WINDOW, end - first)}
        steps = np.diff(inside[:, 0])
        assert (steps >= 1).all()
        assert (steps <= step).all()
        assert np.ptp(steps) <= 1 if len(steps) else True  # equally far from each other, to the frame
        if step <= WINDOW:
            assert np.unique(np.concatenate([np.arange(a, b) for a, b in inside])).tolist() == list(range(first, end))
    assert shared == len(windows)


def test_windows_are_as_few_as_their_distance_allows():
    assert len(windows_in([(0, WINDOW)])) == 1
    assert len(windows_in([(0, WINDOW + 1)])) == 2
    assert len(windows_in([(0, WINDOW + STEP)])) == 2
    assert len(windows_in([(0, WINDOW + STEP + 1)])) == 3
    assert windows_in([]).shape == (0, 2)


def slow_cepstra(frames: np.ndarray) -> np.ndarray:
    """Cepstra, and the slopes of straight lines that fit them best."""
    static = np.stack([dct(frame.astype(np.float64), norm="ortho")[:CEPSTRA] for frame in frames])
    slopes = np.empty_like(static)
    for t in range(len(static)):
        around = [static[min(max(t + k, 0), len(static) - 1)] for k in range(-REACH, REACH + 1)]
        slopes[t] = np.polyfit(np.arange(-REACH, REACH + 1), np.array(around), 1)[0]
    return np.concatenate([static, slopes], axis=1)


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_cepstra_are_those_of_scipy_and_their_slopes_those_of_fitted_lines(count):
    frames = np.random.default_rng(0).normal(size=(count, FEATURES.bands)).astype(np.float32)
    np.testing.assert_allclose(cepstra(frames), slow_cepstra(frames), atol=1e-9)


def test_what_a_constant_channel_does_to_each_band_vanishes():
    generator = np.random.default_rng(0)
    frames = generator.normal(size=(60, FEATURES.bands)).astype(np.float32)
    channel = generator.normal(0, 3, FEATURES.bands).astype(np.float32)
    is_speech = generator.random(60) < 0.5
    freed = freed_of_channel(frames, is_speech)
    np.testing.assert_allclose(freed_of_channel(frames + channel, is_speech), freed, atol=1e-5)
    np.testing.assert_allclose(freed[is_speech].mean(axis=0), 0, atol=1e-6)
    assert freed.dtype == np.float32


def test_without_speech_frames_stay_as_they_are():
    frames = np.random.default_rng(0).normal(size=(7, FEATURES.bands)).astype(np.float32)
    assert np.array_equal(freed_of_channel(frames, np.zeros(7, dtype=bool)), frames)
