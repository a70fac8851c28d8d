"""Recordings -> a trained segmenter."""

from __future__ import annotations

import inspect
import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
import torch
from conftest import RATE, mel_segmenter, noise, speech_like, vowel

import phonseg
from phonseg.audio.recording import open_recording
from phonseg.detection.audible_parts import audible_parts
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.errors import AudioError, ModelError, OutputError, PhonsegWarning, TrainingError
from phonseg.model.analysis import analyse
from phonseg.model.segmenter import Segmenter
from phonseg.model.speech_peaks import speech_peaks
from phonseg.model.tensor_file import open_tensors, read_tensors
from phonseg.objectives import unit_discovery as units
from phonseg.objectives.pseudo_labels import EARLY, SWELL, Peaks, Thresholds, boundary_supervision
from phonseg.objectives.supervision import Supervision
from phonseg.training import recipe, stage_batches as stages
from phonseg.training.checkpoint import Checkpoint
from phonseg.training.recipe import PURE_SHARE, teacher_peaks
from phonseg.training.settings import RANGES, TrainingSettings
from phonseg.training.train import adapt, train

SETTINGS = TrainingSettings(
    steps=6,
    crops=4,
    crop_seconds=0.8,
    self_training_steps=10,
    self_training_crops=4,
    unit_steps=6,
    units=8,
    speech_steps=0,
    held_out=0.25,
    device="cpu",
)


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """Fewer crops to validate on, and a checkpoint every other step."""
    often = partial(stages.Schedule, checkpoint_every=2)
    with patch.multiple(stages, VALIDATION_CROPS=8, Schedule=often):
        yield


