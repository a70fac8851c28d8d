"""Recording -> its frames at level 1, and where its speech is."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import RATE, noise
from hypothesis import given, settings, strategies as st
from voices import spoken_part, talk, two_voices, voice

from phonseg.audio.recording import open_recording
from phonseg.diarization.embedding.windows import FEATURES
from phonseg.encoders.chunks import silence_around
from phonseg.model.speech import level_and_speech

TALK = two_voices()


def test_frames_are_those_of_the_features_at_level_1():
    spoken = spoken_part(TALK)
    level, speech, _ = level_and_speech([TALK], len(TALK), RATE)
    around = np.zeros(silence_around(FEATURES.grid, 0), np.float32)
    power = FEATURES.power_of(np.concatenate([around, TALK, around])).numpy() / level
    np.testing.assert_allclose(spoken.frames, np.log(power + FEATURES.floor), atol=1e-4)
    assert spoken.speech == speech
    assert spoken.grid.origin == -len(around)


def test_runs_are_the_frames_whose_middles_lie_in_the_speech():
    spoken = spoken_part(TALK)
    middles = spoken.grid.centre(np.arange(len(spoken.frames)))
    inside = np.zeros(len(middles), bool)
    for start, end in spoken.speech:
        inside |= (middles >= start - 1e-6) & (middles < end - 1e-6)
    assert spoken.is_speech.tolist() == inside.tolist()
    assert len(spoken.runs) == len(spoken.speech) == 4


@given(st.integers(1, RATE), st.integers(0, 20), st.booleans())
@settings(max_examples=30)
def test_speech_lies_in_the_recording_and_each_region_holds_a_frame(n, seed, silent):
    samples = voice(seed, 1.1, seed)[:n] * np.float32(not silent)
    recording = open_recording((samples, RATE))
    spoken = spoken_part(samples)
    assert len(spoken.runs) == len(spoken.speech)
    last = 0.0
    for region, (first, end) in zip(spoken.speech, spoken.runs, strict=True):
        assert last <= region.start < region.end <= recording.duration
        assert 0 <= first < end <= len(spoken.frames)
        last = region.end
    assert np.isfinite(spoken.frames).all()
    assert not (silent and spoken.speech)


@pytest.mark.parametrize("gain", [1e-4, 1e3])
def test_the_level_does_not_matter(gain):
    plain = spoken_part(TALK)
    other = spoken_part(TALK * np.float32(gain))
    np.testing.assert_allclose(other.frames, plain.frames, atol=1e-3)
    assert other.speech == plain.speech


def test_noise_between_turns_is_no_speech():
    samples = talk([(0, 2.0), (1, 2.0)]) + noise(len(talk([(0, 2.0), (1, 2.0)])), seed=3, level=2e-3)
    assert len(spoken_part(samples).speech) == 2
