"""Description and tensors of a model <-> one safetensors file, with the description as JSON in its metadata.

Reading a model executes nothing: no part of the file is a pickle.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from phonseg.errors import ModelError, OutputError
from phonseg.model.model_schema import checked_description
from phonseg.system.atomic_files import replacing

FORMAT = "phonseg-model"
LARGEST_MODEL_FILE = 100_000_000  # bytes; the model that comes with phonseg has half a million
# In format 1, networks saw 15 frames to either side. Format 2 had other names for the parts of format 3.
FORMAT_VERSION, READ_VERSIONS = "3", ("2", "3")


class ModelFile(NamedTuple):
    """What a model file holds.

    Attributes:
        description: of the model, in JSON types.
        tensors: by their names.
        digest: SHA-256 of both, in hexadecimal.
    """

    description: dict[str, Any]
    tensors: dict[str, Tensor]
    digest: str


def digest(description: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """Returns the digest of a model.

    Args:
        description: in JSON types.
        tensors: by their names.

    Returns:
        SHA-256, in hexadecimal, of the description and of the names, types, shapes and bytes of the tensors. Their
        order does not matter.
    """
    total = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return total.hexdigest()


def write_model(path: str | Path, description: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """Writes a model file. Another process sees the old file or the new one, never a part of it.

    Args:
        path: of the file.
        description: in JSON types.
        tensors: by their names.

    Returns:
        The digest of the model.

    Raises:
        OutputError: if the file cannot be written.
    """
    found = digest(description, tensors)
    metadata = {"format": FORMAT, "format_version": FORMAT_VERSION, "digest": found}
    save_tensors(path, tensors, {**metadata, "description": json.dumps(description, sort_keys=True)})
    return found


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


def read_tensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Reads a safetensors file.

    Args:
        path: of the file.

    Returns:
        Its metadata (texts by their names), and its tensors by their names.

    Raises:
        ValueError: if it is not a whole safetensors file. The message is the reason.
        OSError: if it cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, AttributeError, RuntimeError) as error:  # also for numbers of a type unknown to PyTorch
        raise ValueError(str(error)) from error


def parsed(text: str) -> Any:
    """Parses JSON.

    Args:
        text: the JSON.

    Returns:
        What it stands for.

    Raises:
        ValueError: if it is not JSON, or is nested too deeply for Python.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_model(path: Path) -> ModelFile:
    """Reads a model file; nothing in it is executed.

    Args:
        path: of a file that `write_model` wrote.

    Returns:
        What it holds, checked against its digest and its schema.

    Raises:
        ModelError: if it is missing, is not a phonseg model, has a format that this phonseg does not read, or is
            damaged.
    """
    if not os.path.isfile(path):
        raise ModelError(f"{path}: there is no such model file. Check the path, or use 'default'.")
    try:
        if path.stat().st_size > LARGEST_MODEL_FILE:
            raise ModelError(
                f"{path}: is not a model, since it has more than {LARGEST_MODEL_FILE // 10**6} million bytes. "
                "Give another file."
            )
        metadata, tensors = read_tensors(path)
        _check_format(path, metadata)
        description = parsed(metadata.get("description", ""))
        found = digest(description, tensors)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: is not a phonseg model, or is damaged ({error}). Copy it again.") from error
    if found != metadata.get("digest"):
        raise ModelError(f"{path}: is damaged (its contents do not match their SHA-256). Copy it again.")
    return ModelFile(checked_description(description, path), tensors, found)


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise ModelError(f"{path}: is a safetensors file, but not a phonseg model. Give one that phonseg wrote.")
    version = metadata.get("format_version", "")
    if version not in READ_VERSIONS:
        remedy = "An earlier phonseg made it: train it again." if version == "1" else "Install a newer phonseg."
        raise ModelError(f"{path}: has model format {version}; this phonseg reads 2 and 3. {remedy}")


def load_tensors(module: torch.nn.Module, tensors: Mapping[str, Tensor], path: str | Path) -> None:
    """Loads tensors into a module.

    Args:
        module: in which each tensor has its place.
        tensors: by their names in the module.
        path: of the file that they come from, for the message.

    Raises:
        ModelError: if a tensor is missing, is left over, or has another shape.
    """
    try:
        module.load_state_dict(dict(tensors))
    except RuntimeError as error:
        raise ModelError(f"{path}: does not fit its own description ({error}). Copy it again.") from error
