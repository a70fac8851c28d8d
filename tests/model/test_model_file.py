"""One file is a model; whatever is not one is refused, and nothing in it is executed."""

from __future__ import annotations

import io
import json
import math
import os
import pickle
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import network_segmenter
from hypothesis import HealthCheck, example, given, settings, strategies as st
from safetensors.torch import save_file

from phonseg.errors import ModelError, OutputError
from phonseg.model import model_file
from phonseg.model.analysis_settings import AnalysisSettings
from phonseg.model.model_file import digest, read_model, write_model
from phonseg.model.segmenter import load
from phonseg.model.streams import networks_of
from phonseg.model.tensor_file import open_tensors, read_tensors

STREAM = {"encoder": "boundary-network", "settings": {"bands": 20, "width": 8}, "contrast": {}, "weight": 1.0}
DESCRIPTION = {
    "name": "täst",
    "streams": [STREAM],
    "operating_point": {"prominence": 0.5},
    "training": {"numbers": [1, 2.5, None], "nested": {"yes": True}},
    "tuned_on_labels": False,
}
TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b.count": torch.tensor(3), "empty": torch.zeros(0)}
WEIGHTS = networks_of(network_segmenter().streams[:1]).state_dict()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.safetensors"
    network_segmenter().save(path)
    return path


def told(model: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """What a model file says of its model, and its tensors."""
    with open_tensors(model, 10**8) as (header, file):
        return json.loads(header.metadata["description"]), read_tensors(file, header)


def rewritten(path: Path, description: Any, tensors: dict[str, torch.Tensor], **changes: str) -> Path:
    """A model file with the digest that belongs to what it holds, and with changed entries in its metadata."""
    metadata = {
        "format": "phonseg-model",
        "format_version": "3",
        "description": json.dumps(description),
        "digest": digest(description, tensors),
    }
    save_file(tensors, path, metadata={**metadata, **changes})
    return path


# What is written is read


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "x.safetensors"
    written = write_model(path, DESCRIPTION, WEIGHTS)
    description, streams, speech, found = read_model(path)
    assert speech is None
    assert description == DESCRIPTION
    tensors = networks_of(streams).state_dict()
    assert tensors.keys() == WEIGHTS.keys()
    for name, tensor in tensors.items():
        assert tensor.dtype == WEIGHTS[name].dtype
        assert torch.equal(tensor, WEIGHTS[name])
    assert found == written == digest(DESCRIPTION, WEIGHTS)


@pytest.mark.parametrize(
    ("description", "tensors"),
    [
        ({**DESCRIPTION, "name": "other"}, TENSORS),
        (DESCRIPTION, {**TENSORS, "a": TENSORS["a"] + 1e-6}),
        (DESCRIPTION, {**TENSORS, "a": TENSORS["a"].reshape(3, 2)}),
        (DESCRIPTION, {**TENSORS, "a": TENSORS["a"].to(torch.int32).view(torch.float32)}),
        (DESCRIPTION, {("c" if name == "a" else name): tensor for name, tensor in TENSORS.items()}),
    ],
)
def test_the_digest_changes_with_everything_that_the_file_holds(description, tensors):
    assert digest(description, tensors) != digest(DESCRIPTION, TENSORS)


def test_the_digest_does_not_depend_on_the_order():
    description = dict(reversed(DESCRIPTION.items()))
    assert digest(description, dict(reversed(TENSORS.items()))) == digest(DESCRIPTION, TENSORS)


def test_a_model_is_replaced_in_one_move_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "x.safetensors"
    write_model(path, DESCRIPTION, WEIGHTS)
    write_model(path, {**DESCRIPTION, "name": "other"}, WEIGHTS)
    assert read_model(path).description["name"] == "other"
    assert os.listdir(tmp_path) == ["x.safetensors"]


def test_a_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    with pytest.raises(OutputError, match=r"missing.x\.safetensors: cannot be written"):
        write_model(tmp_path / "missing" / "x.safetensors", DESCRIPTION, WEIGHTS)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="folder: cannot be written"):
        write_model(tmp_path / "folder", DESCRIPTION, WEIGHTS)
    assert os.listdir(tmp_path) == ["folder"]


# What is no model


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ModelError, match=r"x\.safetensors: there is no such model file"):
        load(tmp_path / "x.safetensors")
    for path in ("x" * 5000, "a\0b", tmp_path, "/dev/zero"):
        with pytest.raises(ModelError, match="is not a phonseg model, or is damaged"):
            load(path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelError, match=r"pipe: is not a phonseg model, .*it is a pipe or a device"):
        load(tmp_path / "pipe")


@pytest.mark.parametrize("content", [b"", b"\0" * 8, b"RIFF....WAVE", b"{}", b"\xff" * 100, b"PK\x03\x04" + b"\0" * 50])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"x\.safetensors: is not a phonseg model, (or is damaged|nor a checkpoint)"):
        load(path)


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_model_that_was_cut_short_is_refused(model, tmp_path, data):
    content = model.read_bytes()
    path = tmp_path / "x.safetensors"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ModelError, match=r"x\.safetensors: is "):
        load(path)


