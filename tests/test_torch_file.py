"""Files of `torch.save` are read in both layouts, and nothing in them is executed."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import zipfile
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from checkpoints import LAYOUTS, Trap, saved
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from phonseg import torch_file
from phonseg.pickled import Name
from phonseg.torch_file import is_torch_file, read_torch_file, tensor

TENSORS = {
    "matrix": torch.arange(6.0).reshape(2, 3),
    "double": torch.linspace(0, 1, 5, dtype=torch.float64),
    "count": torch.tensor(7),
    "int": torch.arange(4, dtype=torch.int32),
    "kernel": torch.randn(3, 2, 4, generator=torch.Generator().manual_seed(0)),
}
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def read_tensors(path: Path) -> dict[str, Tensor]:
    content, storages = read_torch_file(path)
    return {name: tensor(note, storages) for name, note in content.items()}


def rewritten(path: Path, change: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """The same archive with other contents under some names."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in {**contents, **change}.items():
            archive.writestr(name, content)
    return path


# What is read


@every_layout
def test_tensors_are_those_that_were_saved(tmp_path, layout):
    read = read_tensors(saved(TENSORS, tmp_path / "x.ckpt", layout))
    assert read.keys() == TENSORS.keys()
    for name, found in read.items():
        assert found.dtype == TENSORS[name].dtype
        assert torch.equal(found, TENSORS[name])


@every_layout
def test_parts_of_one_tensor_are_told_apart(tmp_path, layout):
    whole = torch.arange(12.0)
    parts = {"first": whole[:4], "second": whole[4:].reshape(2, 4), "again": whole}
    read = read_tensors(saved(parts, tmp_path / "x.ckpt", layout))
    assert {name: part.tolist() for name, part in read.items()} == {name: part.tolist() for name, part in parts.items()}


@every_layout
def test_settings_beside_the_tensors_are_kept_as_notes(tmp_path, layout):
    path = saved({"epoch": 3, "settings": argparse.Namespace(rate=0.1)}, tmp_path / "x.ckpt", layout)
    content, storages = read_torch_file(path)
    assert (content["epoch"], storages) == (3, {})
    assert content["settings"].function == Name("argparse", "Namespace")
    assert content["settings"].state == {"rate": 0.1}
    with pytest.raises(ValueError, match="not stored as those of a network"):
        tensor(content["settings"], storages)


@every_layout
def test_files_of_torch_are_known_by_their_beginning(tmp_path, layout):
    assert is_torch_file(saved(TENSORS, tmp_path / "x.safetensors", layout))
    for length in (0, 128, 5000):  # the length of the header comes first, and may look like the start of a pickle
        save_file(TENSORS, tmp_path / "other.ckpt", metadata={"padding": "x" * length})
        assert not is_torch_file(tmp_path / "other.ckpt")
    header = b"{}".ljust(0x80)
    (tmp_path / "other.ckpt").write_bytes(len(header).to_bytes(8, "little") + header)
    assert not is_torch_file(tmp_path / "other.ckpt")
    assert not is_torch_file(tmp_path)
    assert not is_torch_file(tmp_path / "nowhere.ckpt")
    with patch.object(Path, "open", side_effect=PermissionError):
        assert not is_torch_file(tmp_path / "x.safetensors")


# What is refused


@every_layout
@pytest.mark.parametrize("place", ["alone", "beside tensors"])
def test_what_would_run_something_is_refused_and_does_not(tmp_path, layout, place):
    canary = tmp_path / "canary"
    trap = Trap(os.mkdir, str(canary))
    path = saved(trap if place == "alone" else {**TENSORS, "more": [trap]}, tmp_path / "x.ckpt", layout)
    with pytest.raises(ValueError, match=r"it names \w+\.mkdir, .*nothing was run"):
        read_torch_file(path)
    assert not canary.exists()
    torch.load(path, weights_only=False)
    assert canary.exists()  # it would have been noticed


def test_any_pickle_of_the_row_may_be_the_trap(tmp_path):
    trap, path = pickle.dumps(Trap(os.mkdir, str(tmp_path / "canary")), 2), tmp_path / "x.ckpt"
    row = [pickle.dumps(value, 2) for value in (torch_file.MAGIC, 1001, {}, {}, [])]
    for place in range(5):
        path.write_bytes(b"".join([*row[:place], trap, *row[place + 1 :]]))
        with pytest.raises(ValueError, match="nothing was run"):
            read_torch_file(path)
    assert not (tmp_path / "canary").exists()
    path.write_bytes(b"".join(row))
    assert read_torch_file(path) == ({}, {})


