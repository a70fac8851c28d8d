"""A stream: an encoder, how its frames are compared, and how much its curve weighs. Stream <-> plain JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from phonseg.detection.dissimilarity import DISTANCES, Contrast, LeftRightContrast, PrecomputedCurve
from phonseg.encoders.base import FrameEncoder, TorchEncoder
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.contrastive_encoders import LogMelNetwork, RawWaveformEncoder
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.speech_network import SpeechNetwork
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.errors import ModelError

ENCODERS: dict[str, type[TorchEncoder]] = {
    encoder.name: encoder for encoder in (LogMel, LogMelNetwork, RawWaveformEncoder, BoundaryNetwork, UnitNetwork)
}


@dataclass(frozen=True)
class Stream:
    """One way from samples to a dissimilarity curve.

    Attributes:
        encoder: turns samples into frames.
        contrast: turns frames into a curve.
        weight: factor of the curve before the curves of all streams are added.
    """

    encoder: FrameEncoder
    contrast: Contrast
    weight: float = 1.0


def networks_of(streams: Iterable[Stream], speech: SpeechNetwork | None = None) -> nn.ModuleList:
    """Returns the encoders of streams, and a speech network, as one module.

    Args:
        streams: their encoders should be networks of PyTorch. Others are left out.
        speech: a speech network, if there is one.

    Returns:
        A list of the encoders. In its state, the name of each tensor begins with the number of its stream, from 0, or
        with "speech".
    """
    networks = nn.ModuleList(stream.encoder for stream in streams if isinstance(stream.encoder, TorchEncoder))
    if speech is not None:
        networks.add_module("speech", speech)
    return networks


def describe(stream: Stream) -> dict[str, Any]:
    """Describes a stream, without the weights of its network.

    Args:
        stream: with an encoder and a contrast of phonseg.

    Returns:
        The description, in JSON types.

    Raises:
        ModelError: if the encoder is not one of phonseg's.
    """
    if not isinstance(stream.encoder, TorchEncoder) or stream.encoder.name not in ENCODERS:
        raise ModelError(f"encoder {stream.encoder.name}: is not one of phonseg's ({', '.join(ENCODERS)}); not saved.")
    contrast: dict[str, Any] = {}
    if isinstance(stream.contrast, LeftRightContrast):
        names = {distance: name for name, distance in DISTANCES.items()}
        contrast = {"distance": names[stream.contrast.distance], "lags": list(stream.contrast.lags)}
    settings = stream.encoder.settings()
    return {"encoder": stream.encoder.name, "settings": settings, "contrast": contrast, "weight": stream.weight}


def build(description: dict[str, Any]) -> Stream:
    """Builds the stream that `describe` has described.

    Args:
        description: in JSON types, checked by `phonseg.model.model_schema`.

    Returns:
        The stream. Its encoder is in evaluation mode; its weights have shapes, but take no memory.

    Raises:
        TypeError: if the encoder needs a setting that is missing.
    """
    contrast = description["contrast"]
    with torch.device("meta"):
        encoder = ENCODERS[description["encoder"]](**description["settings"]).eval()
    return Stream(
        encoder,
        LeftRightContrast(DISTANCES[contrast["distance"]], tuple(contrast["lags"])) if contrast else PrecomputedCurve(),
        float(description["weight"]),
    )
