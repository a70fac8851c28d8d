"""Recordings -> a model of speakers, without a label."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
import torch
from conftest import RATE, noise, tone
from numeric_states import STATES, settings_of_the_process
from voices import stretches, two_voices, voice, write_recordings

from phonseg.cli.main import main
from phonseg.diarization import training as module
from phonseg.diarization.embedding.windows import FEATURES
from phonseg.diarization.learning import closed_forms, network_stage as stage
from phonseg.diarization.learning.settings import SpeakerTrainingSettings
from phonseg.diarization.learning.stretches import Stretch, conversations, draw_group, read_stretches
from phonseg.diarization.speaker_model import SpeakerModel, load_speakers
from phonseg.diarization.training import train_speakers
from phonseg.errors import AudioError, ConfigurationError, ModelError, OutputError, PhonsegWarning, TrainingError
from phonseg.training.crops import scan_items
from phonseg.training.train import train

SETTINGS = SpeakerTrainingSettings(steps=5, groups=2, recordings=4, held_out=0.2, device="cpu")
SPEAKERS = 12


@contextmanager
def quickly(**more: Any) -> Iterator[None]:
    """A smaller network, few conversations and recordings, a checkpoint every other step, and no judgement."""
    small = {"GAUSSIANS": 5, "RANK": 4, "MIXTURE_CONVERSATIONS": 6, "CONVERSATIONS": 12}
    often = partial(stage.Schedule, checkpoint_every=2)
    judged = {"LEAST_GAIN": -np.inf, "LENGTHS": (40, 50, 60, 70), "VALIDATION_LENGTH": 60} | more
    with (
        patch.multiple(closed_forms, **small),
        patch.multiple(stage, Schedule=often, VALIDATION_BATCHES=1, **judged),
        patch.multiple(module, LEAST_RECORDINGS=8, WindowNetwork=partial(module.WindowNetwork, width=16, dimensions=8)),
    ):
        yield


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with quickly():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("voices"), SPEAKERS)


def trained(places: Any, settings: SpeakerTrainingSettings = SETTINGS, **options: Any) -> SpeakerModel:
    return train_speakers(places, settings=settings, progress=False, **options)


@pytest.fixture(scope="module")
def model(folder: Path) -> SpeakerModel:
    with quickly():
        return trained(folder)


def digest(model: SpeakerModel, folder: Path) -> str:
    return model.save(folder / "model.safetensors").digest


# What is learnt


def test_the_summary_says_what_was_learnt_from_and_how(model):
    summary = model.training
    assert (summary["recordings"], summary["left_out"], summary["settings"]) == (SPEAKERS, 0, asdict(SETTINGS))
    assert summary["hours"] == pytest.approx(SPEAKERS * 2.8 / 3600, abs=1e-3)
    assert np.isfinite(summary["held_out_loss"])
    assert 0 <= summary["held_out_accuracy"] <= 1
    assert model.name == "speakers"
    json.dumps(dict(summary))


def test_a_trained_model_is_saved_loaded_and_diarizes_the_same(model, tmp_path):
    saved = model.save(tmp_path / "x.safetensors")
    talk = two_voices(), RATE
    assert load_speakers(tmp_path / "x.safetensors").diarize(talk).turns == model.diarize(talk).turns
    assert len(model.diarize(talk, speakers=2).speakers) == 2
    assert load_speakers(tmp_path / "x.safetensors").digest == saved.digest


def test_the_same_seed_gives_the_same_model_and_another_one_another(folder, model, tmp_path):
    assert digest(trained(folder), tmp_path) == digest(model, tmp_path)
    assert digest(trained(sorted(folder.iterdir(), reverse=True)), tmp_path) == digest(model, tmp_path)
    assert digest(trained(folder, replace(SETTINGS, seed=1)), tmp_path) != digest(model, tmp_path)


def test_words_so_short_that_no_speaker_has_two_windows_are_an_error(folder):
    with patch.object(closed_forms, "SHORTEST_WINDOW", 1_000), pytest.raises(TrainingError, match="no recording has a"):
        trained(folder, replace(SETTINGS, steps=1))


@pytest.mark.parametrize(("objective", "held_out"), [("nce", 0), ("nce", 0.01), ("barlow", 0.01)])
def test_few_or_no_recordings_may_be_held_out(folder, objective, held_out):
    found = trained(folder, replace(SETTINGS, objective=objective, held_out=held_out, steps=2))
    assert np.isfinite(found.training["held_out_loss"])


def test_more_recordings_may_be_asked_for_in_a_group_than_there_are(folder):
    assert trained(folder, replace(SETTINGS, recordings=40, steps=1)).training["recordings"] == SPEAKERS


def test_no_argument_can_carry_a_label():
    names = set(inspect.signature(train_speakers).parameters)
    assert (
        names
        == set(inspect.signature(train).parameters)
        == {*("recordings", "settings", "name", "checkpoint", "progress")}
    )
    assert set(vars(SETTINGS)) == {
        *("objective", "steps", "groups", "recordings", "learning_rate", "held_out", "seed", "device")
    }


def test_a_file_of_labels_beside_the_recordings_changes_nothing(folder, model, tmp_path):
    copy = write_recordings(tmp_path / "copy", SPEAKERS)
    (copy / "00.rttm").write_text("SPEAKER 00 1 0.0 1.0 <NA> <NA> A <NA> <NA>\n", "utf-8")
    again = trained(copy)
    assert again.training == model.training
    assert digest(again, tmp_path) == digest(model, tmp_path)


# What cannot be learnt from


def test_what_cannot_be_used_is_named_and_changes_nothing_else(model, tmp_path):
    copy = write_recordings(tmp_path / "copy", SPEAKERS)
    (copy / "corrupt.wav").write_bytes(b"RIFF and nothing that follows from it")
    soundfile.write(copy / "short.wav", voice(0, 0.6), RATE)
    soundfile.write(copy / "silent.flac", np.zeros(2 * RATE), RATE)
    with pytest.warns(PhonsegWarning, match="3 recordings are left out of training") as caught:
        learnt = trained(copy)
    assert [warning.filename for warning in caught] == [__file__]
    message = str(caught[0].message)
    for name, reason in (("corrupt.wav", "cannot be read"), ("short.wav", "lasts 0.60 s"), ("silent.flac", "silence")):
        (line,) = (line for line in message.splitlines() if name in line)
        assert reason in line
    assert learnt.training == {**model.training, "left_out": 3}


def test_too_few_recordings_with_speech_are_an_error_that_counts_all(tmp_path):
    few = write_recordings(tmp_path / "few", 7)
    with pytest.raises(
        TrainingError, match=r"^training speakers: 7 of the recordings have .* of speech\. Give 8 or more"
    ):
        trained(few)
    write_recordings(tmp_path / "few", 8)
    assert trained(few, replace(SETTINGS, steps=1)).training["recordings"] == 8


def test_noise_and_silence_are_no_speech(tmp_path):
    for i in range(9):
        soundfile.write(tmp_path / f"{i}.wav", noise(2 * RATE, seed=i), RATE)
    with pytest.raises(TrainingError, match=r"training speakers: \d of the recordings have"):
        trained(tmp_path)
    for i in range(9):
        soundfile.write(tmp_path / f"{i}.wav", np.zeros(2 * RATE), RATE)
    with pytest.raises(TrainingError, match=r"none of 9 recordings can be used.*silence"):
        trained(tmp_path)


def test_places_without_recordings_are_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("no sound", "utf-8")
    with pytest.raises(TrainingError, match="no recordings were found"):
        trained(tmp_path)
    with pytest.raises(AudioError, match="missing: does not exist"):
        trained(tmp_path / "missing")


def test_a_network_that_is_no_better_than_chance_is_an_error(folder):
    with quickly(LEAST_GAIN=np.inf), pytest.raises(TrainingError, match=r"the network has collapsed .* than chance\)"):
        trained(folder)


def test_recordings_of_single_words_serve(tmp_path):
    words = write_recordings(tmp_path / "words", 9, seconds=1.1)  # each is one window
    found = trained(words, replace(SETTINGS, steps=1))
    assert np.isfinite(found.plda.projection).all()


def test_a_beep_that_is_far_louder_than_the_speech_does_no_harm(tmp_path):
    loud = write_recordings(tmp_path / "loud", 9)
    for path in sorted(loud.iterdir())[:3]:
        samples, _ = soundfile.read(path)
        samples *= 0.06
        samples[RATE : RATE + 480] = tone(480, 1000, level=0.9)
        soundfile.write(path, samples, RATE, subtype="PCM_24")
    items, loudest = scan_items(sorted(loud.iterdir()), RATE, 1.0, progress=False).items, []
    for found in read_stretches(items, np.random.default_rng(0), progress=False):
        assert all(np.isfinite(one.power).all() for one in found)
        loudest.append(max(one.power.max() for one in found))
    assert max(loudest) == np.finfo(np.float16).max  # which more would not fit into
    assert np.isfinite(trained(loud, replace(SETTINGS, steps=2)).training["held_out_loss"])


BAD = {
    "objective": ["", "mse", 1],
    "steps": [0, -1, 2.5, True, 10**10],
    "groups": [0, 257, "8"],
    "recordings": [1, 257],
    "learning_rate": [0.0, 2.0, float("nan")],
    "held_out": [-0.1, 0.6],
    "seed": [-1, 2**32],
    "device": ["tpu", "meta", 3],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_settings_out_of_their_range_are_refused(name, value):
    with pytest.raises(ConfigurationError, match=f"^{name} is"):
        SpeakerTrainingSettings(**{name: value})


# Going on after a kill


class Killed:
    """Draws groups until the drawing of one kills the run."""

    def __init__(self, at: int) -> None:
        self.at, self.drawn = at, 0

    def __call__(self, *arguments: Any) -> Any:
        self.drawn += 1
        if self.drawn == self.at:
            raise KeyboardInterrupt
        return draw_group(*arguments)


@pytest.mark.parametrize("killed_at", [4, 9, 11])  # two groups are for validation, and each step draws two
def test_killed_and_started_again_it_ends_with_the_same_model(folder, model, tmp_path, killed_at):
    checkpoint = tmp_path / "run.checkpoint"
    with patch.object(stage, "draw_group", Killed(killed_at)), pytest.raises(KeyboardInterrupt):
        trained(folder, checkpoint=checkpoint)
    assert checkpoint.exists() == (killed_at > 8)
    assert digest(trained(folder, checkpoint=checkpoint), tmp_path) == digest(model, tmp_path)


def test_a_kill_after_the_network_loses_nothing(folder, model, tmp_path):
    checkpoint = tmp_path / "run.checkpoint"
    with patch.object(module, "learn_closed_forms", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        trained(folder, checkpoint=checkpoint)
    with patch("phonseg.training.trainer.optimise", side_effect=AssertionError("it learns again")):
        assert digest(trained(folder, checkpoint=checkpoint), tmp_path) == digest(model, tmp_path)


def test_a_checkpoint_of_another_run_is_refused(folder, tmp_path):
    checkpoint = tmp_path / "run.checkpoint"
    trained(folder, replace(SETTINGS, steps=1), checkpoint=checkpoint)
    with pytest.raises(ModelError, match=r"run\.checkpoint: belongs to a run with other settings"):
        trained(folder, replace(SETTINGS, steps=2), checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"run\.checkpoint: is .*damaged"):
        trained(folder, replace(SETTINGS, steps=1), checkpoint=checkpoint)


def test_a_checkpoint_in_no_folder_is_refused_at_once(folder, tmp_path):
    with pytest.raises(OutputError, match="there is no folder"):
        trained(folder, checkpoint=tmp_path / "nowhere" / "run.checkpoint")


# The same in every program


@pytest.mark.parametrize(
    "names",
    [
        ("float64", "device meta", "autocast", "inference mode", "numeric errors"),
        ("float16", "within meta", "no gradients", "deterministic", "numeric calls", "print options"),
    ],
    ids=len,
)
def test_training_gives_the_same_model_in_every_state(folder, model, tmp_path, names):
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(STATES[name]())
        before = settings_of_the_process()
        assert digest(trained(folder), tmp_path) == digest(model, tmp_path)
        assert settings_of_the_process() == before


# On the command line


def test_the_command_writes_the_model_and_deletes_the_checkpoint(folder, model, tmp_path, capsys):
    (tmp_path / "few.toml").write_text(
        'steps = 5\ngroups = 2\nrecordings = 4\nheld_out = 0.2\ndevice = "cpu"\n', "utf-8"
    )
    output = tmp_path / "mine.safetensors"
    assert main(["train-speakers", str(folder), "-o", str(output), "--config", str(tmp_path / "few.toml")]) == 0
    assert sorted(os.listdir(tmp_path)) == ["few.toml", "mine.safetensors"]
    found = load_speakers(output)
    assert (found.name, found.training) == ("mine", model.training)
    out, err = capsys.readouterr()
    assert json.loads(out) == dict(model.training)
    assert "phonseg diarize ... --model" in err
    soundfile.write(tmp_path / "talk.wav", two_voices(), RATE)
    assert main(["diarize", str(tmp_path / "talk.wav"), "--model", str(output), "--speakers", "2", "--jobs", "1"]) == 0
    assert "2 speakers" in capsys.readouterr()[0]


def test_the_command_refuses_what_the_function_refuses(folder, tmp_path, capsys):
    (tmp_path / "bad.toml").write_text("crops = 4\n", "utf-8")
    output = str(tmp_path / "mine.safetensors")
    assert main(["train-speakers", str(folder), "-o", output, "--config", str(tmp_path / "bad.toml")]) != 0
    assert "crops cannot be set. What can be set: " in capsys.readouterr()[1]
    assert main(["train-speakers", str(folder), "-o", str(tmp_path / "mine.wav")]) != 0
    assert "a model is a .safetensors file" in capsys.readouterr()[1]
    assert not (tmp_path / "mine.safetensors").exists()


# What learning is made of


def test_a_group_is_drawn_from_as_many_recordings_as_it_can():
    made: list[list[Stretch]] = [
        [Stretch(np.full((2, 1), i, np.float16), np.ones(2, bool))] * (i + 1) for i in range(5)
    ]
    for size in (1, 4, 5, 7, 12):
        group = [int(one.power[0, 0]) for one in draw_group(made, size, np.random.default_rng(size))]
        counts = np.bincount(group, minlength=5)
        assert counts.sum() == size
        assert counts.max() - counts.min() <= 1


def test_conversations_are_stretches_side_by_side_and_come_again_from_the_seed():
    made = stretches(5, seconds=1.5)
    first, again, other = (list(conversations(made, 3, 4, seed)) for seed in ([1, 2], [1, 2], [1, 3]))
    for one, two in zip(first, again, strict=True):
        assert np.array_equal(one.frames, two.frames)
        assert one.edges.tolist() == two.edges.tolist()
        assert one.frames.shape == (one.edges[-1], FEATURES.bands)
        assert one.frames.dtype == np.float32
        assert np.isfinite(one.frames).all()
        lengths = sorted(len(stretch.power) for (stretch,) in made)
        assert len(one.edges) == 4
        assert set(np.diff(one.edges).tolist()) <= set(lengths)
        assert len(one.is_speech) == len(one.frames)
    assert any(a.frames.tolist() != b.frames.tolist() for a, b in zip(first, other, strict=True))


def test_stretches_hold_the_power_and_the_speech_of_a_recording(folder):
    items = scan_items(sorted(folder.iterdir())[:3], RATE, 1.0, progress=False).items
    found = read_stretches(items, np.random.default_rng(0), progress=False)
    assert len(found) == 3
    for (stretch,) in found:
        assert stretch.power.dtype == np.float16
        assert (stretch.power >= 0).all()
        assert stretch.is_speech.sum() >= 100
        loud = np.percentile(stretch.power[stretch.is_speech].astype(float).mean(axis=1), 95)
        assert 0.2 < loud < 5  # at level 1
    assert read_stretches([], np.random.default_rng(0), progress=False) == []


def test_of_more_hours_than_are_held_a_part_is_drawn(folder, monkeypatch):
    monkeypatch.setattr("phonseg.diarization.learning.stretches.MOST_HOURS", 5 * 2.85 / 3600)
    items = scan_items(sorted(folder.iterdir()), RATE, 1.0, progress=False).items
    assert len(read_stretches(items, np.random.default_rng(0), progress=False)) == 5


def test_a_long_recording_is_cut_into_stretches(tmp_path):
    soundfile.write(tmp_path / "long.wav", np.concatenate([voice(0, 2.0, seed=i) for i in range(13)]), RATE)
    items = scan_items([tmp_path / "long.wav"], RATE, 1.0, progress=False).items
    (found,) = read_stretches(items, np.random.default_rng(0), progress=False)
    assert len(found) == 3
    assert all(800 < len(stretch.power) <= 1_000 for stretch in found)


def test_windows_of_a_stretch_lie_near_each_other_and_inside_it():
    power = np.arange(900, dtype=np.float32)[:, None] % 2048
    one = Stretch(power.astype(np.float16), np.arange(900) % 300 < 200)
    for seed in range(50):
        first, second = stage._two_windows(one, 100, np.random.default_rng(seed))
        assert first.shape == (100, 1)
        assert np.array_equal(first[:, 0], first[0, 0] + np.arange(100))
        assert abs(float(first[0, 0]) - float(second[0, 0])) <= 200
    short = Stretch(power[:30].astype(np.float16), np.ones(30, bool))
    first, second = stage._two_windows(short, 100, np.random.default_rng(0))
    assert np.array_equal(first, second)
    assert np.array_equal(first[:, 0], np.arange(100) % 30)


def test_each_step_has_a_batch_of_its_own_which_depends_on_nothing_else():
    made = stretches(6, seconds=1.5)
    network = module.WindowNetwork()
    learning, again = (stage.network_stage(network, made, made, SETTINGS) for _ in range(2))
    first, second = learning.draw(0)[0], learning.draw(1)[0]
    assert first.shape[:3] == (SETTINGS.groups, SETTINGS.recordings, 2)
    assert torch.equal(again.draw(1)[0], second)
    assert torch.equal(again.draw(0)[0], first)
    assert first.shape != second.shape or not torch.equal(first, second)
    other = stage.network_stage(network, made, made, replace(SETTINGS, seed=5)).draw(0)[0]
    assert first.shape != other.shape or not torch.equal(first, other)


def test_the_channel_of_a_group_vanishes_from_its_frames():
    generator = torch.Generator().manual_seed(0)
    power = torch.rand(2, 4, 50, FEATURES.bands, generator=generator) + 0.1
    gains = torch.exp(torch.randn(2, 1, 1, FEATURES.bands, generator=generator))
    freed = stage._freed_of_channel(power * gains)
    torch.testing.assert_close(freed, stage._freed_of_channel(power), atol=0.02, rtol=0)
    torch.testing.assert_close(freed.mean(dim=(1, 2)), torch.zeros(2, FEATURES.bands), atol=1e-4, rtol=0)