@every_layout
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_was_cut_short_is_refused(tmp_path, layout, data):
    content = saved(TENSORS, tmp_path / "whole.ckpt", layout).read_bytes()
    (tmp_path / "x.ckpt").write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ValueError, match=r"\w"):
        read_torch_file(tmp_path / "x.ckpt")


@given(place=st.integers(0, 10**9), byte=st.integers(0, 255))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@every_layout
def test_a_changed_byte_is_refused_or_changes_no_shape(tmp_path, layout, place, byte):
    content = bytearray(saved(TENSORS, tmp_path / "whole.ckpt", layout).read_bytes())
    content[place % len(content)] = byte
    (tmp_path / "x.ckpt").write_bytes(content)
    try:
        content, storages = read_torch_file(tmp_path / "x.ckpt")
    except ValueError as error:
        assert str(error)  # noqa: PT017  (either outcome will do)
    else:
        assert sum(map(len, storages.values())) <= len((tmp_path / "x.ckpt").read_bytes())


def test_a_zip_whose_numbers_have_changed_is_refused(tmp_path):
    path = saved({"a": torch.full((50,), 1.5)}, tmp_path / "x.ckpt", "zip")
    content = path.read_bytes()
    path.write_bytes(content.replace(torch.full((3,), 1.5).numpy().tobytes(), b"\0" * 12, 1))
    with pytest.raises(ValueError, match="it is damaged: Bad CRC-32"):
        read_torch_file(path)


@every_layout
def test_what_is_too_large_is_refused_before_it_is_read(tmp_path, layout):
    path = saved(TENSORS, tmp_path / "x.ckpt", layout)
    with patch.object(torch_file, "LARGEST", 100), pytest.raises(ValueError, match="it has more than"):
        read_torch_file(path)


def test_what_is_larger_than_its_file_is_refused(tmp_path):
    path = saved({"a": torch.zeros(10**6)}, tmp_path / "x.ckpt", "zip")
    with pytest.raises(ValueError, match="it is compressed, or its parts overlap"):
        read_torch_file(rewritten(path, {}, zipfile.ZIP_DEFLATED))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x/data.pkl", pickle.dumps({}, 2))
        archive.writestr("x/data/0", b"\0" * 10_000)
        archive.filelist += [archive.filelist[-1]] * 10_000  # all of them the same bytes of the file
    path.write_bytes(content.getvalue())
    with pytest.raises(ValueError, match="it is compressed, or its parts overlap"):
        read_torch_file(path)


@pytest.mark.parametrize(
    ("stand_in", "said"),
    [
        (torch.arange(6.0).reshape(2, 3).T, "not stored as those of a network"),
        (torch.zeros(2, 2, 2, 2), "not stored as those of a network"),
        (torch.zeros(1).expand(1000), "not stored as those of a network"),
        (torch.zeros(0), "not stored as those of a network"),
        (torch.zeros(2, dtype=torch.float16), "tensors of an unknown kind"),
        (torch.nn.Parameter(torch.zeros(2)), "not stored as those of a network"),
        ([1.0, 2.0], "not stored as those of a network"),
    ],
)
@every_layout
def test_what_no_weights_of_a_network_are_is_refused(tmp_path, layout, stand_in, said):
    with pytest.raises(ValueError, match=said):
        read_tensors(saved({"a": stand_in}, tmp_path / "x.ckpt", layout))


def test_numbers_that_are_missing_or_too_few_are_refused(tmp_path):
    path = saved(TENSORS, tmp_path / "x.ckpt", "zip")
    with pytest.raises(ValueError, match="not stored as those of a network"):
        read_tensors(rewritten(path, {"x/data/0": b"\0" * 20}))
    with pytest.raises(ValueError, match="buffer size must be a multiple"):
        read_tensors(rewritten(path, {"x/data/0": b"\0" * 21}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pickle.dumps({"a": 1}, 2), "it is a pickle, but PyTorch did not write it"),
        (pickle.dumps([1], 4), "it is a pickle, but PyTorch did not write it"),
        (b"PK\x03\x04" + b"\0" * 50, "it is damaged: File is not a zip file"),
    ],
)
def test_what_torch_did_not_write_is_refused(tmp_path, content, said):
    (tmp_path / "x.ckpt").write_bytes(content)
    assert is_torch_file(tmp_path / "x.ckpt")
    with pytest.raises(ValueError, match=said):
        read_torch_file(tmp_path / "x.ckpt")


def test_another_zip_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.ckpt", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(ValueError, match="it is a zip archive, but PyTorch did not write it"):
        read_torch_file(tmp_path / "x.ckpt")
