"""One file is a model; whatever is not one is refused, and nothing in it is executed."""

from __future__ import annotations

import io
import json
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
from torch import nn

from phonseg.errors import ModelError, OutputError
from phonseg.model import model_file
from phonseg.model.analysis_settings import AnalysisSettings
from phonseg.model.model_file import digest, load_tensors, read_model, write_model
from phonseg.model.segmenter import load

STREAM = {"encoder": "log-mel", "settings": {"bands": 20}, "contrast": {}, "weight": 1.0}
DESCRIPTION = {
    "name": "täst",
    "streams": [STREAM],
    "operating_point": {"prominence": 0.5},
    "training": {"numbers": [1, 2.5, None], "nested": {"yes": True}},
    "tuned_on_labels": False,
}
TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b.count": torch.tensor(3), "empty": torch.zeros(0)}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.safetensors"
    network_segmenter().save(path)
    return path


def tampered(model: Path, path: Path, **changes: str) -> Path:
    """The model with other entries in its metadata, and the digest that belongs to its description."""
    description, tensors, _ = read_model(model)
    if "description" in changes:
        description = json.loads(changes["description"])
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
    written = write_model(path, DESCRIPTION, TENSORS)
    description, tensors, found = read_model(path)
    assert description == DESCRIPTION
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in tensors.items():
        assert tensor.dtype == TENSORS[name].dtype
        assert torch.equal(tensor, TENSORS[name])
    assert found == written == digest(DESCRIPTION, TENSORS)


def test_tensors_may_be_transposed_shared_or_under_training(tmp_path):
    path, weights = tmp_path / "x.safetensors", nn.Parameter(torch.arange(6.0).reshape(2, 3))
    write_model(path, DESCRIPTION, {"one": weights, "same": weights, "turned": weights.T})
    tensors = read_model(path).tensors
    assert torch.equal(tensors["one"], weights)
    assert torch.equal(tensors["same"], weights)
    assert torch.equal(tensors["turned"], weights.T)


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
    write_model(path, DESCRIPTION, TENSORS)
    write_model(path, {**DESCRIPTION, "name": "other"}, TENSORS)
    assert read_model(path).description["name"] == "other"
    assert os.listdir(tmp_path) == ["x.safetensors"]


def test_a_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    with pytest.raises(OutputError, match=r"missing.x\.safetensors: cannot be written"):
        write_model(tmp_path / "missing" / "x.safetensors", DESCRIPTION, TENSORS)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="folder: cannot be written"):
        write_model(tmp_path / "folder", DESCRIPTION, TENSORS)
    assert os.listdir(tmp_path) == ["folder"]


# What is no model


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ModelError, match=r"x\.safetensors: there is no such model file"):
        load(tmp_path / "x.safetensors")
    with pytest.raises(ModelError, match="there is no such model file"):
        load(tmp_path)
    with pytest.raises(ModelError, match="there is no such model file"):
        load("x" * 5000)  # longer than any name may be


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


def packed(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(told) if length is None else length).to_bytes(8, "little") + told + data


def one(**changes: Any) -> dict[str, Any]:
    """The header of a file with one tensor of eight bytes."""
    return {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\2\0\0",
        packed({}, length=2**63),
        packed(b"\xff\xff"),
        packed(b"[" * 200_000),
        packed({"__metadata__": {"x": 1}}),
        packed({"x": 5}),
        packed(one(dtype="F4"), bytes(8)),
        packed(one(shape=[-1, -2]), bytes(8)),
        packed(one(shape=[10**12]), bytes(8)),
        packed(one(shape=[2**32, 2**32]), bytes(8)),
        packed(one(data_offsets=[8, 0]), bytes(8)),
        packed(one(data_offsets=[1, 9]), bytes(9)),
        packed({**one(), "y": one()["x"]}, bytes(8)),
        packed(one(), bytes(7)),
        packed(one(), bytes(9)),
    ],
)
def test_a_safetensors_file_that_is_not_what_it_says_is_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(
        ModelError, match=r"x\.safetensors: is (not a phonseg model, or is damaged|a safetensors file, but)"
    ):
        read_model(path)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
tensors = st.dictionaries(
    st.sampled_from(["dtype", "shape", "data_offsets", "more"]),
    values | st.sampled_from(["F32", "I64", [2], [0, 8], [], [8, 16]]),
)


@given(
    header=st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), values | tensors), data=st.binary(max_size=20)
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_header_is_refused(tmp_path, header, data):
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed(header, data))
    with pytest.raises(ModelError, match=r"x\.safetensors: "):
        read_model(path)


