"""Files that `torch.save` wrote, read without executing anything in them.

They come in two layouts. A zip archive holds a pickle and, for each tensor, a file of numbers; the older layout is five
pickles in a row and then all the numbers.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phonseg.pickled import Call, Name, read_pickle

# Bytes. With 256 channels, UnsupSeg's default, there are 16 million, the state of the optimiser included.
LARGEST = 32_000_000
ZIP, PICKLE = b"PK\x03\x04", b"\x80"  # how files in the two layouts begin
MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the older layout
# What a checkpoint may name things of: tensors, settings, and the numbers and functions among the settings.
MODULES = frozenset(
    [
        *("_codecs", "argparse", "collections", "dill._dill", "solver", "torch", "torch._utils"),
        *("numpy", "numpy.core.multiarray", "numpy._core.multiarray"),
    ]
)
KINDS = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "IntStorage": "<i4", "LongStorage": "<i8"}


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers outside the pickle: under which key, of which kind (as numpy names it), and how many."""

    key: str
    kind: str
    count: int


Storages = Mapping[Storage, bytes]


def is_torch_file(path: Path) -> bool:
    """Whether a file begins as those of `torch.save` (or any pickle) do, and not as one in safetensors.

    False also for what is no file or cannot be read at all.
    """
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError:
        return False
    return start.startswith((ZIP, PICKLE)) and not start.endswith(b"{")


def read_torch_file(path: Path) -> tuple[object, Storages]:
    """What was saved, as `read_pickle` gives it with a `Storage` for all numbers of a tensor; and their bytes.

    Raises ValueError, with the reason, if it is too large, damaged, or holds what has no place among the weights of a
    network; OSError if it cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it has more than {LARGEST // 10**6} million bytes")
    file = io.BytesIO(path.read_bytes())
    return _read_zip(file) if file.getvalue().startswith(ZIP) else _read_in_a_row(file)


def tensor(note: object, storages: Storages) -> Tensor:
    """The tensor that a pickle would have made. Raises ValueError if it would have made anything else."""
    match note:
        case Call(
            Name("torch._utils", "_rebuild_tensor_v2"), (Storage() as stored, int(first), tuple(size), steps, *_)
        ):
            values = np.frombuffer(storages.get(stored, b""), stored.kind)
            if len(values) == stored.count and _fits(first, size, steps, stored.count):
                taken = values[first : first + math.prod(size)].reshape(size)
                return torch.from_numpy(taken.astype(taken.dtype.newbyteorder("=")))
    raise ValueError("its weights are not stored as those of a network")


def _fits(first: int, size: tuple[Any, ...], steps: object, count: int) -> bool:
    """Whether an array of this size, stored row by row from `first` on, lies within `count` numbers."""
    if len(size) > 3 or not all(isinstance(n, int) and n > 0 for n in size):
        return False
    row_by_row = tuple(math.prod(size[i + 1 :]) for i in range(len(size)))
    return steps == row_by_row and 0 <= first <= count - math.prod(size)


def _note(found: dict[str, Storage], identity: object) -> Storage:
    """The storage that a pickle refers to, noted in `found`."""
    match identity:
        case ("storage", Name("torch", kind), str(key), _, int(count), *view) if kind in KINDS and not any(view):
            return found.setdefault(key, Storage(key, KINDS[kind], count))
    raise ValueError("it holds tensors of an unknown kind")


def _read_zip(file: io.BytesIO) -> tuple[object, Storages]:
    """The pickle is FOLDER/data.pkl, and the numbers are FOLDER/data/KEY."""
    found: dict[str, Storage] = {}
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
        # Entries can be compressed, or overlap, so that together they are far larger than the file.
        if sum(entry.file_size for entry in entries) > LARGEST or any(entry.compress_type for entry in entries):
            raise ValueError("it is compressed, or its parts overlap")
        main = next((name for name in archive.namelist() if name.endswith("/data.pkl")), "")
        if not main:
            raise ValueError("it is a zip archive, but PyTorch did not write it")
        content = read_pickle(io.BytesIO(archive.read(main)), MODULES, partial(_note, found))
        folder = main.removesuffix(".pkl")
        return content, {stored: archive.read(f"{folder}/{stored.key}") for stored in found.values()}
    except (zipfile.BadZipFile, KeyError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"it is damaged: {error}") from error


def _read_in_a_row(file: io.BytesIO) -> tuple[object, Storages]:
    """Magic number, version, machine, content, keys; then for each key how many numbers there are, and the numbers."""
    found: dict[str, Storage] = {}
    if read_pickle(file, MODULES) != MAGIC:
        raise ValueError("it is a pickle, but PyTorch did not write it")
    _, _, content, keys = (read_pickle(file, MODULES, partial(_note, found)) for _ in range(4))
    storages: dict[Storage, bytes] = {}
    for key in keys if isinstance(keys, list) else []:
        stored = found.get(key) if isinstance(key, str) else None
        if stored is None or int.from_bytes(file.read(8), "little") != stored.count:
            raise ValueError("it was cut short, or its lists of tensors differ")
        size = stored.count * np.dtype(stored.kind).itemsize
        storages[stored] = file.read(min(size, LARGEST))
        if len(storages[stored]) < size:
            raise ValueError("it was cut short")
    return content, storages
