"""A pickle is read as what it says, and nothing that it names is looked up or run."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import pickletools
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkpoints import Trap
from hypothesis import given, settings
from hypothesis import strategies as st

from phonseg.pickled import INSTRUCTIONS, MOST_INSTRUCTIONS, Call, Name, read_pickle

PROTOCOLS = (2, 3, 4, 5)
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)

numbers = st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False)
plain_values = st.recursive(
    numbers | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.floats(allow_nan=False), inner)
    ),
)


def read(content: bytes, *modules: str, **how: Any) -> Any:
    return read_pickle(io.BytesIO(content), modules, **how)


# What is read


@given(plain_values, st.sampled_from(PROTOCOLS))
@settings(max_examples=40)
def test_numbers_texts_and_containers_are_what_was_pickled(value, protocol):
    assert read(pickle.dumps(value, protocol)) == value


@given(st.binary(max_size=600), st.sampled_from(PROTOCOLS[1:]))
def test_bytes_are_what_was_pickled(value, protocol):
    assert read(pickle.dumps([value, value], protocol)) == [value, value]


def test_what_is_shared_stays_shared():
    inner: list[int] = []
    first, second = read(pickle.dumps([inner, inner], 2))
    assert first is second


def test_long_texts_and_many_values_are_read():
    value = {"x" * 70_000: list(range(3000)), "t": tuple(range(300))}
    assert read(pickle.dumps(value, 4)) == value


def test_pickles_in_a_row_are_read_one_by_one():
    file = io.BytesIO(pickle.dumps([1, 2], 2) + pickle.dumps("three", 4) + b"rest")
    assert [read_pickle(file, ()), read_pickle(file, ())] == [[1, 2], "three"]
    assert file.read() == b"rest"


@every_protocol
def test_objects_are_notes_of_what_would_have_made_them(protocol):
    note = read(pickle.dumps(argparse.Namespace(rate=0.1, epochs=3), protocol), "argparse", "copyreg")
    assert (note.function, note.arguments) == (Name("argparse", "Namespace"), ())
    assert note.state == {"rate": 0.1, "epochs": 3}
    ordered = read(pickle.dumps(OrderedDict(a=1, b=2), protocol), "collections")
    assert (ordered.function, ordered.entries) == (Name("collections", "OrderedDict"), {"a": 1, "b": 2})
    nested = read(pickle.dumps(defaultdict(dict, a={"b": 3}), protocol), "collections", "builtins", "__builtin__")
    assert (nested.function, nested.entries) == (Name("collections", "defaultdict"), {"a": {"b": 3}})
    scalar = read(pickle.dumps(np.float64(0.25), protocol), "numpy", "numpy._core.multiarray", "_codecs")
    assert scalar.function == Name("numpy._core.multiarray", "scalar")
    assert scalar.arguments[0].arguments[0] == "f8"


def test_what_lies_outside_is_asked_for():
    class Pickler(pickle.Pickler):
        def persistent_id(self, value: object) -> object:
            return ("kept", str(value)) if isinstance(value, float) else None

    file = io.BytesIO()
    Pickler(file, 2).dump(["a", 1.5, 2])
    assert read(file.getvalue(), outside=lambda identity: ("asked", identity)) == ["a", ("asked", ("kept", "1.5")), 2]
    with pytest.raises(ValueError, match="refers to something outside"):
        read(file.getvalue())


# What is never run


def traps(canary: Path) -> list[Trap]:
    return [
        Trap(os.mkdir, str(canary)),
        Trap(os.system, f"mkdir '{canary}'"),
        Trap(eval, f"__import__('os').mkdir({str(canary)!r})"),
        Trap(exec, f"import os; os.mkdir({str(canary)!r})"),
    ]


@every_protocol
@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize(
    "wrap", [lambda trap: trap, lambda trap: {"a": [1, (trap,)]}, lambda trap: OrderedDict(a=trap)]
)
def test_a_pickle_that_would_run_something_is_refused_and_does_not(tmp_path, protocol, which, wrap):
    canary = tmp_path / "canary"
    content = pickle.dumps(wrap(traps(canary)[which]), protocol)
    with pytest.raises(ValueError, match=r"it names (posix|nt|builtins|__builtin__)\.\w+, .*nothing was run"):
        read(content, "collections")
    assert not canary.exists()
    pickle.loads(content)
    assert canary.exists()  # it would have been noticed


@pytest.mark.parametrize("which", range(4))
def test_even_what_may_be_named_is_not_run(tmp_path, which):
    canary = tmp_path / "canary"
    note = read(pickle.dumps(traps(canary)[which], 2), "posix", "nt", "builtins", "__builtin__")
    assert isinstance(note, Call)
    assert not canary.exists()


def test_a_name_is_not_looked_up():
    assert read(b"\x80\x02cno.such.module\nthing\n.", "no.such.module") == Name("no.such.module", "thing")


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02\x82\x01.",  # an object that another library has registered
        b"\x80\x02Pid\n.",  # an object kept outside, of the oldest protocol
        b"(iargparse\nNamespace\n.",
        b"(cargparse\nNamespace\no.",
    ],
)
def test_instructions_that_no_network_needs_are_refused(content):
    with pytest.raises(ValueError, match=r"has the instruction (EXT1|PERSID|INST|OBJ)"):
        read(content, "argparse")


def test_every_instruction_is_one_that_python_knows():
    assert set(INSTRUCTIONS) <= {opcode.name for opcode in pickletools.opcodes}


# What makes no sense, or takes forever


@given(plain_values, st.sampled_from(PROTOCOLS), st.data())
@settings(max_examples=40)
def test_a_pickle_that_was_cut_short_is_refused(value, protocol, data):
    content = pickle.dumps(value, protocol)
    with pytest.raises(ValueError, match=r"\w"):
        read(content[: data.draw(st.integers(0, len(content) - 1))])


opcodes = st.sampled_from([opcode.code.encode("latin1") for opcode in pickletools.opcodes])


@given(st.lists(opcodes | st.binary(max_size=3)).map(b"".join) | st.binary())
def test_any_bytes_are_read_or_refused(content):
    file = io.BytesIO(content + b".")
    try:
        read_pickle(file, ["argparse"])
    except ValueError as error:
        assert str(error)  # noqa: PT017  (either outcome will do)
    else:
        assert file.getvalue()[: file.tell()].endswith(pickle.STOP)


def test_keys_whose_hash_takes_forever_are_refused():
    with pytest.raises(ValueError, match="keys that are neither texts nor numbers"):
        read(b"\x80\x02})" + b"q\x00h\x00\x86" * 60 + b"Ns.")


def test_a_name_whose_text_takes_forever_is_refused():
    with pytest.raises(ValueError, match="no text"):
        read(b"\x80\x04)" + b"q\x00h\x00\x86" * 60 + b"\x8c\x01a\x93.")


def test_a_distant_place_in_memory_takes_no_memory():
    assert read(b"\x80\x02Nr\xff\xff\xff\xff.") is None


def test_too_many_instructions_are_refused():
    content = b"\x80\x02]" + b"Na" * (MOST_INSTRUCTIONS // 2 - 1) + b"."
    assert len(read(content)) == MOST_INSTRUCTIONS // 2 - 1
    with pytest.raises(ValueError, match="more than 20000 instructions"):
        read(content[:-1] + b"NaNa.")
