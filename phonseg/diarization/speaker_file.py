"""What was learnt about speakers <-> one safetensors file. Reading it executes nothing, and checks everything first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from phonseg.diarization.embedding.embedder import Embedder
from phonseg.diarization.embedding.i_vectors import Factors, Mixture
from phonseg.diarization.embedding.plda import Plda
from phonseg.diarization.embedding.window_network import WindowNetwork
from phonseg.diarization.embedding.windows import CEPSTRA, Numbers
from phonseg.errors import ModelError
from phonseg.model.model_file import (
    FORMAT as BOUNDARIES_FORMAT,
    LARGEST_MODEL_FILE,
    SPEAKERS_FORMAT as FORMAT,
    check_forms,
    check_size,
    check_weights,
    digest,
)
from phonseg.model.tensor_file import TensorForm, forms, open_tensors, parsed, read_tensors, save_tensors

FORMAT_VERSION = "1"
LARGEST_SIZE = 2_048  # of any layer
LARGEST_RANK = 256  # of i-vectors, whose memory grows with the square
LONGEST_NAME = 1_000  # characters
NETWORK = "network/"  # before the names of the tensors of the network
LEAST_VARIANCE = 1e-12


class SpeakerFile(NamedTuple):
    """What a file of speakers holds.

    Attributes:
        name: of the model.
        training: what it was trained on and how, in JSON types.
        embedder: with the weights that the file holds.
        plda: the projection.
        digest: SHA-256 of it all, in hexadecimal.
    """

    name: str
    training: dict[str, Any]
    embedder: Embedder
    plda: Plda
    digest: str


def tensors_of(embedder: Embedder, plda: Plda) -> dict[str, Tensor]:
    """Returns all numbers of a model, in float32, by their names.

    Args:
        embedder: what turns windows into vectors.
        plda: the projection.
    """
    factors = embedder.factors
    arrays = {
        "mixture/weights": factors.mixture.weights,
        "mixture/means": factors.mixture.means,
        "mixture/variances": factors.mixture.variances,
        "loadings": factors.loadings,
        "plda/mean": plda.mean,
        "plda/projection": plda.projection,
        "plda/between": plda.between,
    }
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array, np.float32)) for name, array in arrays.items()}
    return tensors | {NETWORK + name: tensor for name, tensor in embedder.network.state_dict().items()}


def model_of(tensors: Mapping[str, Tensor], network: WindowNetwork) -> tuple[Embedder, Plda]:
    """Returns the model that has these numbers.

    Args:
        tensors: as `tensors_of` returns them.
        network: of the shape of the tensors; it gets its weights.
    """

    def array(name: str) -> Numbers:
        return np.asarray(tensors[name].numpy(), dtype=np.float64)

    mixture = Mixture(array("mixture/weights"), array("mixture/means"), array("mixture/variances"))
    weights = {name.removeprefix(NETWORK): one for name, one in tensors.items() if name.startswith(NETWORK)}
    network.load_state_dict(weights, assign=True)
    plda = Plda(array("plda/mean"), array("plda/projection"), array("plda/between"))
    return Embedder(Factors(mixture, array("loadings")), network.eval()), plda


def write_speakers(path: str | Path, name: str, training: Mapping[str, object], embedder: Embedder, plda: Plda) -> str:
    """Writes a model of speakers. Another process sees the old file or the new one, never a part of it.

    Args:
        path: of the file.
        name: of the model.
        training: what it was trained on and how, in JSON types.
        embedder: what turns windows into vectors.
        plda: the projection.

    Returns:
        The digest of the model.

    Raises:
        ModelError: if a number is out of its range, so that the file could not be read again.
        OutputError: if the file cannot be written.
    """
    network = embedder.network
    sizes = {"width": network.width, "dimensions": network.dimensions}
    description = {"name": name, "training": dict(training), "network": sizes}
    tensors = tensors_of(embedder, plda)
    try:
        _described(parsed(json.dumps(description)), forms(tensors))
        _check_numbers(tensors)
        check_size(tensors)
    except ValueError as error:
        raise ModelError(f"{path}: is not written, since its model could not be used ({error}). Change it.") from error
    found = digest(description, tensors)
    metadata = {"format": FORMAT, "format_version": FORMAT_VERSION, "digest": found}
    save_tensors(path, tensors, {**metadata, "description": json.dumps(description, sort_keys=True)})
    return found


def read_speakers(path: Path) -> SpeakerFile:
    """Reads a model of speakers; nothing in it is executed.

    Args:
        path: of a file that `write_speakers` wrote.

    Returns:
        What it holds.

    Raises:
        ModelError: if it is missing, is not a model of speakers, has another format, or is damaged.
    """
    try:
        with open_tensors(path, LARGEST_MODEL_FILE) as (header, file):
            _check_format(path, header.metadata)
            told = parsed(header.metadata.get("description", ""))
            network = _described(told, header.forms)
            tensors = read_tensors(file, header)
        found = digest(told, tensors)
        if found != header.metadata.get("digest"):
            raise ModelError(f"{path}: is damaged (its contents do not match their SHA-256). Copy it again.")
        _check_numbers(tensors)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: there is no such model of speakers. Check the path, or use 'default'.") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: is not a model of speakers, or is damaged ({error}). Copy it again.") from error
    name = told["name"].encode("utf-8", "replace").decode("utf-8")  # JSON can hold halves of characters
    return SpeakerFile(name, told["training"], *model_of(tensors, network), found)


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    kind, version = metadata.get("format", ""), metadata.get("format_version", "")
    if kind != FORMAT:
        boundaries = "is a model of boundaries, which segments"
        what = boundaries if kind == BOUNDARIES_FORMAT else "is a safetensors file, but not a model of speakers"
        raise ModelError(f"{path}: {what}. Give one that phonseg.train_speakers made.")
    if version != FORMAT_VERSION:
        raise ModelError(f"{path}: has format {version:.20}; this phonseg reads 1. Install a newer phonseg.")


def _described(told: Any, found: Mapping[str, TensorForm]) -> WindowNetwork:
    """Checks a description and the forms of the tensors; returns the network, without memory for its weights."""
    match told:
        case {"name": str(name), "training": dict(), "network": {"width": int(width), "dimensions": int(size)}}:
            if len(told) != 3 or len(told["network"]) != 2 or len(name) > LONGEST_NAME:
                raise ValueError("its description has other parts")
        case _:
            raise ValueError("its description is incomplete")
    if not (type(width) is type(size) is int and 1 <= width <= LARGEST_SIZE and 1 <= size <= LARGEST_SIZE):
        raise ValueError("the sizes of its network are out of their range")
    with torch.device("meta"):
        network = WindowNetwork(width=width, dimensions=size)
    gaussians, rank, dimensions = _sizes(found)
    if not (all(1 <= one <= LARGEST_SIZE for one in (gaussians, rank, dimensions)) and rank <= LARGEST_RANK):
        raise ValueError("its factors are too large")
    values, embedded = 2 * CEPSTRA, rank + 2 * CEPSTRA + size
    shapes = {
        "mixture/weights": (gaussians,),
        "mixture/means": (gaussians, values),
        "mixture/variances": (gaussians, values),
        "loadings": (gaussians, values, rank),
        "plda/mean": (embedded,),
        "plda/projection": (embedded, dimensions),
        "plda/between": (dimensions,),
    }
    needed = {name: TensorForm(shape, torch.float32) for name, shape in shapes.items()}
    check_forms(needed | {NETWORK + name: one for name, one in forms(network.state_dict()).items()}, found)
    return network


def _sizes(found: Mapping[str, TensorForm]) -> tuple[int, int, int]:
    """The numbers of Gaussians, of factors and of dimensions, as the shapes tell them; 0 where they do not."""
    loadings, between = (found[name].shape if name in found else () for name in ("loadings", "plda/between"))
    return (
        loadings[0] if len(loadings) == 3 else 0,
        loadings[2] if len(loadings) == 3 else 0,
        between[0] if len(between) == 1 else 0,
    )


def _check_numbers(tensors: Mapping[str, Tensor]) -> None:
    """Raises ValueError if a number is not finite, or is none that training leaves behind."""
    check_weights(tensors)
    for name in ("mixture/weights", "mixture/variances", "plda/between"):
        if not bool((tensors[name] >= LEAST_VARIANCE).all()):
            raise ValueError(f"the numbers in {name} are not above 0")
