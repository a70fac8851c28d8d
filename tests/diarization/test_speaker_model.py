"""Recording -> who speaks when, with a small model."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
import soxr
import torch
from conftest import RATE, noise, pink_noise, tone, vowel
from hypothesis import given, settings, strategies as st
from numeric_states import STATES, restored, settings_of_the_process
from voices import PAUSE, speaker_model, talk, two_voices, voice

import phonseg
from phonseg.audio.recording import open_recording
from phonseg.diarization import speaker_model as module
from phonseg.diarization.diarize import diarize
from phonseg.diarization.speaker_model import SpeakerModel, load_speakers
from phonseg.diarization.speech_frames import read_speech_frames
from phonseg.errors import AudioError, ConfigurationError, ModelError, PhonsegWarning
from phonseg.model.speech import find_speech
from phonseg.timeline.diarization import Diarization

TALK = two_voices()


@pytest.fixture(scope="module")
def model() -> SpeakerModel:
    return speaker_model()


@pytest.fixture(scope="module")
def found(model: SpeakerModel) -> Diarization:
    return model.diarize((TALK, RATE))


def same(one: Diarization, other: Diarization) -> bool:
    return (one.turns, one.duration, one.start) == (other.turns, other.duration, other.start)


# What is found


def test_two_made_voices_are_told_apart_where_they_speak(model):
    found = model.diarize((TALK, RATE), speakers=2)
    assert [turn.speaker for turn in found] == ["speaker 1", "speaker 2"] * 2
    expected = np.cumsum([PAUSE, 4.0, PAUSE, 4.5, PAUSE, 3.5, PAUSE, 4.5])
    np.testing.assert_allclose([time for turn in found for time in turn[:2]], expected, atol=0.1)
    assert found.duration == len(TALK) / RATE
    assert found.start == 0


def test_turns_are_together_the_speech_and_do_not_overlap(model, found):
    recording = open_recording((TALK, RATE))
    speech = read_speech_frames(recording, *find_speech(recording, phonseg.load())).speech
    for k in (1, 2, 3, None):
        turns = found.at(speakers=k).turns
        parts: list[list[float]] = []
        for turn in turns:
            if parts and turn.start <= parts[-1][1]:
                assert turn.start == parts[-1][1]
                parts[-1][1] = turn.end
            else:
                parts.append([turn.start, turn.end])
            assert 0 <= turn.score <= 1
        assert parts == [list(region) for region in speech]


@pytest.mark.parametrize("speakers", [1, 2, 3, 5, (1, 3), (3, 4), (1, 1), None])
def test_the_choice_can_be_made_later(model, found, speakers):
    at_once = model.diarize((TALK, RATE), speakers=speakers)
    later = found.at(speakers=4).at(speakers=speakers)
    assert same(later, at_once)
    assert later.provenance == at_once.provenance
    if isinstance(speakers, int):
        assert len(at_once.speakers) == speakers
    elif speakers:
        assert speakers[0] <= len(at_once.speakers) <= speakers[1]


def test_more_speakers_than_windows_are_refused(model):
    with pytest.raises(
        ConfigurationError, match=r"^<samples>: has only \d\.\d s of speech, and speakers is 40\. Give few"
    ):
        model.diarize((voice(0, 1.0), RATE), speakers=40)
    with pytest.raises(ConfigurationError, match=r"^<samples>: has no speech, and speakers is 2\. Give fewer"):
        model.diarize((np.zeros(RATE), RATE), speakers=2)


def test_the_recording_that_has_too_little_speech_is_named(model, tmp_path):
    path = tmp_path / "short.wav"
    soundfile.write(path, voice(0, 1.0), RATE)
    message = rf"^{re.escape(str(path))}: has only .* and speakers is 40\."
    with pytest.raises(ConfigurationError, match=message):
        model.diarize(path, speakers=40)
    with pytest.raises(ConfigurationError, match=message):
        model.diarize(path).at(speakers=40)


def test_the_provenance_tells_the_model_and_the_options(found, model):
    assert found.provenance.model == "small"
    assert found.provenance.settings == {"channel": "mix", "speech_model": phonseg.load().digest}
    stereo = np.stack([TALK, TALK], axis=1)
    told = model.diarize((stereo, RATE), speakers=(2, 3), channel=2).provenance.settings
    del told["speech_model"]
    assert told == {"channel": 2, "speakers": "2-3"}


# What may be given


def test_each_kind_of_source_gives_the_same(model, tmp_path):
    path = tmp_path / "talk.flac"
    soundfile.write(path, TALK, RATE, subtype="PCM_24")
    samples, _ = soundfile.read(path, dtype="float32")
    expected = model.diarize((samples, RATE))
    for source in (path, str(path), io.BytesIO(path.read_bytes()), (samples.tolist(), RATE), (samples[:, None], RATE)):
        assert same(model.diarize(source), expected)
    assert model.diarize(path).recording_name == "talk.flac"
    assert same(diarize(path, model=model), expected)
    model.save(tmp_path / "m.safetensors")
    assert same(
        diarize(path, model=tmp_path / "m.safetensors"), load_speakers(tmp_path / "m.safetensors").diarize(path)
    )


def test_one_channel_or_the_mean_of_all(model, found):
    other = talk([(5, 3.0)])[: len(TALK)]
    other = np.pad(other, (0, len(TALK) - len(other)))
    both = np.stack([TALK, other], axis=1)
    assert same(model.diarize((both, RATE), channel=1), found)
    assert same(model.diarize((both, RATE), channel=2), model.diarize((other, RATE)))
    assert same(model.diarize((both, RATE)), model.diarize((both.mean(axis=1), RATE)))
    with pytest.raises(AudioError, match="channel"):
        model.diarize((both, RATE), channel=3)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_other_sample_rates_tell_the_same_voices_apart(model, found, rate):
    again, found = model.diarize((soxr.resample(TALK, RATE, rate), rate), speakers=2), found.at(speakers=2)
    assert [turn.speaker for turn in again] == [turn.speaker for turn in found]
    np.testing.assert_allclose([t[:2] for t in again], [t[:2] for t in found], atol=0.1)


def test_the_level_does_not_matter(model, found):
    for gain in (1e-3, 30.0):
        again = model.diarize((TALK * np.float32(gain), RATE))
        assert [turn[:3] for turn in again] == [turn[:3] for turn in found]


@pytest.mark.parametrize("start", [-20.0, 0.5, 1.1, 12_345.6789])
def test_the_times_of_a_sound_are_on_its_own_axis(model, start):
    sound = parselmouth.Sound(TALK.astype(np.float64), RATE)
    samples = model.diarize((sound.values[0], RATE))
    sound.shift_times_by(start)
    found = model.diarize(sound)
    assert (found.start, found.end) == pytest.approx((sound.xmin, sound.xmax), abs=1e-9)
    np.testing.assert_allclose([t[:2] for t in found], np.array([t[:2] for t in samples]) + start, rtol=0, atol=1e-9)
    assert [turn[2] for turn in found] == [turn[2] for turn in samples]
    for k in (1, 2, 3):
        assert same(found.at(speakers=k), model.diarize(sound, speakers=k))


@given(st.floats(-100, 100), st.floats(0, 0.3), st.floats(0.03, 2.0))
@settings(max_examples=25)
def test_a_sound_that_is_all_speech_has_turns_inside_it(shift, start, length):
    sound = parselmouth.Sound(voice(1, 2.5).astype(np.float64), RATE)
    sound.shift_times_by(shift)
    part = sound.extract_part(shift + start, shift + start + length, preserve_times=True)
    found = speaker_model().diarize(part)
    assert all(found.start <= turn.start < turn.end <= found.end for turn in found)
    assert same(found.at(speakers=None), found)


# Recordings that say little


SOUNDS = {
    "digital silence": np.zeros(2 * RATE, np.float32),
    "one sample": np.array([0.5], np.float32),
    "0.1 s of silence": np.zeros(RATE // 10, np.float32),
    "0.1 s of a voice": voice(0, 0.1),
    "0.1 s of noise": noise(RATE // 10),
    "white noise": noise(3 * RATE),
    "pink noise": pink_noise(3 * RATE),
    "a tone": tone(2 * RATE, 440),
    "a vowel": vowel(2 * RATE),
    "an impulse": np.eye(1, 2 * RATE, RATE, dtype=np.float32)[0],
    "a constant": np.full(RATE, 0.3, np.float32),
    "an impulse in silence at the end": np.eye(1, RATE, RATE - 1, dtype=np.float32)[0],
    "a voice without a pause": voice(0, 3.0),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_what_says_little_has_no_speaker_or_one(model, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PhonsegWarning)
        found = model.diarize((SOUNDS[name], RATE))
    assert found.speakers in ((), ("speaker 1",))
    assert found.duration == len(SOUNDS[name]) / RATE
    if name == "digital silence":
        assert not found.turns
        assert found.at(speakers=None).turns == ()
    if "voice" in name and not name.startswith("0.1"):
        assert found.speakers


@pytest.mark.parametrize("n", [1, 2, 100, 159, 160, 161, 511, 512, 513, 800, 2_400])
def test_a_recording_may_be_of_any_length(model, n):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PhonsegWarning)
        for samples in (voice(0, 0.5)[:n], np.zeros(n, np.float32)):
            assert model.diarize((samples, RATE)).duration == n / RATE


# The same in every program


def test_the_same_recording_gives_the_same(model, found):
    again = model.diarize((TALK, RATE))
    assert same(again, found)
    assert np.array_equal(again.evidence.projected, found.evidence.projected)


@pytest.mark.parametrize("name", STATES)
def test_whatever_is_set_elsewhere_it_is_the_same_and_stays_set(model, found, name, tmp_path):
    saved = model.save(tmp_path / "m.safetensors")
    with STATES[name]():
        before = settings_of_the_process()
        again = model.diarize((TALK, RATE))
        later = again.at(speakers=3)
        loaded = load_speakers(tmp_path / "m.safetensors")
        read = loaded.diarize((TALK, RATE))
        digest = loaded.save(tmp_path / "again.safetensors").digest
        assert settings_of_the_process() == before
    assert same(again, found)
    assert np.array_equal(again.evidence.projected, found.evidence.projected)
    assert same(later, found.at(speakers=3))
    assert digest == saved.digest
    assert [turn[:3] for turn in read] == [turn[:3] for turn in found]


def test_flushing_tiny_numbers_and_more_threads_make_no_difference(model, found):
    with restored(lambda: torch.set_flush_denormal(True), lambda: torch.set_flush_denormal(False)):
        assert same(model.diarize((TALK, RATE)), found)
    threads = torch.get_num_threads()
    with restored(lambda: torch.set_num_threads(2), lambda: torch.set_num_threads(threads)):
        again = model.diarize((TALK, RATE))
        assert torch.get_num_threads() == 2
    assert [turn[:3] for turn in again] == [turn[:3] for turn in found]
    np.testing.assert_allclose(again.evidence.projected, found.evidence.projected, atol=1e-3)


# Warnings and errors


def test_remarks_are_warnings_where_the_caller_is(model):
    clipped = np.clip(TALK * 20, -1, 1)
    with pytest.warns(PhonsegWarning, match="clipped") as caught:
        model.diarize((clipped, RATE))
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(PhonsegWarning, match="clipped") as caught:
        phonseg.diarize((clipped, RATE), model=model)
    assert len(caught) == 1


def test_what_is_no_recording_is_an_error(model, tmp_path):
    (tmp_path / "x.wav").write_bytes(b"RIFF and nothing that follows from it")
    for source in (tmp_path / "x.wav", tmp_path / "missing.wav", (np.zeros(0), RATE), (np.full(9, np.nan), RATE)):
        with pytest.raises(AudioError):
            model.diarize(source)


@pytest.mark.parametrize("speakers", [0, -1, 101, 1.5, True, "2", (2,), (3, 2), (1, 2, 3), (0, 4)])
def test_numbers_that_are_none_are_refused(model, found, speakers):
    for call in (lambda: model.diarize((TALK, RATE), speakers=speakers), lambda: found.at(speakers=speakers)):
        with pytest.raises(ConfigurationError, match=r"^speakers is"):
            call()


def test_a_network_whose_numbers_leave_the_range_is_an_error(model):
    network = model.embedder.network.state_dict()
    embedder = replace(model.embedder, network=type(model.embedder.network)(width=8, dimensions=4).eval())
    embedder.network.load_state_dict({name: tensor * 0 + 1e6 for name, tensor in network.items()})
    with pytest.raises(AudioError, match=r"cannot be diarized, since .* not finite\. Use another model\."):
        replace(model, embedder=embedder).diarize((TALK, RATE))


def test_no_other_model_is_taken():
    for other in (None, 7, b"x", speaker_model().plda):
        with pytest.raises(ConfigurationError, match=r"^model is .* Give 'default', a path"):
            diarize((TALK, RATE), model=other)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="there is no such model of speakers"):
        diarize((TALK, RATE), model=Path("missing.safetensors"))


def test_the_model_that_is_used_is_the_one_of_the_options(model, tmp_path):
    path = tmp_path / "m.safetensors"
    saved = replace(model, name="mine").save(path)
    assert diarize((TALK, RATE), model=path).provenance.model == "mine"
    assert diarize((TALK, RATE), model=str(path)).provenance.digest == saved.digest
    assert module.DEFAULT.name == "speakers.safetensors"
