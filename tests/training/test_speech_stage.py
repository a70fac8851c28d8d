"""The stage in which a speech network learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
import torch
from conftest import RATE, network_segmenter, noise, speech_like

from phonseg.encoders.speech_network import STEP_FRAMES, SpeechNetwork
from phonseg.errors import PhonsegWarning
from phonseg.model.segmenter import Segmenter
from phonseg.training import speech_stage as module
from phonseg.training.crops import SplitItems, TrainingItem, scan_items
from phonseg.training.settings import TrainingSettings
from phonseg.training.train import adapt, add_speech, train
from phonseg.training.trainer import Trainer

SETTINGS = TrainingSettings(
    steps=2,
    crops=2,
    crop_seconds=0.8,
    self_training_steps=3,
    self_training_crops=3,
    unit_steps=2,
    units=4,
    speech_steps=3,
    held_out=0.25,
    device="cpu",
)


@pytest.fixture(autouse=True)
def few_conversations() -> Iterator[None]:
    with patch.multiple(module, CONVERSATIONS=4, HELD_OUT_CONVERSATIONS=2, CONVERSATION_SECONDS=7.0):
        yield


@pytest.fixture(scope="module")
def items(recordings: Path) -> list[TrainingItem]:
    return list(scan_items(sorted(recordings.iterdir()), RATE, 0.8, progress=False).items)


def run_on(items: list[TrainingItem]) -> Trainer:
    return Trainer(SETTINGS, SplitItems(items[1:], items[:1]), None, "a run", progress=False)


def speech_weights(model: Segmenter) -> dict[str, torch.Tensor]:
    assert model.speech is not None
    return model.speech.state_dict()


def test_the_network_learns_what_loudness_shows(items):
    with patch.multiple(module, CONVERSATIONS=16, HELD_OUT_CONVERSATIONS=8):
        trainer = run_on(items)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            stage = module.speech_stage(trainer, SpeechNetwork(), 100)
        assert stage is not None
        before = stage.validate()["held_out_speech_loss"]
        trainer.learn(stage)
    assert trainer.figures["held_out_speech_loss"] < 0.8 * before


def test_targets_lie_on_the_steps_of_the_power(items):
    """Pieces without background: their steps are loud where they are said to be speech."""
    trainer = run_on(items)
    with (
        patch.object(module, "draw_conversation", clean_conversation),
        patch.object(module, "_gains", lambda crops, bands, generator: np.ones((crops, bands), np.float32)),
    ):
        stage = module.speech_stage(trainer, SpeechNetwork(), 5)
        assert stage is not None
        power, targets = stage.draw(0)
    assert power.shape == (SETTINGS.self_training_crops, module.CROP_STEPS, 20)
    assert targets.shape == power.shape[:2]
    loud = power.mean(dim=2) > 1e-3
    assert ((targets == 1) == loud)[targets % 1 == 0].float().mean() > 0.97
    assert STEP_FRAMES == 4


def clean_conversation(draw_piece, seconds, sample_rate, generator):
    """One second of sound in every two, told as speech."""
    samples, speech = np.zeros(round(seconds * sample_rate), np.float32), []
    for second in range(0, int(seconds) - 1, 2):
        samples[second * sample_rate :][:sample_rate] = noise(sample_rate, second, level=0.3)
        speech.append((float(second), second + 1.0))
    return samples, speech


def test_no_other_stage_depends_on_it(recordings, tmp_path):
    with_speech = train(recordings, settings=SETTINGS, progress=False)
    without = train(recordings, settings=replace(SETTINGS, speech_steps=0), progress=False)
    assert without.speech is None
    assert "held_out_speech_loss" in with_speech.training
    for one, other in zip(with_speech.streams, without.streams, strict=True):
        for name, tensor in other.encoder.state_dict().items():
            assert torch.equal(one.encoder.state_dict()[name], tensor)
    assert with_speech.operating_point == without.operating_point
    # And it depends on no other stage: it can be given to a model afterwards.
    given = add_speech(without, recordings, settings=SETTINGS, progress=False)
    for name, tensor in speech_weights(given).items():
        assert torch.equal(speech_weights(with_speech)[name], tensor)
    assert given.training["speech"]["recordings"] == 4
    assert given.training["settings"] == with_speech.training["settings"]
    given.save(tmp_path / "given.safetensors")
    adapted = adapt(with_speech, recordings, settings=SETTINGS, progress=False)
    assert adapted.speech is with_speech.speech


def test_noisy_recordings_are_left_out(tmp_path):
    for seed in range(3):
        samples, _ = speech_like(22, seed)
        soundfile.write(tmp_path / f"{seed}.wav", samples + noise(len(samples), seed, level=0.05), RATE)
    model = network_segmenter()
    with pytest.warns(PhonsegWarning, match="no recording is clean enough to learn from"):
        given = add_speech(model, tmp_path, settings=SETTINGS, progress=False)
    assert given.speech is None
