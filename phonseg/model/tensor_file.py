"""Tensors and metadata <-> one safetensors file. What the file holds is known and checked before a tensor is read.

Reading executes nothing: no part of the file is a pickle.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from phonseg.errors import OutputError
from phonseg.system.atomic_files import replacing
from phonseg.system.ordinary_files import open_ordinary

LARGEST_HEADER = 1_000_000  # bytes; that of the model that comes with phonseg has 15 thousand
LARGEST_DEPTH = 50  # brackets around a value in JSON; a description has seven
LONGEST_NUMBER = 40  # characters; Python writes any float in 24
MOST_DIMENSIONS = 8  # of a tensor; those of networks have up to three
# The types of numbers that networks and optimisers of phonseg have. All others are refused.
TYPES = {"F32": torch.float32, "I64": torch.int64}


class TensorForm(NamedTuple):
    """What a tensor is, apart from its numbers.

    Attributes:
        shape: its sizes.
        dtype: the type of its numbers.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype


@dataclass(frozen=True)
class Header:
    """What a safetensors file says of itself.

    Attributes:
        metadata: texts by their names.
        forms: of the tensors, by their names, in the order in which they lie in the file.
    """

    metadata: dict[str, str]
    forms: dict[str, TensorForm]


def forms(tensors: Mapping[str, Tensor]) -> dict[str, TensorForm]:
    """Returns what tensors are, apart from their numbers.

    Args:
        tensors: by their names.
    """
    return {name: TensorForm(tuple(tensor.shape), tensor.dtype) for name, tensor in tensors.items()}


@contextmanager
def open_tensors(path: Path, largest: int) -> Iterator[tuple[Header, BinaryIO]]:
    """Opens a safetensors file, and reads what it says of itself. Its tensors are not read.

    Args:
        path: of the file.
        largest: how many bytes it may have.

    Yields:
        The header, and the file at the beginning of its tensors.

    Raises:
        ValueError: if it is not a whole safetensors file, or if it holds numbers of a type that no network of phonseg
            has. The message is the reason.
        OSError: if it is not an ordinary file, has more bytes, or cannot be read.
    """
    with open_ordinary(path, largest=largest) as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8) or b"", "little")
        if not 2 <= length <= min(LARGEST_HEADER, size - 8):
            raise ValueError("it does not begin with the header of a safetensors file")
        header = _header(parsed(file.read(length).decode("utf-8")), size - 8 - length)
        yield header, file


def read_tensors(file: BinaryIO, header: Header) -> dict[str, Tensor]:
    """Reads the tensors of a file, straight into their memory.

    Args:
        file: as `open_tensors` yields it.
        header: of the file.

    Returns:
        The tensors by their names.

    Raises:
        ValueError: if the file has become shorter. The message is the reason.
        OSError: if it cannot be read.
    """
    tensors = {}
    for name, (shape, dtype) in header.forms.items():
        flat = torch.empty(math.prod(shape), dtype=dtype, device="cpu")
        if file.readinto(flat.numpy().view("u1")) != flat.nbytes:  # type: ignore[attr-defined]  # every file has it
            raise ValueError("it became shorter while it was read")
        tensors[name] = flat.reshape(shape)
    return tensors


def save_tensors(path: str | Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    """Writes a safetensors file. Another process sees the old file or the new one, never a part of it.

    Args:
        path: of the file.
        tensors: by their names.
        metadata: texts by their names.

    Raises:
        OutputError: if the file cannot be written.
    """
    # Copies, since safetensors takes neither transposed tensors nor those of an encoder that two streams share.
    plain = {n: t.detach().cpu().clone(memory_format=torch.contiguous_format) for n, t in tensors.items()}
    with replacing(path) as partial:
        try:
            save_file(plain, partial, metadata=metadata)
        except SafetensorError as error:
            raise OutputError(f"{path}: cannot be written ({error}). Choose another place or make room.") from error


def parsed(text: str) -> Any:
    """Parses JSON. Only what has one meaning, and a bounded one, is accepted.

    Args:
        text: the JSON.

    Returns:
        What it stands for.

    Raises:
        ValueError: if it is not JSON, is nested too deeply, names a part twice, or has a number that is too long or not
            finite. The message is the reason.
    """
    brackets = re.sub(r"[^][{}]", "", re.sub(r'"(?:[^"\\]|\\.)*+"', "", text, flags=re.DOTALL))
    if max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0) > LARGEST_DEPTH:
        raise ValueError("it is nested too deeply")
    return json.loads(
        text, object_pairs_hook=_object, parse_int=_whole_number, parse_float=_number, parse_constant=_number
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it names a part twice")
    return found


def _whole_number(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number in it is too long")
    return int(text)


def _number(text: str) -> float:
    if len(text) > LONGEST_NUMBER or not math.isfinite(number := float(text)):
        raise ValueError("a number in it is too long or not finite")
    return number


def _header(told: Any, size: int) -> Header:
    """Checks a header against the size of the data that follows it."""
    if not isinstance(told, dict):
        raise ValueError("its header is no object of JSON")
    metadata = told.pop("__metadata__", {})
    if not (isinstance(metadata, dict) and all(isinstance(text, str) for text in metadata.values())):
        raise ValueError("its metadata hold something other than text")
    places = {name: _place(entry) for name, entry in told.items()}
    in_order = sorted(places.items(), key=lambda item: (item[1][1:], item[0]))
    end = 0
    for _, (_, start, following) in in_order:
        if start != end:
            raise ValueError("its tensors overlap, or there are gaps between them")
        end = following
    if end != size:
        raise ValueError("it has more or fewer bytes than its header says")
    return Header(metadata, {name: found for name, (found, _, _) in in_order})


def _place(entry: Any) -> tuple[TensorForm, int, int]:
    """What a tensor is, and where it begins and ends."""
    match entry:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(start), int(end)], **more} if not more:
            if kind not in TYPES:
                raise ValueError(f"it holds numbers of the type {kind:.20}, not {' or '.join(TYPES)}")
            if len(shape) <= MOST_DIMENSIONS and all(type(size) is int and 0 <= size for size in shape):
                found = TensorForm(tuple(shape), TYPES[kind])
                if type(start) is type(end) is int and end - start == math.prod(shape) * found.dtype.itemsize:
                    return found, start, end
    raise ValueError("its header describes a tensor in an unknown way")
