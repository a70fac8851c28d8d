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

from phonseg.detection.peaks import OperatingPoint
from phonseg.errors import ModelError
from phonseg.model.analysis_settings import AnalysisSettings
from phonseg.model.importers.torch_checkpoint import LARGEST_CHECKPOINT, Note, read_pickle, read_torch_file
from phonseg.model.model_file import ModelFile, described_networks, digest, fill
from phonseg.model.tensor_file import forms
from phonseg.system.ordinary_files import read_ordinary

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
        packed = read_ordinary(path, LARGEST_CHECKPOINT)
        content = _entries(read_torch_file(packed))
        weights = _weights(_entries(content.get("state_dict")))
        prominence = _prominence(content.get("peak_detection_params"))
        told = {
            "name": path.stem,
            "streams": [_described(weights)],
            "operating_point": asdict(OperatingPoint(prominence)),
            "analysis_settings": asdict(UNSUPSEG_SETTINGS),
            "training": {**ORIGIN, "sha256": hashlib.sha256(packed).hexdigest()},
            "tuned_on_labels": True,
        }
        description, streams, _ = described_networks(told, forms(weights))
        fill(streams, None, weights)
        return ModelFile(description, streams, None, digest(description, weights))
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
    """Copies of all weights, by their names in a model; they must be ordinary tensors, not larger than a checkpoint."""
    if not all(type(w) is Tensor and w.layout is torch.strided and w.device.type == "cpu" for w in entries.values()):
        raise ValueError("its weights are not stored as those of a network")
    if sum(weight.nbytes for weight in entries.values()) > LARGEST_CHECKPOINT:
        raise ValueError("its weights are larger than the file")
    names = {name: "0." + str(name).replace("NFC.enc.", "layers.", 1) for name in entries}
    return {names[name]: weight.clone(memory_format=torch.contiguous_format) for name, weight in entries.items()}


def _described(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """Describes the stream that has these weights."""
    # The channels out of and into the last layer. If there is no such layer, no network has these weights.
    last = weights.get("0.layers.12.weight")
    dimensions, channels, *_ = [*([] if last is None else last.shape), 1, 1]
    settings = {"channels": channels, "dimensions": dimensions, "projection": 0, "sample_rate": 16_000}
    contrast = {"distance": "cosine", "lags": [1]}
    return {"encoder": "raw-waveform", "settings": settings, "contrast": contrast, "weight": 1.0}


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