def test_a_file_larger_than_any_model_is_not_read(model, monkeypatch):
    monkeypatch.setattr(model_file, "LARGEST_MODEL_FILE", model.stat().st_size)
    read_model(model)
    monkeypatch.setattr(model_file, "LARGEST_MODEL_FILE", model.stat().st_size - 1)
    monkeypatch.setattr(model_file, "safe_open", None)
    with pytest.raises(ModelError, match="it has more than 0 million bytes"):
        read_model(model)


@pytest.mark.parametrize(
    ("description", "said"),
    [
        ("[" * 200_000, "nested too deeply|Expecting value"),
        ("1" * 5_000, "Exceeds the limit"),
        ("{]", "Expecting prop"),
    ],
)
def test_a_description_that_is_no_json_is_refused(tmp_path, description, said):
    path = tmp_path / "x.safetensors"
    save_file(TENSORS, path, {"format": "phonseg-model", "format_version": "3", "description": description})
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


@pytest.mark.parametrize("version", ["4", "10", "", "x"])
def test_a_model_of_a_future_format_asks_for_a_newer_phonseg(model, tmp_path, version):
    path = tampered(model, tmp_path / "x.safetensors", format_version=version)
    with pytest.raises(ModelError, match="Install a newer phonseg"):
        load(path)


def test_a_model_of_an_earlier_format_must_be_trained_again(model, tmp_path):
    path = tampered(model, tmp_path / "x.safetensors", format_version="1")
    with pytest.raises(ModelError, match=r"has model format 1; this phonseg reads 2 and 3\. .* train it again"):
        load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: [],
        lambda told: {**told, "streams": []},
        lambda told: {**told, "streams": None},
        lambda told: {name: value for name, value in told.items() if name != "operating_point"},
        lambda told: {**told, "operating_point": {"sure": 1}},
        lambda told: {**told, "analysis_settings": {"unknown": True}},
        lambda told: {**told, "streams": [{**told["streams"][0], "encoder": "a later encoder"}]},
        lambda told: {**told, "streams": [{**told["streams"][0], "settings": {"bands": 20, "depth": 3}}]},
        lambda told: {**told, "streams": [{**told["streams"][0], "settings": {"bands": 20, "width": -1}}]},
        lambda told: {**told, "streams": [{**told["streams"][0], "weight": "heavy"}]},
    ],
)
def test_a_model_that_is_described_otherwise_is_refused(model, tmp_path, change):
    described = json.dumps(change(read_model(model).description))
    path = tampered(model, tmp_path / "x.safetensors", description=described)
    with pytest.raises(ModelError, match=r"x\.safetensors: was made by an incompatible version"):
        load(path)


def test_model_files_of_format_2_load_although_its_names_are_others(model, tmp_path):
    told = read_model(model).description
    told["views"] = told.pop("streams")
    told["conventions"] = {"levelled": False, "in_silence": False, "stretched": True, "as_stored": True}
    path = tampered(model, tmp_path / "x.safetensors", description=json.dumps(told), format_version="2")
    settings = AnalysisSettings(level_normalised=False, padded_with_silence=False, min_max_scaled=True)
    old, new = load(path), load(model)
    assert old.analysis_settings == settings
    assert [stream.weight for stream in old.streams] == [stream.weight for stream in new.streams]
    again = load(old.save(tmp_path / "again.safetensors") and tmp_path / "again.safetensors")
    assert again.analysis_settings == settings


@pytest.mark.parametrize("settings_of_it", [{"bands": 20, "width": 9}, {"bands": 19, "width": 8}])
def test_a_model_whose_weights_have_another_shape_is_refused(model, tmp_path, settings_of_it):
    told = read_model(model).description
    told["streams"][0]["settings"] = settings_of_it
    path = tampered(model, tmp_path / "x.safetensors", description=json.dumps(told))
    with pytest.raises(ModelError, match=r"x\.safetensors: does not fit its own description"):
        load(path)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float8_e4m3fn])
def test_kinds_of_numbers_that_numpy_does_not_know_are_no_obstacle(tmp_path, kind):
    path, tensors = tmp_path / "x.safetensors", {"a": torch.ones(2, 3).to(kind), "b": torch.tensor(1.0).to(kind)}
    written = write_model(path, DESCRIPTION, tensors)
    found = read_model(path)
    assert found.digest == written
    assert all(torch.equal(found.tensors[name].float(), tensors[name].float()) for name in tensors)


@pytest.mark.parametrize("change", ["missing", "left over", "misshapen"])
def test_tensors_must_fit_the_module(change):
    tensors = dict(nn.Linear(2, 3).state_dict())
    if change == "missing":
        del tensors["bias"]
    else:
        tensors["more" if change == "left over" else "bias"] = torch.zeros(4)
    with pytest.raises(ModelError, match="somewhere: does not fit"):
        load_tensors(nn.Linear(2, 3), tensors, "somewhere")
