"""Description and tensors of a model <-> one safetensors file, with the description as JSON in its metadata.

Reading a model executes nothing. The description is checked, and compared with what the file says of its tensors,
before a tensor is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from phonseg.encoders.speech_network import SpeechNetwork
from phonseg.errors import ModelError
from phonseg.model.model_schema import DescriptionError, checked_description
from phonseg.model.streams import Stream, build, networks_of
from phonseg.model.tensor_file import (
    LARGEST_HEADER,
    TensorForm,
    forms,
    open_tensors,
    parsed,
    read_tensors,
    save_tensors,
)

FORMAT, SPEAKERS_FORMAT = "phonseg-model", "phonseg-speakers"  # of models of boundaries, and of speakers
LARGEST_MODEL_FILE = 50_000_000  # bytes; the model that comes with phonseg has nearly a million
# In format 1, networks saw 15 frames to either side. Format 2 had other names for the parts of format 3. Models with a
# speech network have format 4, and all others format 3.
FORMAT_VERSION, SPEECH_FORMAT_VERSION, READ_VERSIONS = "3", "4", ("2", "3", "4")
# Weights of trained networks are below 100, and the squares that normalisation divides by below 10 000.
LARGEST_WEIGHT = 1e6
LARGEST_COUNT = 10**15  # of steps, the only whole numbers in a network


class ModelFile(NamedTuple):
    """What a model file holds.

    Attributes:
        description: of the model, in JSON types.
        streams: with the weights that the file holds.
        speech: the speech network, with its weights; None if the model has none.
        digest: SHA-256 of all, in hexadecimal.
    """

    description: dict[str, Any]
    streams: tuple[Stream, ...]
    speech: SpeechNetwork | None
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
        ModelError: if the description or a weight is out of its range, so that the file could not be read again.
        OutputError: if the file cannot be written.
    """
    try:
        checked_description(parsed(json.dumps(description)))
        check_weights(tensors)
        check_size(tensors)
    except ValueError as error:
        raise ModelError(f"{path}: is not written, since its model could not be used ({error}). Change it.") from error
    found = digest(description, tensors)
    version = SPEECH_FORMAT_VERSION if "speech" in description else FORMAT_VERSION
    metadata = {"format": FORMAT, "format_version": version, "digest": found}
    save_tensors(path, tensors, {**metadata, "description": json.dumps(description, sort_keys=True)})
    return found


def check_size(tensors: Mapping[str, Tensor]) -> None:
    """Checks that the tensors of a model are not too large for its file to be read again.

    Args:
        tensors: by their names.

    Raises:
        ValueError: if they are. The message is the reason.
    """
    if sum(tensor.nbytes for tensor in tensors.values()) > LARGEST_MODEL_FILE - LARGEST_HEADER:
        raise ValueError(f"its weights have more than {LARGEST_MODEL_FILE // 10**6} million bytes")


def read_model(path: Path) -> ModelFile:
    """Reads a model file; nothing in it is executed.

    Args:
        path: of a file that `write_model` wrote.

    Returns:
        What it holds.

    Raises:
        ModelError: if it is missing, is not a phonseg model, has a format that this phonseg does not read, describes a
            model that cannot be used, or is damaged.
    """
    try:
        with open_tensors(path, LARGEST_MODEL_FILE) as (header, file):
            _check_format(path, header.metadata)
            told = parsed(header.metadata.get("description", ""))
            description, streams, speech = described_networks(told, header.forms)
            tensors = read_tensors(file, header)
        found = digest(told, tensors)
        if found != header.metadata.get("digest"):
            raise ModelError(f"{path}: is damaged (its contents do not match their SHA-256). Copy it again.")
        fill(streams, speech, tensors)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: there is no such model file. Check the path, or use 'default'.") from error
    except DescriptionError as error:
        problem = f"was made by an incompatible version of phonseg ({error})"
        raise ModelError(f"{path}: {problem}. Train it again.") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: is not a phonseg model, or is damaged ({error}). Copy it again.") from error
    return ModelFile(description, streams, speech, found)


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") == SPEAKERS_FORMAT:
        raise ModelError(f"{path}: is a model of speakers, which diarizes. Give one that phonseg.train made.")
    if metadata.get("format") != FORMAT:
        raise ModelError(f"{path}: is a safetensors file, but not a phonseg model. Give one that phonseg wrote.")
    version = metadata.get("format_version", "")
    if version not in READ_VERSIONS:
        remedy = "An earlier phonseg made it: train it again." if version == "1" else "Install a newer phonseg."
        raise ModelError(f"{path}: has model format {version:.20}; this phonseg reads 2 to 4. {remedy}")


def described_networks(
    told: object, weights: Mapping[str, TensorForm]
) -> tuple[dict[str, Any], tuple[Stream, ...], SpeechNetwork | None]:
    """Builds the networks that a description describes, without memory for their weights.

    Args:
        told: the description, in JSON types.
        weights: what they are, apart from their numbers, by their names.

    Returns:
        The description as format 4 has it, the streams, and the speech network, if there is one. `fill` gives them
        their weights.

    Raises:
        DescriptionError: if a part of the description is missing or out of its range.
        ValueError: if the networks need other weights. The message is the reason.
    """
    description = checked_description(told)
    try:
        streams = tuple(build(stream) for stream in description["streams"])
    except TypeError as error:
        raise DescriptionError(f"streams: {error}") from error
    with torch.device("meta"):
        speech = SpeechNetwork(**description["speech"]) if "speech" in description else None
    check_forms(forms(networks_of(streams, speech).state_dict()), weights)
    return description, streams, speech


def fill(streams: tuple[Stream, ...], speech: SpeechNetwork | None, tensors: Mapping[str, Tensor]) -> None:
    """Gives networks their weights, and brings them into evaluation mode.

    Args:
        streams: from `described_networks`.
        speech: from `described_networks`.
        tensors: of the forms that they have been compared with.

    Raises:
        ValueError: if a number is not finite, or is larger than in any network. The message is the reason.
    """
    check_weights(tensors)
    networks_of(streams, speech).eval().load_state_dict(dict(tensors), assign=True)


def check_forms(needed: Mapping[str, TensorForm], found: Mapping[str, TensorForm]) -> None:
    """Checks that tensors have the names, the shapes and the types that are needed.

    Args:
        needed: the forms of the tensors of a network, by their names.
        found: those of the tensors that it should get.

    Raises:
        ValueError: if a tensor is missing, is left over, or has another shape or type. The message is the reason.
    """
    if wrong := {name for name, _ in needed.items() ^ found.items()}:
        name = min(wrong)
        this, other = (f"{of[name].dtype} {of[name].shape}" if name in of else "none" for of in (found, needed))
        raise ValueError(f"its tensors do not fit its description: {name:.100} is {this:.100}, not {other}")


def check_weights(tensors: Mapping[str, Tensor]) -> None:
    """Checks that all numbers of networks are such as training leaves behind.

    Args:
        tensors: float32 and int64, by their names.

    Raises:
        ValueError: if a number is not finite, or is larger than in any network. The message is the reason.
    """
    for name, tensor in tensors.items():
        if not tensor.numel():
            continue
        lowest, highest = (float(end) for end in tensor.detach().aminmax())
        largest = LARGEST_WEIGHT if tensor.dtype.is_floating_point else LARGEST_COUNT
        least = 0 if name.endswith(("running_var", "num_batches_tracked")) else -largest
        if not least <= lowest <= highest <= largest:  # also true of NaN
            raise ValueError(f"the numbers in {name:.100} reach from {lowest:.3g} to {highest:.3g}")
