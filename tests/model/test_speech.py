"""Level and speech of a recording, with a speech network and without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from conftest import RATE, mel_segmenter, network_segmenter, noise, vowel

from phonseg.audio.recording import open_recording
from phonseg.encoders import chunks
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.speech_network import SpeechNetwork
from phonseg.errors import ConfigurationError, ModelError
from phonseg.model.analysis import analyse
from phonseg.model.model_file import read_model
from phonseg.model.segmenter import Segmenter, load
from phonseg.model.speech import find_speech, level_and_speech, overview
from phonseg.model.tensor_file import open_tensors

SECONDS = 6


def two_vowels() -> np.ndarray:
    """Vowels of 1.2 s from 1 s and from 4 s on, in faint noise."""
    samples = noise(SECONDS * RATE, level=1e-3)
    for second in (1, 4):
        samples[second * RATE :][: RATE * 6 // 5] += vowel(RATE * 6 // 5)
    return samples


def network() -> SpeechNetwork:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return SpeechNetwork(width=4).eval()


def speech_if(probability: Callable[[np.ndarray], np.ndarray], segmenter: Segmenter) -> list[tuple[float, float]]:
    """The speech of the vowels if the network gives these probabilities at the times of its steps."""
    times = np.arange(SECONDS * 25 + 4) * 0.04 - 0.03

    def told(self: SpeechNetwork, power: np.ndarray, level: float) -> np.ndarray:
        return np.asarray(probability(times[: len(power)]), dtype=np.float32)

    with patch.object(SpeechNetwork, "probability", told):
        return [tuple(region) for region in find_speech(open_recording((two_vowels(), RATE)), segmenter)[1]]


def test_loudness_is_believed_unless_the_network_is_sure_of_the_opposite():
    alone = mel_segmenter()
    taught = replace(alone, speech=network())
    recording = open_recording((two_vowels(), RATE))
    level, first_and_second = find_speech(recording, alone)
    assert level > 0
    first, second = first_and_second
    assert first == pytest.approx((1.0, 2.2), abs=0.03)
    for believed in (0.3, 0.5, 0.95):
        assert speech_if(lambda times, p=believed: np.full_like(times, p), taught) == [first, second]
    denied = speech_if(lambda times: np.where((times > 3.5) & (times < 5.5), 0.1, 0.5), taught)
    assert denied == [first]
    briefly = speech_if(lambda times: np.where((times > 4.0) & (times < 4.9), 0.1, 0.5), taught)
    assert briefly == [first, second]
    (extended, last) = speech_if(lambda times: np.where((times > 1.6) & (times < 2.8), 0.99, 0.5), taught)
    assert extended == (first[0], pytest.approx(2.8, abs=0.04))
    assert last == second
    elsewhere = speech_if(lambda times: np.where((times > 2.6) & (times < 3.4), 0.99, 0.5), taught)
    assert elsewhere == [first, second]


def test_segmenting_uses_the_same_speech():
    taught = replace(mel_segmenter(), speech=network())
    recording = open_recording((two_vowels(), RATE))
    level, speech = find_speech(recording, taught)
    analysis = analyse(recording, taught.streams, taught.analysis_settings, taught.speech)
    assert (analysis.level, analysis.speech) == (level, speech)
    for probability in (0.0, 0.5):
        told = np.full(SECONDS * 100, probability, np.float32)
        with patch.object(SpeechNetwork, "probability", lambda self, power, level, told=told: told[: len(power)]):
            assert bool(find_speech(recording, taught)[1]) == (probability > 0)
            assert bool(len(taught.segment((two_vowels(), RATE)).boundaries)) == (probability > 0)


@pytest.mark.parametrize("length", [50, 52, 1500])
def test_chunks_and_blocks_play_no_part(length):
    samples, taught = two_vowels(), network()
    expected = level_and_speech([samples], len(samples), RATE, taught)
    steps = overview([samples], len(samples), RATE).steps
    with patch.object(chunks, "CHUNK_FRAMES", length):
        found = level_and_speech(np.split(samples, [7, 5000, 80_000]), len(samples), RATE, taught)
        np.testing.assert_allclose(overview([samples], len(samples), RATE).steps, steps, rtol=1e-5)
    assert found[:2] == expected[:2]


@pytest.mark.parametrize("n", [0, 1, RATE])
def test_digital_silence_has_no_speech(n):
    assert level_and_speech([np.zeros(n, np.float32)], n, RATE, network())[:2] == (0.0, ())


def test_a_model_keeps_its_speech_network_in_its_file(tmp_path: Path):
    taught = replace(network_segmenter(), speech=network())
    saved = taught.save(tmp_path / "taught.safetensors")
    again = load(tmp_path / "taught.safetensors")
    assert again.digest == saved.digest
    assert again.speech is not None
    for name, tensor in taught.speech.state_dict().items():
        assert torch.equal(again.speech.state_dict()[name], tensor)
    assert not again.speech.training
    without = network_segmenter().save(tmp_path / "without.safetensors")
    assert without.digest != saved.digest
    assert load(tmp_path / "without.safetensors").speech is None
    versions = []
    for name in ("taught", "without"):
        with open_tensors(tmp_path / f"{name}.safetensors", 10**7) as (header, _):
            versions.append(header.metadata["format_version"])
    assert versions == ["4", "3"]
    assert read_model(tmp_path / "taught.safetensors").description["speech"] == {"bands": 20, "width": 4}


@pytest.mark.parametrize("told", [{"bands": 20, "width": 5}, {"width": 0}, {"steps": 3}, None, []])
def test_a_speech_network_that_does_not_fit_is_refused(tmp_path: Path, told):
    taught = replace(network_segmenter(), speech=network())

    def saved_and_loaded() -> None:
        with patch.object(SpeechNetwork, "settings", lambda self: told):
            taught.save(tmp_path / "x.safetensors")
        load(tmp_path / "x.safetensors")

    with pytest.raises(ModelError):
        saved_and_loaded()


def test_streams_of_another_sample_rate_can_have_no_speech_network():
    (stream, _) = mel_segmenter().streams
    other = replace(stream, encoder=LogMel(window=256, sample_rate=8000, hop=80))
    with pytest.raises(ConfigurationError, match="its streams have 8000 Hz, but its speech network needs 16000 Hz"):
        replace(mel_segmenter(), streams=(other,), speech=network())