@given(bit=st.integers(0, 10**9), in_header=st.booleans())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(bit=0, in_header=False)
def test_a_model_in_which_one_bit_has_flipped_is_refused(model, tmp_path, bit, in_header):
    content = bytearray(model.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    first, last = (0, header) if in_header else (header, len(content))
    bit = 8 * first + bit % (8 * (last - first))
    content[bit // 8] ^= 1 << bit % 8
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"x\.safetensors: "):
        load(path)


@given(content=st.binary(max_size=300))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"x\.safetensors: "):
        load(path)


def test_a_file_larger_than_any_model_is_not_read(model, monkeypatch):
    monkeypatch.setattr(model_file, "LARGEST_MODEL_FILE", model.stat().st_size)
    read_model(model)
    monkeypatch.setattr(model_file, "LARGEST_MODEL_FILE", model.stat().st_size - 1)
    monkeypatch.setattr(model_file, "read_tensors", None)
    with pytest.raises(ModelError, match=r"it has more than [0-9.]+ million bytes"):
        read_model(model)


@pytest.mark.parametrize(
    ("description", "said"),
    [("[" * 200_000, "nested too deeply"), ("1" * 5_000, "too long"), ("{]", "Expecting prop")],
)
def test_a_description_that_is_no_json_is_refused(tmp_path, description, said):
    path = tmp_path / "x.safetensors"
    save_file(WEIGHTS, path, {"format": "phonseg-model", "format_version": "3", "description": description})
    with pytest.raises(ModelError, match=rf"x\.safetensors: is not a phonseg model, or is damaged \(.*({said})"):
        read_model(path)


