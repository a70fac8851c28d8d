"""Files of `torch.save` are read in both layouts, and nothing in them is executed."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import pickletools
import zipfile
from collections import OrderedDict, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from checkpoints import LAYOUTS, Trap, rewritten, saved
from hypothesis import HealthCheck, given, settings, strategies as st
from safetensors.torch import save_file

from phonseg.model.importers import torch_checkpoint
from phonseg.model.importers.torch_checkpoint import Note, is_torch_file, read_pickle

TENSORS = {
    "matrix": torch.arange(6.0).reshape(2, 3),
    "double": torch.linspace(0, 1, 5, dtype=torch.float64),
    "count": torch.tensor(7),
    "int": torch.arange(4, dtype=torch.int32),
    "kernel": torch.randn(3, 2, 4, generator=torch.Generator().manual_seed(0)),
}
MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the older layout
every_layout = pytest.mark.parametrize("layout", LAYOUTS)
every_protocol = pytest.mark.parametrize("protocol", [2, 3, 4, 5])
numbers = st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False)


def read_torch_file(path: Path) -> object:
    return torch_checkpoint.read_torch_file(path.read_bytes())


# What is read


@every_layout
def test_tensors_are_those_that_were_saved(tmp_path, layout):
    read = read_torch_file(saved(TENSORS, tmp_path / "x.ckpt", layout))
    assert read.keys() == TENSORS.keys()
    for name, found in read.items():
        assert found.dtype == TENSORS[name].dtype
        assert torch.equal(found, TENSORS[name])


@every_layout
def test_parts_of_one_tensor_are_told_apart(tmp_path, layout):
    whole = torch.arange(12.0)
    parts = {"first": whole[:4], "second": whole[4:].reshape(2, 4), "again": whole}
    read = read_torch_file(saved(parts, tmp_path / "x.ckpt", layout))
    assert {name: part.tolist() for name, part in read.items()} == {name: part.tolist() for name, part in parts.items()}


@every_layout
def test_settings_beside_the_tensors_are_kept_as_notes(tmp_path, layout):
    content = {"epoch": 3, "best": np.float64(0.8), "settings": argparse.Namespace(rate=0.1)}
    found = read_torch_file(saved(content, tmp_path / "x.ckpt", layout))
    assert found["epoch"] == 3
    assert found["settings"] == found["best"] == Note()


@every_protocol
def test_objects_in_the_pickle_within_are_notes_of_what_would_have_made_them(protocol):
    value = [argparse.Namespace(rate=0.1), OrderedDict(a=1, b=2), np.float64(0.25), {"x": (1, None, "y", b"z")}]
    settings, ordered, number, plain = read_pickle(pickle.dumps(value, protocol))
    assert isinstance(settings, Note)
    assert ordered == {"a": 1, "b": 2}
    kind, eight_bytes = number.arguments
    assert kind.arguments[0] == "f8"
    if protocol == 2:  # bytes are a text that is to be encoded
        assert eight_bytes.arguments == ("\0\0\0\0\0\0Ð?", "latin1")
        assert plain["x"][3].arguments == ("z", "latin1")
    else:
        assert eight_bytes == np.float64(0.25).tobytes()
        assert plain == {"x": (1, None, "y", b"z")}


def test_a_name_is_not_looked_up_and_what_it_names_is_not_called():
    note = read_pickle(b"\x80\x02cdill._dill\n_import_module\nX\x0b\0\0\0no.such.one\x85R.")
    assert (type(note), note.arguments) == (Note, ("no.such.one",))
    assert read_pickle(pickle.dumps(defaultdict(None, a=3), 3)) == {"a": 3}


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
    with patch.object(os, "open", side_effect=PermissionError):
        assert not is_torch_file(tmp_path / "x.safetensors")


# What is refused


TRAPS = {
    "mkdir": lambda canary: Trap(os.mkdir, str(canary)),
    "system": lambda canary: Trap(os.system, f"mkdir '{canary}'"),
    "eval": lambda canary: Trap(eval, f"__import__('os').mkdir({str(canary)!r})"),
    "exec": lambda canary: Trap(exec, f"import os; os.mkdir({str(canary)!r})"),
}
every_trap = pytest.mark.parametrize("kind", TRAPS)
REFUSED = (
    r"it names ((posix|nt|builtins|__builtin__)\.)?(mkdir|system|eval|exec), "
    r"which does not belong in it; nothing was run"
)


@every_layout
@every_trap
@pytest.mark.parametrize("place", ["alone", "beside tensors"])
def test_what_would_run_something_is_refused_and_does_not(tmp_path, layout, kind, place):
    canary = tmp_path / "canary"
    trap = TRAPS[kind](canary)
    path = saved(trap if place == "alone" else {**TENSORS, "more": [trap]}, tmp_path / "x.ckpt", layout)
    with pytest.raises(ValueError, match=REFUSED):
        read_torch_file(path)
    assert not canary.exists()
    torch.load(path, weights_only=False)
    assert canary.exists()  # it would have been noticed


@every_protocol
@every_trap
@pytest.mark.parametrize(
    "wrap", [lambda trap: trap, lambda trap: {"a": [1, (trap,)]}, lambda trap: OrderedDict(a=trap)]
)
def test_a_pickle_within_that_would_run_something_is_refused_and_does_not(tmp_path, protocol, kind, wrap):
    canary = tmp_path / "canary"
    content = pickle.dumps(wrap(TRAPS[kind](canary)), protocol)
    with pytest.raises(ValueError, match=REFUSED):
        read_pickle(content)
    assert not canary.exists()
    pickle.loads(content)
    assert canary.exists()  # it would have been noticed


@pytest.mark.parametrize("name", ["posix mkdir", "dill._dill _load", "numpy load", "no.such.module thing"])
def test_other_names_are_refused_even_where_nothing_is_called(name):
    module, _, found = name.partition(" ")
    with pytest.raises(ValueError, match=f"it names {module}.{found}, which does not belong in it; nothing was run"):
        read_pickle(f"c{module}\n{found}\n.".encode())


def test_any_pickle_of_the_row_may_be_the_trap(tmp_path):
    trap, path = pickle.dumps(Trap(os.mkdir, str(tmp_path / "canary")), 2), tmp_path / "x.ckpt"
    row = [pickle.dumps(value, 2) for value in (MAGIC, 1001, {}, {}, [])]
    for place in range(5):
        path.write_bytes(b"".join([*row[:place], trap, *row[place + 1 :]]))
        with pytest.raises(ValueError, match="nothing was run"):
            read_torch_file(path)
    assert not (tmp_path / "canary").exists()
    path.write_bytes(b"".join(row))
    assert read_torch_file(path) == {}


@every_layout
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_was_cut_short_is_refused(tmp_path, layout, data):
    content = saved(TENSORS, tmp_path / "whole.ckpt", layout).read_bytes()
    (tmp_path / "x.ckpt").write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ValueError, match=r"\w"):
        read_torch_file(tmp_path / "x.ckpt")


def test_a_zip_whose_numbers_have_changed_is_refused(tmp_path):
    path = saved({"a": torch.full((50,), 1.5)}, tmp_path / "x.ckpt", "zip")
    content = path.read_bytes()
    path.write_bytes(content.replace(torch.full((3,), 1.5).numpy().tobytes(), b"\0" * 12, 1))
    with pytest.raises(ValueError, match="it is damaged: the checksum of x/data/0 is wrong"):
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


def test_an_archive_with_fewer_numbers_than_it_says_is_refused(tmp_path):
    path = saved({"a": torch.zeros(10**6)}, tmp_path / "x.ckpt", "zip")
    with pytest.raises(ValueError, match="it is damaged, or PyTorch did not write it"):
        read_torch_file(rewritten(path, {"x/data/0": b"\0" * 20}))


@pytest.mark.parametrize(
    "content",
    [
        *(pickle.dumps({"a": 1}, 2), pickle.dumps([1], 4), b"\x80", b"\x80\x02."),
        *(b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 50),
    ],
)
def test_what_torch_did_not_write_is_refused(tmp_path, content):
    (tmp_path / "x.ckpt").write_bytes(content)
    assert is_torch_file(tmp_path / "x.ckpt")
    with pytest.raises(ValueError, match="it is damaged"):
        read_torch_file(tmp_path / "x.ckpt")


def test_another_zip_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.ckpt", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(ValueError, match="it is damaged, or PyTorch did not write it"):
        read_torch_file(tmp_path / "x.ckpt")


# Pickles within that make no sense, or take all the memory


@given(st.lists(numbers | st.text() | st.lists(numbers)), st.sampled_from([2, 3, 4, 5]), st.data())
@settings(max_examples=40)
def test_a_pickle_within_is_read_whole_or_refused(value, protocol, data):
    content = pickle.dumps(value, protocol)
    assert read_pickle(content) == value
    with pytest.raises(ValueError, match="the pickle inside it cannot be read"):
        read_pickle(content[: data.draw(st.integers(0, len(content) - 1))])


opcodes = st.sampled_from([opcode.code.encode("latin1") for opcode in pickletools.opcodes])


@given(st.lists(opcodes | st.binary(max_size=3)).map(b"".join) | st.binary())
def test_any_bytes_within_are_read_or_refused(content):
    try:
        read_pickle(content + b".")
    except ValueError as error:
        assert str(error)  # noqa: PT017  (either outcome will do)


@pytest.mark.parametrize("place", [b"r\xff\xff\xff\xff", b"p4294967295\n"])
def test_a_distant_place_in_memory_is_refused(place):
    with pytest.raises(ValueError, match="the pickle inside it cannot be read: it is too large"):
        read_pickle(b"\x80\x02N" + place + b".")


# What a program does besides


@every_layout
def test_several_threads_read_at_once(tmp_path, layout):
    path = saved({"a": torch.ones(3), "settings": argparse.Namespace(rate=0.1)}, tmp_path / "x.ckpt", layout)
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(read_torch_file, [path] * 64))
    assert all(type(one["settings"]) is Note for one in read)


@every_layout
def test_what_a_program_allows_pytorch_to_make_is_a_note_here_and_stays_allowed(tmp_path, layout):
    path = saved({"settings": argparse.Namespace(rate=0.1)}, tmp_path / "x.ckpt", layout)
    with torch.serialization.safe_globals([argparse.Namespace]):
        before = set(torch.serialization.get_safe_globals())
        assert type(read_torch_file(path)["settings"]) is Note
        assert set(torch.serialization.get_safe_globals()) == before
        with pytest.raises(ValueError, match="damaged"):
            read_torch_file(rewritten_as_nothing(tmp_path))
        assert set(torch.serialization.get_safe_globals()) == before


def rewritten_as_nothing(folder: Path) -> Path:
    (folder / "damaged.ckpt").write_bytes(b"\x80\x02]q")
    return folder / "damaged.ckpt"
