"""A safetensors file, checked as a whole before a tensor is made of it.

It begins with the length of its header (8 bytes), then has the header (JSON: of every tensor its kind, its shape and
where its bytes lie), then all tensors without a gap. Source: the description of the format by its makers,
https://github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

LARGEST = 100_000_000  # bytes; the model that ships has half a million
LONGEST_HEADER = 1_000_000
NAMES = "float64 float32 float16 bfloat16 float8_e4m3fn float8_e5m2 int64 int32 int16 int8 uint8 bool"
CODES = "F64 F32 F16 BF16 F8_E4M3 F8_E5M2 I64 I32 I16 I8 U8 BOOL"
KINDS: Mapping[str, torch.dtype] = {
    code: getattr(torch, name) for code, name in zip(CODES.split(), NAMES.split(), strict=True)
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor: its kind, its shape, and its bytes."""

    kind: torch.dtype
    shape: tuple[int, ...]
    content: memoryview


@dataclass(frozen=True, slots=True)
class TensorFile:
    """What a safetensors file holds. metadata: text under names. entries: tensors under names, not made yet."""

    metadata: Mapping[str, str]
    entries: Mapping[str, Entry]
    content: bytes

    def tensors(self) -> dict[str, Tensor]:
        """Make the tensors."""
        return load(self.content)


def read_tensor_file(path: Path) -> TensorFile:
    """Read a safetensors file.

    Raises ValueError, with the reason, if it is larger than any model of phonseg's, or is not such a file from its
    first byte to its last; OSError if it cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it has more than {LARGEST // 10**6} million bytes")
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    if not 2 <= length <= min(len(content) - 8, LONGEST_HEADER):
        raise ValueError("its header has an impossible length")
    header = parsed(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError("its header is none")
    return TensorFile(metadata, _entries(header, memoryview(content)[8 + length :]), content)


def parsed(text: str | bytes) -> Any:
    """What JSON says. Raises ValueError if it is no JSON, or nested so deeply that Python gives up."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _entries(header: Mapping[str, Any], data: memoryview) -> dict[str, Entry]:
    entries, reached = {}, 0
    for name, told in sorted(header.items(), key=lambda item: _place(item[1])):
        (start, end), shape, kind = _place(told), told["shape"], KINDS.get(told["dtype"])
        if kind is None:
            raise ValueError(f"{name} is of an unknown kind")
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"{name} has an impossible shape")
        if start != reached or end - start != math.prod(shape) * kind.itemsize or end > len(data):
            raise ValueError(f"the bytes of {name} do not lie where they should")
        entries[name], reached = Entry(kind, tuple(shape), data[start:end]), end
    if reached != len(data):
        raise ValueError("bytes are left over")
    return entries


def _place(told: object) -> tuple[int, int]:
    """Where the bytes of a tensor begin and end."""
    match told:
        case {"dtype": str(), "shape": list(), "data_offsets": [int(start), int(end)]}:
            return start, end
    raise ValueError("a tensor is not described as one")