@pytest.fixture
def folder(recordings: Path, tmp_path: Path) -> Path:
    """Four good recordings, and three that cannot be used."""
    folder = shutil.copytree(recordings, tmp_path / "recordings")
    (folder / "corrupt.wav").write_bytes(b"RIFF and nothing that follows from it")
    soundfile.write(folder / "short.wav", vowel(RATE // 2), RATE)
    soundfile.write(folder / "silent.flac", np.zeros(2 * RATE), RATE)
    return folder


def trained(places: Any, settings: TrainingSettings = SETTINGS, **options: Any) -> Segmenter:
    return train(places, settings=settings, progress=False, **options)


@pytest.fixture(scope="module")
def model(recordings: Path) -> Segmenter:
    with patch.object(stages, "VALIDATION_CROPS", 8):
        return trained(recordings)


def digest(model: Segmenter, folder: Path) -> str:
    return model.save(folder / "model.safetensors").digest


def assert_finds_joins(model: Segmenter, seed: int) -> None:
    samples, joins = speech_like(22, seed)
    segmentation = model.segment((samples, RATE))
    distances = np.abs(segmentation.boundaries[:, None] - joins)
    assert (distances.min(axis=0) <= 0.02).mean() > 0.9
    assert len(segmentation.boundaries) < 1.6 * len(joins)


class Killed:
    """Draws crops until the drawing of one batch kills the run."""

    def __init__(self, at: int) -> None:
        self.at, self.drawn, self.draw = at, 0, stages.draw_crops

    def __call__(self, *arguments: Any) -> Any:
        self.drawn += 1
        if self.drawn == self.at:
            raise KeyboardInterrupt
        return self.draw(*arguments)


# train


def test_a_trained_segmenter_finds_joins_in_recordings_that_it_was_not_trained_on(model):
    for seed in (0, 10, 11):
        assert_finds_joins(model, seed)


def test_the_summary_says_what_was_learnt_from_and_how(model):
    summary = model.training
    assert (summary["recordings"], summary["left_out"], summary["settings"]) == (4, 0, asdict(SETTINGS))
    assert summary["hours"] == pytest.approx(4 * 3.2 / 3600, abs=1e-3)
    assert 0 < summary["held_out_loss"] < np.log(9)
    assert 0.5 < summary["held_out_accuracy"] <= 1
    assert 0 < summary["held_out_boundary_loss"] < 0.7
    assert 0 < summary["held_out_unit_loss"] < 10
    assert model.name == "trained"
    assert not model.tuned_on_labels


def test_what_cannot_be_used_is_named_and_changes_nothing_else(folder, model):
    with pytest.warns(PhonsegWarning, match="3 recordings are left out of training") as caught:
        learned = trained(folder)
    (message,) = (str(warning.message) for warning in caught)
    for name, reason in [
        ("corrupt.wav", "cannot be read"),
        ("short.wav", "at least 0.80 s are needed"),
        ("silent.flac", "silence"),
    ]:
        (line,) = (line for line in message.splitlines() if name in line)
        assert reason in line
    assert learned.training == {**model.training, "left_out": 3}


def test_the_same_seed_gives_the_same_model_and_another_one_another(recordings, model, tmp_path):
    assert digest(trained(recordings), tmp_path) == digest(model, tmp_path)
    assert digest(trained(recordings, replace(SETTINGS, seed=1)), tmp_path) != digest(model, tmp_path)


def test_a_trained_segmenter_is_saved_and_loaded(model, tmp_path):
    saved = model.save(tmp_path / "model.safetensors")
    again = phonseg.load(tmp_path / "model.safetensors")
    assert again.digest == saved.digest
    assert again.training == model.training
    source = (speech_like(22, 10)[0], RATE)
    np.testing.assert_array_equal(again.segment(source).boundaries, model.segment(source).boundaries)


def test_places_may_be_folders_files_or_several(recordings, model, tmp_path):
    listed = trained([str(path) for path in sorted(recordings.iterdir(), reverse=True)])
    assert digest(listed, tmp_path) == digest(model, tmp_path)
    assert trained([recordings, recordings / "a.wav"]).training == model.training


def test_training_leaves_global_state_and_recordings_as_they_were(recordings):
    before = {path: path.read_bytes() for path in recordings.iterdir()}
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002  (the state that must not be touched)
    torch.manual_seed(1)

    def state() -> list[Any]:
        numbers = np.random.get_state()[1].tolist()  # noqa: NPY002
        torch_state = torch.get_rng_state().tolist()
        return [random.getstate(), numbers, torch_state, torch.get_num_threads(), torch.is_grad_enabled()]

    expected = state()
    learned = trained(recordings)
    assert state() == expected
    adapt(learned, recordings, settings=SETTINGS, progress=False)
    assert state() == expected
    assert {path: path.read_bytes() for path in recordings.iterdir()} == before


def test_the_shortest_crops_that_can_be_set_are_long_enough_at_any_tempo(recordings):
    shortest = RANGES["crop_seconds"][0]
    model = trained(recordings, replace(SETTINGS, crop_seconds=shortest, self_training_steps=40))
    assert 0 < model.training["held_out_boundary_loss"] < 2


def test_a_raw_waveform_encoder_can_be_trained_alone(recordings):
    settings = replace(SETTINGS, encoder="raw-waveform", crops=2, steps=12, self_training_steps=0)
    model = trained(recordings, settings)
    assert [stream.encoder.name for stream in model.streams] == ["raw-waveform"]
    assert "held_out_boundary_loss" not in model.training


def test_without_self_training_the_streams_are_joined_unchanged(recordings):
    model = trained(recordings, replace(SETTINGS, self_training_steps=0))
    assert [stream.encoder.name for stream in model.streams] == ["log-mel"] * 3 + ["log-mel-network"]
    assert_finds_joins(model, 10)
    with pytest.raises(TrainingError, match="has no boundary network"):
        adapt(model, recordings, progress=False)


def test_units_may_be_left_out(recordings, model):
    without = trained(recordings, replace(SETTINGS, unit_steps=0))
    assert len(without.streams) == len(model.streams) - 1 == 1
    assert "held_out_unit_loss" not in without.training


def test_units_are_of_finer_segments_than_the_boundary_network_gives(recordings):
    boundary_model = trained(recordings, replace(SETTINGS, unit_steps=0))
    with patch.object(recipe, "segment_embeddings", wraps=recipe.segment_embeddings) as embedded:
        trained(recordings)
    found = sorted(tuple(call.args[1]) for call in embedded.call_args_list)
    given = [boundary_model.segment(path) for path in sorted(recordings.iterdir())]
    least = PURE_SHARE * boundary_model.operating_point.prominence
    every = [each.candidates for each in given]
    assert found == sorted(tuple(each.times[each.prominences >= least]) for each in every)
    assert sum(map(len, found)) > sum(len(each.boundaries) for each in given)


def test_too_few_segments_for_units_are_reported(recordings):
    with (
        patch.object(units, "SEGMENTS_PER_UNIT", 60),
        pytest.warns(PhonsegWarning, match=r"units: \d+ segments are too few to learn them from") as warned,
    ):
        model = trained(recordings)
    assert [warning.filename for warning in warned] == [__file__]
    assert len(model.streams) == 1


@pytest.mark.parametrize("function", [train, adapt])
def test_no_argument_can_carry_a_label(function: Callable[..., Segmenter]):
    assert set(inspect.signature(function).parameters) - {"model"} == {
        *("recordings", "settings", "name", "checkpoint", "progress")
    }


# What cannot be trained on


def test_a_folder_without_recordings_is_an_error_that_says_so(tmp_path):
    (tmp_path / "notes.txt").write_text("no sound", "utf-8")
    with pytest.raises(TrainingError, match="training: no recordings were found"):
        trained(tmp_path)
    with pytest.raises(AudioError, match="missing: does not exist"):
        trained(tmp_path / "missing")


def test_recordings_without_speech_are_an_error(tmp_path):
    soundfile.write(tmp_path / "x.wav", noise(4 * RATE), RATE)
    with pytest.raises(TrainingError, match="check for recordings without speech"):
        trained(tmp_path)


# Going on after a kill


# In every stage, before and after its first checkpoint.
@pytest.mark.parametrize(
    "killed_at", [2, 12, 20, *(pytest.param(step, marks=pytest.mark.slow) for step in (6, 17, 23))]
)
def test_killed_and_started_again_it_ends_with_the_same_model(recordings, model, tmp_path, killed_at):
    checkpoint = tmp_path / "run.checkpoint"
    with patch.object(stages, "draw_crops", Killed(killed_at)), pytest.raises(KeyboardInterrupt):
        trained(recordings, checkpoint=checkpoint)
    assert checkpoint.exists() == (killed_at > 3)
    assert digest(trained(recordings, checkpoint=checkpoint), tmp_path) == digest(model, tmp_path)
    assert digest(trained(recordings, checkpoint=checkpoint), tmp_path) == digest(
        model, tmp_path
    )  # every stage is in the checkpoint


def test_a_checkpoint_of_other_settings_recordings_or_versions_is_refused(recordings, tmp_path):
    checkpoint = tmp_path / "run.checkpoint"
    with patch.object(stages, "draw_crops", Killed(12)), pytest.raises(KeyboardInterrupt):
        trained(recordings, checkpoint=checkpoint)
    for places, settings in ((recordings, replace(SETTINGS, steps=7)), (recordings / "a.wav", SETTINGS)):
        with pytest.raises(ModelError, match=r"run\.checkpoint: belongs to a run with other settings"):
            trained(places, settings, checkpoint=checkpoint)
    with (
        patch("phonseg.training.trainer.VERSION", "0.0"),
        pytest.raises(ModelError, match="another version of phonseg"),
    ):
        trained(recordings, checkpoint=checkpoint)


def test_a_checkpoint_that_does_not_fit_its_run_is_refused_although_its_digest_is_right(recordings, tmp_path):
    checkpoint = tmp_path / "run.checkpoint"
    with patch.object(stages, "draw_crops", Killed(6)), pytest.raises(KeyboardInterrupt):
        trained(recordings, checkpoint=checkpoint)
    with open_tensors(checkpoint, 10**8) as (header, file):
        state, tensors = json.loads(header.metadata["checkpoint"]), read_tensors(file, header)
    name = next(name for name in tensors if name.startswith("network/"))
    Checkpoint(**state, finished={}, network={"x": tensors[name]}, moments={}).write(checkpoint)
    with pytest.raises(ModelError, match=r"run\.checkpoint: does not fit this run .*Delete it to start again"):
        trained(recordings, checkpoint=checkpoint)


# adapt


def test_an_adapted_model_is_another_and_the_model_itself_stays(model, recordings, tmp_path):
    before = digest(model, tmp_path)
    adapted = adapt(model, recordings, settings=SETTINGS, progress=False)
    assert digest(model, tmp_path) == before
    assert digest(adapted, tmp_path) != before
    assert adapted.name == "adapted"
    assert adapted.training["recordings"] == 4
    assert "held_out_loss" not in adapted.training
    assert isinstance(adapted.streams[0].encoder, BoundaryNetwork)
    assert adapted.streams[1:] == model.streams[1:] != ()
    assert_finds_joins(adapted, 10)
    again = adapt(model, recordings, settings=SETTINGS, progress=False)
    assert digest(again, tmp_path) == digest(adapted, tmp_path)


def test_killed_adaptation_ends_with_the_same_model(model, recordings, tmp_path):
    options: dict[str, Any] = {"settings": SETTINGS, "progress": False}
    checkpoint = tmp_path / "run.checkpoint"
    with patch.object(stages, "draw_crops", Killed(7)), pytest.raises(KeyboardInterrupt):
        adapt(model, recordings, checkpoint=checkpoint, **options)
    assert checkpoint.exists()
    found = digest(adapt(model, recordings, checkpoint=checkpoint, **options), tmp_path)
    assert found == digest(adapt(model, recordings, **options), tmp_path)


def test_a_checkpoint_in_no_folder_is_refused_at_once(recordings, tmp_path):
    with pytest.raises(OutputError, match="there is no folder"):
        trained(recordings, checkpoint=tmp_path / "nowhere" / "run.checkpoint")


# Pseudo-labels


@pytest.mark.parametrize("seed", [0, 1])
def test_all_ends_of_speech_are_sure_and_peaks_are_later_only_within_speech(seed: int) -> None:
    analysis = analyse(open_recording((speech_like(9, seed)[0], RATE)), mel_segmenter().streams)
    audible = audible_parts(analysis.loudness, analysis.level, analysis.speech)
    peaks = speech_peaks(analysis)
    times, prominences = peaks.times, peaks.prominences
    found = teacher_peaks(analysis, early=True)
    is_end = np.isin(times, [part.end for part in audible])
    assert is_end.sum() == len(audible) > 0
    assert np.isinf(found.prominences[is_end]).all()
    assert found.prominences[~is_end].tolist() == prominences[~is_end].tolist()
    at_beginning = np.array([any(abs(time - part.start) <= SWELL for part in audible) for time in times])
    assert found.times[at_beginning].tolist() == times[at_beginning].tolist()
    later = (found.times - times)[~at_beginning]
    assert 0 < later.max() <= EARLY
    assert later.min() >= 0
    assert teacher_peaks(analysis, early=False).times.tolist() == times.tolist()


def test_a_network_learns_its_own_peaks_where_they_are(model: Segmenter, recordings: Path) -> None:
    # It has learnt where sounds begin; if its peaks were moved later once more, it would be late.
    learnt: dict[Path, Peaks] = {}

    def noted(peaks: dict[Path, Peaks], thresholds: Thresholds) -> Supervision:
        learnt.update(peaks)
        return boundary_supervision(peaks, thresholds)

    with patch.object(recipe, "boundary_supervision", noted):
        adapt(model, recordings, settings=SETTINGS, progress=False)
    assert len(learnt) == 4
    for path, peaks in learnt.items():
        assert peaks.times.tolist() == speech_peaks(analyse(open_recording(path), model.streams[:1])).times.tolist()
