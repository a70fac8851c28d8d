"""One file is a model: tensors in safetensors, all else as JSON in its metadata. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from phonseg.errors import ModelError
from phonseg.model.model_schema import checked_description
from phonseg.system.atomic_files import replacing

FORMAT = "phonseg-model"
LARGEST = 100_000_000  # bytes; the model that ships has half a million
# 1 was that of networks whose frames saw 15 frames to either side; 2 had other names for the same parts.
FORMAT_VERSION, READ_VERSIONS = 3, (2, 3)


class ModelFile(NamedTuple):
    """What a model file holds: a description (JSON types) and named tensors; digest is the SHA-256 of both."""

    description: dict[str, Any]
    tensors: dict[str, Tensor]
    digest: str


def digest(description: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """SHA-256, in hexadecimal, of a description and of the names, kinds, shapes and bytes of its tensors."""
    total = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return total.hexdigest()


def write_model(path: str | Path, description: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """Write a model file in one move and return its digest; a reader sees the old file or the new one, never a part.

    Raises OutputError if the file cannot be written.
    """
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "description": json.dumps(description, sort_keys=True),
        "digest": (found := digest(description, tensors)),
    }
    save_tensors(path, tensors, metadata)
    return found


def save_tensors(path: str | Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file in one move. Raises OutputError if that fails."""
    # Copies, since safetensors takes neither transposed tensors nor those of an encoder that two streams share.
    plain = {n: t.detach().cpu().clone(memory_format=torch.contiguous_format) for n, t in tensors.items()}
    with replacing(path) as partial:
        try:
            save_file(plain, partial, metadata=metadata)
        except SafetensorError as error:
            raise OSError(str(error)) from error


def read_tensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Read a safetensors file.

    Args:
        path: of the file.

    Returns:
        Its metadata (texts under names) and its tensors under their names.

    Raises:
        ValueError: with the reason, if it is not such a file from its first byte to its last.
        OSError: if it cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, AttributeError, RuntimeError) as error:  # a kind of number that PyTorch does not know
        raise ValueError(str(error)) from error


def parsed(text: str) -> Any:
    """What JSON says. Raises ValueError if it is no JSON, or nested so deeply that Python gives up."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_model(path: str | Path) -> ModelFile:
    """Read a model file; nothing in it is executed.

    Args:
        path: of a file that `write_model` wrote.

    Returns:
        What it holds, checked against its digest and its schema.

    Raises:
        ModelError: if it is missing, is not a phonseg model, was made by another phonseg, or is damaged.
    """
    target = Path(path)
    if not target.is_file():
        raise ModelError(f"{target}: there is no such model file. Check the spelling, or use 'default'.")
    try:
        if target.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST // 10**6} million bytes")
        metadata, tensors = read_tensors(target)
        _check_format(target, metadata)
        description = parsed(metadata.get("description", ""))
        found = digest(description, tensors)
    except (OSError, ValueError) as error:
        raise ModelError(f"{target}: is not a phonseg model, or is damaged ({error}). Copy it again.") from error
    if found != metadata.get("digest"):
        raise ModelError(f"{target}: is damaged (its contents do not match their SHA-256). Copy it again.")
    return ModelFile(checked_description(description, target), tensors, found)


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise ModelError(f"{path}: is a safetensors file, but not a phonseg model. Give one that phonseg wrote.")
    version = metadata.get("format_version", "")
    if version not in map(str, READ_VERSIONS):
        older = version.isdecimal() and int(version) < FORMAT_VERSION
        remedy = (
            "It was made by an earlier development version: train it again." if older else "Install a newer phonseg."
        )
        raise ModelError(f"{path}: has model format {version}; this phonseg reads 2 and 3. {remedy}")


def load_tensors(module: torch.nn.Module, tensors: Mapping[str, Tensor], path: str | Path) -> None:
    """Put tensors into a module of the same shape. Raises ModelError if one is missing, left over or misshapen."""
    try:
        module.load_state_dict(dict(tensors))
    except RuntimeError as error:
        raise ModelError(f"{path}: does not fit its own description ({error}). Copy it again.") from error
