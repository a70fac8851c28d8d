"""One file is a model of speakers; whatever is not one is refused, and nothing in it is executed."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import model_fuzzing
import numpy as np
import pytest
import soundfile
import torch
from conftest import RATE, mel_segmenter
from hypothesis import HealthCheck, given, settings, strategies as st
from voices import speaker_model, two_voices, voice

import phonseg
from phonseg.cli.main import main
from phonseg.diarization import speaker_file
from phonseg.diarization.speaker_file import LARGEST_RANK, tensors_of
from phonseg.diarization.speaker_model import SpeakerModel, load_speakers
from phonseg.errors import ModelError, OutputError
from phonseg.model.tensor_file import read_tensors

REUSED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("speakers") / "small.safetensors"
    speaker_model().save(path)
    return path


def all_numbers(model: SpeakerModel) -> dict[str, torch.Tensor]:
    return tensors_of(model.embedder, model.plda)


def test_what_is_saved_is_loaded_bit_by_bit(path, tmp_path):
    model = replace(speaker_model(), name="täst", training={"recordings": 3, "settings": {"steps": 1.5}, "x": [None]})
    saved = model.save(tmp_path / "x.safetensors")
    loaded = load_speakers(tmp_path / "x.safetensors")
    assert (loaded.name, loaded.training, loaded.digest) == ("täst", model.training, saved.digest)
    before, after = all_numbers(model), all_numbers(loaded)
    assert before.keys() == after.keys()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    assert loaded.save(tmp_path / "again.safetensors").digest == saved.digest
    talk = two_voices(), RATE
    assert loaded.diarize(talk).turns == model.diarize(talk).turns == saved.diarize(talk).turns
    assert sorted(os.listdir(tmp_path)) == ["again.safetensors", "x.safetensors"]


def test_the_digest_depends_on_every_part(path, tmp_path):
    model = load_speakers(path)
    digests = {model.digest, replace(model, name="other").save(tmp_path / "x").digest}
    digests.add(replace(model, training={}).save(tmp_path / "x").digest)
    for name, tensor in all_numbers(model).items():
        content = changed(path, lambda _, tensors, name=name: flipped(tensors, name))
        (tmp_path / "x").write_bytes(content)
        digests.add(load_speakers(tmp_path / "x").digest)
        assert tensor.numel() > 0
    assert len(digests) == 3 + len(all_numbers(model))


def flipped(tensors: dict[str, list[Any]], name: str) -> None:
    """Changes the last bit of the first number."""
    kind, shape, data = tensors[name]
    tensors[name] = [kind, shape, bytes([data[0] ^ 1]) + data[1:]]


def changed(path: Path, change: Callable[[Any, dict[str, list[Any]]], Any], **more: Any) -> bytes:
    """The model after a change of its description or its tensors, with the right digest."""
    description, tensors, metadata = model_fuzzing.opened(path.read_bytes())
    description = change(description, tensors) or description
    return model_fuzzing.packed(
        description, tensors, more.get("version", "1"), form=more.get("form", metadata["format"])
    )


def test_what_tests_write_is_what_phonseg_writes(path, tmp_path):
    (tmp_path / "x").write_bytes(changed(path, lambda *_: None))
    assert load_speakers(tmp_path / "x").digest == load_speakers(path).digest


# What is not one


@given(data=st.data())
@REUSED
def test_one_that_was_cut_short_or_in_which_a_bit_has_flipped_is_refused(path, tmp_path, data):
    content = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    place = data.draw(st.integers(0, header - 1) | st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[place:]
    (tmp_path / "x.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"x\.safetensors: (is|has) .*\. .*\."):
        load_speakers(tmp_path / "x.safetensors")


@given(content=st.binary(max_size=300))
@REUSED
def test_any_bytes_are_refused(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ModelError, match="x: is not a model of speakers, or is damaged"):
        load_speakers(tmp_path / "x")


def test_what_is_no_ordinary_file_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"x: there is no such model of speakers\. Check the path, or use 'default'"):
        load_speakers(tmp_path / "x")
    os.mkfifo(tmp_path / "pipe")
    for other in ("a\0b", tmp_path, tmp_path / "pipe", "/dev/zero", "x" * 5_000):
        with pytest.raises(ModelError, match="is not a model of speakers, or is damaged"):
            load_speakers(other)


def test_a_pickle_is_refused_and_not_executed(tmp_path):
    class Canary:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "canary"),)

    (tmp_path / "x").write_bytes(pickle.dumps(Canary()))
    torch.save({"x": torch.zeros(2)}, tmp_path / "y")
    for name in "xy":
        with pytest.raises(ModelError, match="is not a model of speakers"):
            load_speakers(tmp_path / name)
    assert not (tmp_path / "canary").exists()


def test_models_of_boundaries_and_of_speakers_are_told_apart(path, tmp_path):
    mel_segmenter().save(tmp_path / "mel.safetensors")
    soundfile.write(tmp_path / "x.wav", voice(0, 1.0), RATE)
    with pytest.raises(
        ModelError, match=r"mel\.safetensors: is a model of boundaries, .* phonseg\.train_speakers made"
    ):
        phonseg.diarize(tmp_path / "x.wav", model=tmp_path / "mel.safetensors")
    with pytest.raises(ModelError, match=r"small\.safetensors: is a model of speakers, .* phonseg\.train made"):
        phonseg.segment(tmp_path / "x.wav", model=path)
    (tmp_path / "x").write_bytes(changed(path, lambda *_: None, form="pt"))
    with pytest.raises(ModelError, match="is a safetensors file, but not a model of speakers"):
        load_speakers(tmp_path / "x")


@pytest.mark.parametrize(
    ("command", "said"), [("segment", "is a model of speakers"), ("diarize", "is a model of boundaries")]
)
def test_the_command_line_says_which_kind_of_model_was_given(path, tmp_path, capsys, command, said):
    mel_segmenter().save(tmp_path / "mel.safetensors")
    soundfile.write(tmp_path / "x.wav", voice(0, 1.0), RATE)
    model = path if command == "segment" else tmp_path / "mel.safetensors"
    assert main([command, str(tmp_path / "x.wav"), "--model", str(model), "--jobs", "1"]) != 0
    assert said in capsys.readouterr()[1]


@pytest.mark.parametrize("version", ["2", "10", "", "x" * 1_000])
def test_a_later_format_asks_for_a_newer_phonseg(path, tmp_path, version):
    (tmp_path / "x").write_bytes(changed(path, lambda *_: None, version=version))
    with pytest.raises(ModelError, match="Install a newer phonseg") as caught:
        load_speakers(tmp_path / "x")
    assert len(str(caught.value)) < 400


DESCRIPTIONS: list[Callable[[Any], Any]] = [
    lambda told: [],
    lambda told: {},
    lambda told: {**told, "more": 1},
    lambda told: {**told, "name": 7},
    lambda told: {**told, "name": "x" * 5_000},
    lambda told: {**told, "training": []},
    lambda told: {name: value for name, value in told.items() if name != "network"},
    lambda told: {**told, "network": {"width": 8}},
    lambda told: {**told, "network": {**told["network"], "depth": 3}},
    lambda told: {**told, "network": {**told["network"], "width": 0}},
    lambda told: {**told, "network": {**told["network"], "width": -8}},
    lambda told: {**told, "network": {**told["network"], "width": 8.0}},
    lambda told: {**told, "network": {**told["network"], "width": "8"}},
    lambda told: {**told, "network": {**told["network"], "width": 9}},
    lambda told: {**told, "network": {**told["network"], "width": True}},
    lambda told: {**told, "network": {**told["network"], "dimensions": 10**9}},
    lambda told: {**told, "network": {**told["network"], "width": 10**30}},
]


@pytest.mark.parametrize("change", DESCRIPTIONS)
def test_a_model_that_is_described_otherwise_is_refused(path, tmp_path, change):
    description, tensors, _ = model_fuzzing.opened(path.read_bytes())
    (tmp_path / "x").write_bytes(model_fuzzing.packed(change(description), tensors, "1", form="phonseg-speakers"))
    with pytest.raises(ModelError, match="x: is not a model of speakers, or is damaged"):
        load_speakers(tmp_path / "x")


@pytest.mark.parametrize("shape", [[2**31, 2**31], [10**12], [10**9, 40, 5], [2049, 40, 5], [1, 40, LARGEST_RANK + 1]])
@pytest.mark.parametrize("name", ["loadings", "mixture/means", "plda/between", "network/last.weight"])
def test_huge_shapes_are_refused_before_a_number_is_read(path, tmp_path, monkeypatch, name, shape):
    def huge(_: Any, tensors: dict[str, list[Any]]) -> None:
        tensors[name][1] = shape
        if np.prod(np.array(shape, float)) < 1e6:  # whose bytes can be there
            tensors[name][2] = bytes(4 * int(np.prod(shape)))

    def unread(*_: object) -> None:
        raise AssertionError("a number was read")

    (tmp_path / "x").write_bytes(changed(path, huge))
    monkeypatch.setattr(speaker_file, "read_tensors", unread)
    with pytest.raises(ModelError, match="x: is not a model of speakers, or is damaged"):
        load_speakers(tmp_path / "x")
    monkeypatch.setattr(speaker_file, "read_tensors", read_tensors)


def test_a_missing_or_a_further_tensor_is_named(path, tmp_path):
    for name in all_numbers(speaker_model()):
        (tmp_path / "x").write_bytes(changed(path, lambda _, tensors, name=name: tensors.pop(name) and None))
        with pytest.raises(ModelError, match=r"x: is not a model of speakers"):
            load_speakers(tmp_path / "x")
    (tmp_path / "x").write_bytes(changed(path, lambda _, tensors: tensors.update(more=["F32", [1], bytes(4)])))
    with pytest.raises(ModelError, match=r"its tensors do not fit its description: more is"):
        load_speakers(tmp_path / "x")


BAD = {
    "mixture/weights": [0.0, -1.0, np.nan],
    "mixture/variances": [0.0, -1.0, np.inf],
    "plda/between": [0.0, -1.0, np.nan],
    "plda/projection": [np.nan, np.inf, 1e30],
    "network/last.weight": [np.nan, -np.inf, 1e30],
    "loadings": [np.nan, 1e30],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_numbers_that_no_training_leaves_behind_are_neither_read_nor_written(path, tmp_path, name, value):
    def bad(_: Any, tensors: dict[str, list[Any]]) -> None:
        kind, shape, data = tensors[name]
        tensors[name] = [kind, shape, np.float32(value).tobytes() + data[4:]]

    (tmp_path / "x").write_bytes(changed(path, bad))
    with pytest.raises(ModelError, match="x: is not a model of speakers, or is damaged"):
        load_speakers(tmp_path / "x")
    if name == "plda/between":
        model = speaker_model()
        between = model.plda.between.copy()
        between[0] = value
        with pytest.raises(ModelError, match=r"y: is not written, since its model could not be used"):
            replace(model, plda=replace(model.plda, between=between)).save(tmp_path / "y")
        assert not (tmp_path / "y").exists()


def test_a_model_that_could_not_be_read_again_is_not_written(tmp_path, monkeypatch):
    for model in (replace(speaker_model(), name="x" * 1_001), replace(speaker_model(), training={"x": np.nan})):
        with pytest.raises(ModelError, match="is not written, since its model could not be used"):
            model.save(tmp_path / "x")
    assert not list(tmp_path.iterdir())
    with pytest.raises(OutputError, match="cannot be written"):
        speaker_model().save(tmp_path / "missing" / "x")


@pytest.mark.parametrize(("rank", "said"), [(LARGEST_RANK, ""), (LARGEST_RANK + 1, "its factors are too large")])
def test_i_vectors_of_a_rank_that_would_take_too_much_memory_are_refused(tmp_path, rank, said):
    model = speaker_model()
    factors, plda = model.embedder.factors, model.plda
    more = rank - factors.loadings.shape[2]
    loadings = np.pad(factors.loadings, ((0, 0), (0, 0), (0, more)))
    wider = replace(plda, mean=np.pad(plda.mean, (more, 0)), projection=np.pad(plda.projection, ((more, 0), (0, 0))))
    embedder = replace(model.embedder, factors=replace(factors, loadings=loadings))
    if not said:
        replace(model, embedder=embedder, plda=wider).save(tmp_path / "x")
        assert load_speakers(tmp_path / "x").diarize((voice(0, 1.0), RATE)).speakers == ("speaker 1",)
    else:
        with pytest.raises(ModelError, match=said):
            replace(model, embedder=embedder, plda=wider).save(tmp_path / "x")


def test_half_a_character_in_a_name_is_replaced(path, tmp_path):
    (tmp_path / "x").write_bytes(changed(path, lambda told, _: {**told, "name": "a\ud800"}))
    name = load_speakers(tmp_path / "x").name
    assert json.loads(json.dumps(name.encode().decode())) == name
