"""A view: an encoder, how its frames are compared, and how much the result weighs; and a view as plain JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from phonseg.detection.dissimilarity import DISTANCES, Contrast, LeftRightContrast, PrecomputedCurve
from phonseg.encoders.base import FrameEncoder, TorchEncoder
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.contrastive_encoders import LogMelNetwork, RawWaveformEncoder
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.errors import ModelError

ENCODERS: dict[str, type[TorchEncoder]] = {
    encoder.name: encoder for encoder in (LogMel, LogMelNetwork, RawWaveformEncoder, BoundaryNetwork, UnitNetwork)
}


@dataclass(frozen=True)
class Stream:
    """One way to look at a recording. weight: what its curve is multiplied by before the curves are added."""

    encoder: FrameEncoder
    contrast: Contrast
    weight: float = 1.0


def describe(stream: Stream) -> dict[str, Any]:
    """A view without its weights of training, in JSON types. Raises ModelError for parts that are not phonseg's own."""
    if not isinstance(stream.encoder, TorchEncoder) or stream.encoder.name not in ENCODERS:
        raise ModelError(f"encoder {stream.encoder.name}: is not one of phonseg's ({', '.join(ENCODERS)}); not saved.")
    contrast: dict[str, Any] = {}
    if isinstance(stream.contrast, LeftRightContrast):
        names = {distance: name for name, distance in DISTANCES.items()}
        contrast = {"distance": names[stream.contrast.distance], "lags": list(stream.contrast.lags)}
    return {
        "encoder": stream.encoder.name,
        "settings": stream.encoder.settings(),
        "contrast": contrast,
        "weight": stream.weight,
    }


def build(description: dict[str, Any]) -> Stream:
    """The view that `describe` described, its encoder untrained. Raises KeyError or TypeError if it is none."""
    contrast = description["contrast"]
    with torch.random.fork_rng(devices=[]):  # a new encoder draws weights, which trained ones will replace
        encoder = ENCODERS[description["encoder"]](**description["settings"])
    return Stream(
        encoder,
        LeftRightContrast(DISTANCES[contrast["distance"]], tuple(contrast["lags"])) if contrast else PrecomputedCurve(),
        float(description["weight"]),
    )
