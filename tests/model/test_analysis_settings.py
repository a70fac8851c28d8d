"""Conventions under which a recording is heard: each against what it says."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from conftest import RATE, mel_segmenter, network_segmenter, noise, speech_like
from hypothesis import given
from hypothesis import strategies as st

from phonseg.audio.recording import open_recording
from phonseg.encoders import chunks as pieces
from phonseg.model.analysis import hear
from phonseg.model.analysis_settings import FLAT, PHONSEG, Conventions
from phonseg.timeline.grid import Curve, FrameGrid, Frames

GRID = FrameGrid(RATE, hop=160, window=465)


@given(st.floats(1e-12, 1e12))
def test_levelled_samples_have_level_one_and_others_keep_theirs(level):
    assert PHONSEG.gain(level) ** 2 * level == pytest.approx(1)
    assert Conventions(levelled=False).gain(level) == 1


def test_silence_has_no_level_to_be_brought_to():
    assert PHONSEG.gain(0) == 0
    assert Conventions(levelled=False).gain(0) == 1


def test_under_phonsegs_own_conventions_all_of_a_curve_counts():
    curve = Curve(np.arange(5, dtype=np.float32), GRID.moved(-480))
    assert PHONSEG.seen(curve, reach=1, n_samples=10) is curve


@pytest.mark.parametrize("segmenter", [mel_segmenter(), network_segmenter()], ids=lambda segmenter: segmenter.name)
@pytest.mark.parametrize("n", [1, 511, 512, 2000, 16_000, 20_001])
def test_without_silence_only_frames_of_the_recording_itself_count(segmenter, n):
    samples = speech_like(8)[0][4000 : 4000 + n]
    views = segmenter.views[:1]
    encoder, contrast = views[0].encoder, views[0].contrast
    alone = replace(PHONSEG, levelled=False, in_silence=False)
    with patch.object(pieces, "FRAMES", 50):
        curve = hear(open_recording((samples, RATE)), views, alone).curve
    whole = contrast(Frames(encoder.encode(samples), encoder.grid))
    count, reach = len(whole.values), contrast.reach
    kept = [t for t in range(count) if t - reach >= 0 and t + max(0, reach - 1) < count]
    np.testing.assert_allclose(curve.values, views[0].weight * whole.values[kept], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(curve.times(), whole.times()[kept], rtol=0, atol=1e-9)


@given(st.lists(st.floats(-10, 10, width=32), max_size=30))
def test_a_stretched_curve_runs_from_0_to_1_and_keeps_its_shape(values):
    curve = Curve(np.array(values, np.float32), GRID)
    stretched = Conventions(stretched=True).seen(curve, reach=1, n_samples=0)
    assert stretched.grid == curve.grid
    span = np.ptp(curve.values) if values else 0  # in single precision, as the curve is
    if span < FLAT:
        assert stretched.values.tolist() == [0] * len(values)
    else:
        np.testing.assert_allclose(stretched.values * span + min(values), values, rtol=0, atol=1e-5)
        assert (stretched.values.min(), stretched.values.max()) == (0, 1)


def test_what_is_cut_off_plays_no_part_in_the_stretching():
    curve = Curve(np.array([9, 9, 9, 1, 3, 2, 9, 9], np.float32), FrameGrid(RATE, 160, 320, origin=-320))
    seen = Conventions(in_silence=False, stretched=True).seen(curve, reach=1, n_samples=160 * 5)
    assert seen.values.tolist() == [0, 1, 0.5]
    np.testing.assert_allclose(seen.times(), [0.015, 0.025, 0.035])


def test_a_recording_in_noise_or_none_changes_only_the_curve():
    recording = open_recording((noise(RATE), RATE))
    views = mel_segmenter().views
    own, other = hear(recording, views), hear(recording, views, Conventions(False, False, True))
    assert (other.level, other.speech) == (own.level, own.speech)