class Canary:
    """When it is unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    ("save", "execute"), [(pickle.dump, pickle.load), (torch.save, partial(torch.load, weights_only=False))]
)
def test_a_pickle_is_refused_and_not_executed(tmp_path, save, execute):
    path, canary = tmp_path / "x.safetensors", tmp_path / "canary"
    with path.open("wb") as file:
        save(Canary(canary), file)
    with pytest.raises(ModelError, match="is not a phonseg model"):
        load(path)
    assert not canary.exists()
    execute(io.BytesIO(path.read_bytes()))
    assert canary.exists()  # it would have been noticed


def test_safetensors_of_others_are_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    for metadata in (None, {"format": "pt"}):
        save_file(TENSORS, path, metadata=metadata)
        with pytest.raises(ModelError, match="is a safetensors file, but not a phonseg model"):
            load(path)


@pytest.mark.parametrize("version", ["5", "10", "", "x"])
def test_a_model_of_a_future_format_asks_for_a_newer_phonseg(model, tmp_path, version):
    path = rewritten(tmp_path / "x.safetensors", *told(model), format_version=version)
    with pytest.raises(ModelError, match="Install a newer phonseg"):
        load(path)


def test_a_model_of_an_earlier_format_must_be_trained_again(model, tmp_path):
    path = rewritten(tmp_path / "x.safetensors", *told(model), format_version="1")
    with pytest.raises(ModelError, match=r"has model format 1; this phonseg reads 2 to 4\. .* train it again"):
        load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: [],
        lambda told: {**told, "streams": []},
        lambda told: {**told, "streams": None},
        lambda told: {**told, "streams": 9 * told["streams"]},
        lambda told: {name: value for name, value in told.items() if name != "operating_point"},
        lambda told: {**told, "operating_point": {"sure": 1}},
        lambda told: {**told, "analysis_settings": {"unknown": True}},
        lambda told: {**told, "streams": [{**told["streams"][0], "encoder": "a later encoder"}]},
        lambda told: {**told, "streams": [{**told["streams"][0], "settings": {"bands": 20, "depth": 3}}]},
        lambda told: {**told, "streams": [{**told["streams"][0], "settings": {"bands": 20, "width": -1}}]},
        lambda told: {**told, "streams": [{**told["streams"][0], "weight": "heavy"}]},
        lambda told: {**told, "streams": [{**told["streams"][1], "settings": {"bands": 20, "width": 8}}]},
    ],
)
def test_a_model_that_is_described_otherwise_is_refused(model, tmp_path, change):
    description, tensors = told(model)
    path = rewritten(tmp_path / "x.safetensors", change(description), tensors)
    with pytest.raises(ModelError, match=r"x\.safetensors: was made by an incompatible version"):
        load(path)


def test_streams_on_different_grids_are_refused(tmp_path):
    contrast = {"distance": "cosine", "lags": [1]}
    streams = [
        {"encoder": "log-mel", "settings": {"hop": hop}, "contrast": contrast, "weight": 1.0} for hop in (80, 160)
    ]
    path = rewritten(tmp_path / "x.safetensors", {**DESCRIPTION, "streams": streams}, {})
    with pytest.raises(ModelError, match=r"was made by an incompatible version .* lie on 2 grids"):
        load(path)


def test_model_files_of_format_2_load_although_its_names_are_others(model, tmp_path):
    description, tensors = told(model)
    description["views"] = description.pop("streams")
    description["conventions"] = {"levelled": False, "in_silence": False, "stretched": True, "as_stored": True}
    path = rewritten(tmp_path / "x.safetensors", description, tensors, format_version="2")
    settings = AnalysisSettings(level_normalised=False, padded_with_silence=False, min_max_scaled=True)
    old, new = load(path), load(model)
    assert old.analysis_settings == settings
    assert [stream.weight for stream in old.streams] == [stream.weight for stream in new.streams]
    again = load(old.save(tmp_path / "again.safetensors") and tmp_path / "again.safetensors")
    assert again.analysis_settings == settings


def test_a_name_with_half_a_character_is_shown_without_it(model, tmp_path):
    description, tensors = told(model)
    path = rewritten(tmp_path / "x.safetensors", {**description, "name": "a\udcffb"}, tensors)
    assert load(path).name == "a?b"


# Tensors


@pytest.mark.parametrize("settings_of_it", [{"bands": 20, "width": 9}, {"bands": 19, "width": 8}])
def test_a_model_whose_weights_have_another_shape_is_refused_before_they_are_read(
    model, tmp_path, monkeypatch, settings_of_it
):
    description, tensors = told(model)
    description["streams"][0]["settings"] = settings_of_it
    path = rewritten(tmp_path / "x.safetensors", description, tensors)
    monkeypatch.setattr(model_file, "read_tensors", None)
    with pytest.raises(ModelError, match=r"x\.safetensors: .*its tensors do not fit its description: 0\.layers"):
        load(path)


@pytest.mark.parametrize("change", ["missing", "left over", "turned", "another type"])
def test_tensors_must_fit_the_network(model, tmp_path, change):
    description, tensors = told(model)
    match change:
        case "missing":
            del tensors["0.layers.0.bias"]
        case "left over":
            tensors["2.more"] = torch.zeros(4)
        case "turned":
            tensors["0.layers.0.weight"] = tensors["0.layers.0.weight"].transpose(0, 2).contiguous()
        case "another type":
            tensors["0.layers.0.bias"] = torch.zeros(8, dtype=torch.int64)
    with pytest.raises(ModelError, match=r"x\.safetensors: .*its tensors do not fit its description"):
        load(rewritten(tmp_path / "x.safetensors", description, tensors))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("0.layers.0.weight", math.nan),
        ("0.layers.0.weight", math.inf),
        ("0.layers.0.weight", 1e38),
        ("1.layers.0.bias", -2e6),
        ("0.layers.1.running_var", -0.1),
        ("0.layers.1.num_batches_tracked", -1),
        ("0.layers.1.num_batches_tracked", 2**62),
    ],
)
def test_numbers_that_no_training_leaves_behind_are_refused_and_not_written(model, tmp_path, name, value):
    description, tensors = told(model)
    tensors[name].view(-1)[-1] = value
    with pytest.raises(ModelError, match=rf"x\.safetensors: .*\(the numbers in {name} reach from"):
        load(rewritten(tmp_path / "x.safetensors", description, tensors))
    with pytest.raises(ModelError, match=r"y\.safetensors: is not written"):
        write_model(tmp_path / "y.safetensors", description, tensors)
    assert not (tmp_path / "y.safetensors").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"operating_point": {"prominence": -1}}, "operating_point"), ({"training": {"loss": math.nan}}, "not finite")],
)
def test_a_model_out_of_range_is_not_written(tmp_path, monkeypatch, change, said):
    path = tmp_path / "x.safetensors"
    with pytest.raises(ModelError, match=rf"x\.safetensors: is not written, .*{said}"):
        write_model(path, {**DESCRIPTION, **change}, WEIGHTS)
    monkeypatch.setattr(model_file, "LARGEST_MODEL_FILE", 1_000_000)
    with pytest.raises(ModelError, match=r"x\.safetensors: is not written, .*weights have more than 1 million bytes"):
        write_model(path, DESCRIPTION, WEIGHTS)
    assert not path.exists()


def test_networks_take_no_memory_and_no_random_numbers_before_their_weights_are_read(tmp_path):
    description = {**DESCRIPTION, "streams": 16 * [{**STREAM, "settings": {"bands": 512, "width": 4096}}]}
    path = rewritten(tmp_path / "x.safetensors", description, {})
    before = torch.get_rng_state()
    with pytest.raises(ModelError, match="do not fit"):  # 16 networks of 300 million weights
        load(path)
    assert torch.equal(torch.get_rng_state(), before)
