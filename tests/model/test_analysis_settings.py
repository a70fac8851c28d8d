"""The settings of the analysis: each does what it says."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from conftest import RATE, mel_segmenter, network_segmenter, noise, speech_like
from hypothesis import given, strategies as st

from phonseg.audio.recording import open_recording
from phonseg.encoders import chunks as chunks
from phonseg.model.analysis import analyse
from phonseg.model.analysis_settings import FLAT, PHONSEG_SETTINGS, AnalysisSettings
from phonseg.timeline.grid import Curve, FrameGrid, Frames

GRID = FrameGrid(RATE, hop=160, window=465)


@given(st.floats(1e-12, 1e12))
def test_normalised_samples_have_level_one_and_others_keep_theirs(level):
    assert PHONSEG_SETTINGS.gain(level) ** 2 * level == pytest.approx(1)
    assert AnalysisSettings(level_normalised=False).gain(level) == 1


def test_silence_has_no_level_to_be_brought_to():
    assert PHONSEG_SETTINGS.gain(0) == 0
    assert AnalysisSettings(level_normalised=False).gain(0) == 1


def test_with_phonsegs_own_settings_all_of_a_curve_counts():
    curve = Curve(np.arange(5, dtype=np.float32), GRID.moved(-480))
    assert PHONSEG_SETTINGS.counted_part(curve, reach=1, n_samples=10) is curve


@pytest.mark.parametrize("segmenter", [mel_segmenter(), network_segmenter()], ids=lambda segmenter: segmenter.name)
@pytest.mark.parametrize("n", [1, 511, 512, 2000, 16_000, 20_001])
def test_without_silence_only_frames_of_the_recording_itself_count(segmenter, n):
    samples = speech_like(8)[0][4000 : 4000 + n]
    streams = segmenter.streams[:1]
    encoder, contrast = streams[0].encoder, streams[0].contrast
    alone = replace(PHONSEG_SETTINGS, level_normalised=False, padded_with_silence=False)
    with patch.object(chunks, "CHUNK_FRAMES", 50):
        curve = analyse(open_recording((samples, RATE)), streams, alone).curve
    whole = contrast(Frames(encoder.encode(samples), encoder.grid))
    count, reach = len(whole.values), contrast.reach
    kept = [t for t in range(count) if t - reach >= 0 and t + max(0, reach - 1) < count]
    np.testing.assert_allclose(curve.values, streams[0].weight * whole.values[kept], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(curve.times(), whole.times()[kept], rtol=0, atol=1e-9)


@given(st.lists(st.floats(-10, 10, width=32), max_size=30))
def test_a_min_max_scaled_curve_runs_from_0_to_1_and_keeps_its_shape(values):
    curve = Curve(np.array(values, np.float32), GRID)
    min_max_scaled = AnalysisSettings(min_max_scaled=True).counted_part(curve, reach=1, n_samples=0)
    assert min_max_scaled.grid == curve.grid
    span = np.ptp(curve.values) if values else 0  # in single precision, as the curve is
    if span < FLAT:
        assert min_max_scaled.values.tolist() == [0] * len(values)
    else:
        np.testing.assert_allclose(min_max_scaled.values * span + min(values), values, rtol=0, atol=1e-5)
        assert (min_max_scaled.values.min(), min_max_scaled.values.max()) == (0, 1)


def test_what_is_cut_off_plays_no_part_in_the_scaling():
    curve = Curve(np.array([9, 9, 9, 1, 3, 2, 9, 9], np.float32), FrameGrid(RATE, 160, 320, origin=-320))
    counted_part = AnalysisSettings(padded_with_silence=False, min_max_scaled=True).counted_part(
        curve, reach=1, n_samples=160 * 5
    )
    assert counted_part.values.tolist() == [0, 1, 0.5]
    np.testing.assert_allclose(counted_part.times(), [0.015, 0.025, 0.035])


def test_a_recording_in_noise_or_none_changes_only_the_curve():
    recording = open_recording((noise(RATE), RATE))
    streams = mel_segmenter().streams
    own, other = analyse(recording, streams), analyse(recording, streams, AnalysisSettings(False, False, True))
    assert (other.level, other.speech) == (own.level, own.speech)
