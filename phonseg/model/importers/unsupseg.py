"""A checkpoint of UnsupSeg -> a model of phonseg that finds the boundaries that UnsupSeg finds.

Nothing in the checkpoint is executed; see `phonseg.model.importers.torch_checkpoint`.

References:
    Kreuk, F., Keshet, J. and Adi, Y. (2020). Self-supervised contrastive learning for unsupervised phoneme
    segmentation. Interspeech 2020. arXiv 2007.13465. The program is at https://github.com/felixkreuk/UnsupSeg.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phonseg.detection.dissimilarity import LeftRightContrast, cosine
from phonseg.detection.peaks import OperatingPoint
from phonseg.encoders.contrastive_encoders import RawWaveformEncoder
from phonseg.errors import ModelError
from phonseg.model.analysis_settings import AnalysisSettings
from phonseg.model.importers.torch_checkpoint import LARGEST_CHECKPOINT, Note, read_pickle, read_torch_file
from phonseg.model.model_file import ModelFile, digest
from phonseg.model.streams import Stream, describe

UNSUPSEG_SETTINGS = AnalysisSettings(
    level_normalised=False,
    padded_with_silence=False,
    min_max_scaled=True,
    sub_frame=False,
    speech_only=False,
    span=None,
    minimum_gap=0.0,
)
ORIGIN = {
    "made_by": "UnsupSeg (Kreuk, Keshet and Adi, Interspeech 2020), https://github.com/felixkreuk/UnsupSeg",
    "licence": "MIT, Copyright 2020 Felix Kreuk",
    "labels": "none in training; the prominence and the epoch were chosen by the R-value on labelled recordings",
}


def read_unsupseg(path: Path) -> ModelFile:
    """Reads a checkpoint of UnsupSeg, as `read_model` reads a model file.

    Args:
        path: of a checkpoint in either layout of PyTorch.

    Returns:
        The model. It is marked as tuned on labels, since the prominence in the checkpoint was chosen with labels.

    Raises:
        ModelError: if the file is damaged, holds another network, or names something that does not belong in a
            checkpoint. The message says which.
    """
    try:
        content = _entries(read_torch_file(path))
        encoder, tensors = _encoder(_weights(_entries(content.get("state_dict"))))
        prominence = _prominence(content.get("peak_detection_params"))
        description = {
            "name": path.stem,
            "streams": [describe(Stream(encoder, LeftRightContrast(cosine, (1,))))],
            "operating_point": asdict(OperatingPoint(prominence)),
            "analysis_settings": asdict(UNSUPSEG_SETTINGS),
            "training": {**ORIGIN, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
            "tuned_on_labels": True,
        }
        return ModelFile(description, tensors, digest(description, tensors))
    except (ValueError, RuntimeError, OSError) as error:
        raise ModelError(
            f"{path}: is not a phonseg model, nor a checkpoint of UnsupSeg that can be read ({error}). "
            "Copy it again from where it was published."
        ) from error


def _entries(value: object) -> Mapping[Any, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError("its layout is unknown")


def _weights(entries: Mapping[Any, Any]) -> dict[str, Tensor]:
    """Checks that all weights are ordinary tensors in memory, together not larger than a checkpoint may be."""
    if not all(type(w) is Tensor and w.layout is torch.strided and w.device.type == "cpu" for w in entries.values()):
        raise ValueError("its weights are not stored as those of a network")
    if sum(weight.nbytes for weight in entries.values()) > LARGEST_CHECKPOINT:
        raise ValueError("its weights are larger than the file")
    return {str(name): weight for name, weight in entries.items()}


def _encoder(weights: Mapping[str, Tensor]) -> tuple[RawWaveformEncoder, dict[str, Tensor]]:
    """Returns an encoder of the shape of these weights, without numbers, and the weights by their names in a model."""
    tensors = {name.replace("NFC.enc.", "layers.", 1): weight for name, weight in weights.items()}
    # The channels out of and into the last layer. If there is no such layer, no encoder below fits.
    dimensions, channels, *_ = (*tensors.get("layers.12.weight", torch.zeros(1)).shape, 1, 1)
    with torch.device("meta"):
        encoder = RawWaveformEncoder(channels=channels, dimensions=dimensions, projection=0)
    if _shapes(tensors) != _shapes(encoder.state_dict()):
        raise ValueError("its network is not that of Kreuk et al. (2020), or has a projection")
    if not all(bool(weight.isfinite().all()) for weight in tensors.values()):
        raise ValueError("some of its weights are not finite numbers")
    return encoder, {f"0.{name}": weight for name, weight in tensors.items()}


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (weight.shape, weight.dtype) for name, weight in tensors.items()}


def _prominence(settings: object) -> float:
    """Reads the prominence that belongs to the weights, from a pickle inside the checkpoint."""
    peaks = _entries(read_pickle(_content(settings))).get("cpc_1")
    prominence = _entries(peaks).get("prominence")
    match prominence:
        case Note(arguments=(_, eight_bytes)):  # a number of NumPy
            prominence = np.frombuffer(_content(eight_bytes), "<f8").item()
    if not (isinstance(prominence, float) and 0 < prominence < 1):
        raise ValueError("its prominence is not between 0 and 1")
    return prominence


def _content(value: object) -> bytes:
    """Returns bytes, which pickles of the oldest protocols hold as a text in Latin-1."""
    match value:
        case bytes():
            return value
        case Note(arguments=(str(text), "latin1")):
            return text.encode("latin1")
    raise ValueError("its prominence is stored in an unknown way")
