"""Safetensors files that lie about themselves are refused before anything is made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from phonseg import tensor_file
from phonseg.tensor_file import KINDS, LONGEST_HEADER, parsed, read_tensor_file

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(3), "c": torch.zeros(0, 4), "d": torch.ones(5)}


def packed(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(told) if length is None else length).to_bytes(8, "little") + told + data


def write(folder: Path, content: bytes) -> Path:
    path = folder / "x.safetensors"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_what_safetensors_writes_is_read(tmp_path, kind):
    tensors = {"one": torch.ones(2, 3).to(kind), "none": torch.zeros(0).to(kind), "single": torch.tensor(1).to(kind)}
    found = read_tensor_file(write(tmp_path, save(tensors, {"key": "välue"})))
    assert found.metadata == {"key": "välue"}
    assert {name: (entry.kind, entry.shape) for name, entry in found.entries.items()} == {
        name: (kind, tuple(tensor.shape)) for name, tensor in tensors.items()
    }
    for name, tensor in found.tensors().items():
        assert tensor.dtype == kind
        assert bytes(found.entries[name].content) == tensors[name].flatten().view(torch.uint8).numpy().tobytes()
        assert torch.equal(tensor.float(), tensors[name].float())


def one(**changes: Any) -> dict[str, Any]:
    """The header of a file with one tensor of eight bytes."""
    return {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "impossible length"),
        (b"\2\0\0", "impossible length"),
        (packed({}, length=1), "impossible length"),
        (packed({}, length=2**63), "impossible length"),
        (packed({}, length=10**12), "impossible length"),
        (packed(b"{" + b" " * LONGEST_HEADER + b"}"), "impossible length"),
        (packed(b"{]"), "Expecting property name"),
        (packed(b"\xff\xff"), "codec can't decode|utf-8"),
        (packed(b"[" * 200_000), "nested too deeply|Expecting value"),
        (packed([1]), "its header is none"),
        (packed({"__metadata__": ["x"]}), "its header is none"),
        (packed({"__metadata__": {"x": 1}}), "its header is none"),
        (packed({"x": 5}), "not described as one"),
        (packed({"x": {"dtype": "F32", "shape": [2]}}, bytes(8)), "not described as one"),
        (packed(one(data_offsets=[0, 8, 9]), bytes(8)), "not described as one"),
        (packed(one(data_offsets=[0.0, 8.0]), bytes(8)), "not described as one"),
        (packed(one(dtype="F4"), bytes(8)), "unknown kind"),
        (packed(one(dtype=["F32"]), bytes(8)), "not described as one"),
        (packed(one(shape=2), bytes(8)), "not described as one"),
        (packed(one(shape=[-1, -2]), bytes(8)), "impossible shape"),
        (packed(one(shape=[2.0]), bytes(8)), "impossible shape"),
        (packed(one(shape=[True, 2]), bytes(8)), "impossible shape"),
        (packed(one(shape=[10**12]), bytes(8)), "do not lie where they should"),
        (packed(one(shape=[2**32, 2**32]), bytes(8)), "do not lie where they should"),
        (packed(one(data_offsets=[8, 0]), bytes(8)), "do not lie where they should"),
        (packed(one(data_offsets=[-8, 0]), bytes(8)), "do not lie where they should"),
        (packed(one(data_offsets=[1, 9]), bytes(9)), "do not lie where they should"),
        (packed({**one(), "y": one()["x"]}, bytes(8)), "do not lie where they should"),
        (packed(one(), bytes(7)), "do not lie where they should"),
        (packed(one(), bytes(9)), "bytes are left over"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path, content, reason):
    with pytest.raises(ValueError, match=reason):
        read_tensor_file(write(tmp_path, content))


def test_a_file_larger_than_any_model_is_not_read(tmp_path, monkeypatch):
    path = write(tmp_path, save(TENSORS))
    assert read_tensor_file(path).entries.keys() == TENSORS.keys()
    monkeypatch.setattr(tensor_file, "LARGEST", path.stat().st_size - 1)
    monkeypatch.setattr(Path, "read_bytes", None)
    with pytest.raises(ValueError, match="it has more than"):
        read_tensor_file(path)


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
def test_any_header_is_right_or_refused(tmp_path, header, data):
    path = write(tmp_path, packed(header, data))
    try:
        found = read_tensor_file(path)
    except ValueError:
        return
    assert found.tensors().keys() == found.entries.keys()


def test_numbers_too_long_for_python_are_refused():
    with pytest.raises(ValueError, match="Exceeds the limit"):
        parsed("1" * 5_000)
