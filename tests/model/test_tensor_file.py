"""Tensors are read as they were written; a file that is not what it says is refused before a tensor is read."""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from safetensors.torch import save_file
from torch import nn

from phonseg.model.tensor_file import LARGEST_HEADER, Header, forms, open_tensors, parsed, read_tensors, save_tensors

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b.count": torch.tensor(3), "empty": torch.zeros(0)}
LARGEST = 10_000


def read(path: Path, largest: int = LARGEST) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    with open_tensors(path, largest) as (header, file):
        return header.metadata, read_tensors(file, header)


def packed(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(told) if length is None else length).to_bytes(8, "little") + told + data


def one(**changes: Any) -> dict[str, Any]:
    """The header of a file with one tensor of eight bytes."""
    return {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


@pytest.mark.parametrize("save", [save_tensors, lambda path, tensors, metadata: save_file(tensors, path, metadata)])
def test_what_is_written_is_read(tmp_path, save):
    path = tmp_path / "x.safetensors"
    save(path, TENSORS, {"täst": "wört"})
    metadata, tensors = read(path)
    assert metadata == {"täst": "wört"}
    assert tensors.keys() == TENSORS.keys()
    assert forms(tensors) == forms(TENSORS)
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)


def test_tensors_may_be_transposed_shared_or_under_training(tmp_path):
    path, weights = tmp_path / "x.safetensors", nn.Parameter(torch.arange(6.0).reshape(2, 3))
    save_tensors(path, {"one": weights, "same": weights, "turned": weights.T}, {})
    _, tensors = read(path)
    assert torch.equal(tensors["one"], weights)
    assert torch.equal(tensors["same"], weights)
    assert torch.equal(tensors["turned"], weights.T)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\2\0\0",
        packed({}, length=2**63),
        packed({}, length=1),
        packed(b"[]"),
        packed(b"\xff\xff"),
        packed(b"[" * 5_000),
        packed({"__metadata__": {"x": 1}}),
        packed({"__metadata__": []}),
        packed({"x": 5}),
        packed(one(dtype="F4"), bytes(8)),
        packed(one(dtype=["F32"]), bytes(8)),
        packed(one(shape=[-1, -2]), bytes(8)),
        packed(one(shape=[2.0]), bytes(8)),
        packed(one(shape=[True, 2]), bytes(8)),
        packed(one(shape=[10**12]), bytes(8)),
        packed(one(shape=[2**32, 2**32]), bytes(8)),
        packed(one(shape=[10**30] * 1_000), bytes(8)),
        packed(one(data_offsets=[8, 0]), bytes(8)),
        packed(one(data_offsets=[1, 9]), bytes(9)),
        packed(one(data_offsets=[-8, 0]), bytes(8)),
        packed(one(data_offsets=[False, 8]), bytes(8)),
        packed(one(more=1), bytes(8)),
        packed({**one(), "y": one()["x"]}, bytes(8)),
        packed(b'{"x": %b, "x": %b}' % ((json.dumps(one()["x"]).encode(),) * 2), bytes(8)),
        packed(one(), bytes(7)),
        packed(one(), bytes(9)),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises((ValueError, OSError), match=r"^(it|its) |^'utf-8' codec"), open_tensors(path, LARGEST):
        pass


@pytest.mark.parametrize("dtype", ["F16", "BF16", "F64", "I8", "I32", "U8", "BOOL", "C64", "F8_E4M3"])
def test_numbers_of_other_types_are_refused(tmp_path, dtype):
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed(one(dtype=dtype), bytes(8)))
    with (
        pytest.raises(ValueError, match=rf"it holds numbers of the type {dtype}, not F32 or I64"),
        open_tensors(path, LARGEST),
    ):
        pass


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
entries = st.dictionaries(
    st.sampled_from(["dtype", "shape", "data_offsets", "more"]),
    values | st.sampled_from(["F32", "I64", [2], [0, 8], [], [8, 16]]),
)


@given(
    header=st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), values | entries), data=st.binary(max_size=20)
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_header_is_read_or_refused(tmp_path, header, data):
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed(header, data))
    try:
        _, tensors = read(path)
    except ValueError:
        return
    assert sum(tensor.nbytes for tensor in tensors.values()) == len(data)


def test_a_long_header_and_a_large_file_are_not_read(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(packed(b" " * LARGEST_HEADER + b"{}"))
    with pytest.raises(ValueError, match="does not begin with the header"), open_tensors(path, 10**7):
        pass
    path.write_bytes(packed({}))
    assert read(path, 10) == ({}, {})
    with pytest.raises(OSError, match="it has more than 9e-06 million bytes"), open_tensors(path, 9):
        pass


def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(OSError, match=r"it is (a folder|a pipe or a device)"):
            read(path)
    with pytest.raises(ValueError, match="null byte"):
        read(Path("a\0b"))
    for missing in (tmp_path / "nothing", Path("x" * 5_000)):
        with pytest.raises(OSError, match=r"No such file|File name too long"):
            read(missing)


def test_a_file_that_becomes_shorter_meanwhile_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    tensors = {"x": torch.zeros(100_000)}
    save_tensors(path, tensors, {})
    with open_tensors(path, 10**6) as (header, file):
        os.truncate(path, 1_000)
        with pytest.raises(ValueError, match="became shorter while it was read"):
            read_tensors(file, header)
    assert isinstance(header, Header)


# JSON


@given(values)
def test_json_with_one_meaning_is_parsed(value):
    text = json.dumps(value)
    try:
        assert parsed(text) == json.loads(text)
    except ValueError:
        assert "NaN" in text or "Infinity" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("{]", "Expecting prop"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a": 1, "a": 1}', "names a part twice"),
        ('[{"a": {"b": 1, "c": 2, "b": 1}}]', "names a part twice"),
        ("1" * 5_000, "too long"),
        ("1." + "1" * 5_000, "too long"),
        ("1e400", "not finite"),
        ("NaN", "not finite"),
        ("[-Infinity]", "not finite"),
    ],
)
def test_json_that_is_none_or_has_no_bounded_meaning_is_refused(text, said):
    limit = sys.getrecursionlimit()
    for recursion in (limit, 10**6):
        sys.setrecursionlimit(recursion)
        try:
            with pytest.raises(ValueError, match=said):
                parsed(text)
        finally:
            sys.setrecursionlimit(limit)


def test_brackets_in_texts_do_not_count():
    text = json.dumps({"[[": "{" * 1_000, '"\\': '["' * 1_000})
    assert parsed(text) == json.loads(text)
    assert parsed("[" * 50 + "]" * 50)
    assert math.isclose(parsed("0.1"), 0.1)
