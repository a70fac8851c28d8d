"""Checkpoints as UnsupSeg arranges them, made for the tests; and pickles that would run something."""

from __future__ import annotations

import argparse
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch

from phonseg.encoders.contrastive_encoders import RawWaveformEncoder

# The layouts of `torch.save`, and whether they are the newer one.
LAYOUTS = {"zip": True, "in a row": False}


class Trap:
    """When it is unpickled, it calls a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def small_encoder() -> RawWaveformEncoder:
    """An encoder with weights from a seed, and statistics that are not those of a new one."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        encoder = RawWaveformEncoder(channels=6, dimensions=5, projection=0)
        for module in encoder.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                torch.nn.init.normal_(module.running_mean, 0, 0.1)
                torch.nn.init.uniform_(module.running_var, 0.001, 0.2)
    return encoder.eval()


ENCODER = small_encoder()
WEIGHTS = OrderedDict((name.replace("layers", "NFC.enc"), tensor) for name, tensor in ENCODER.state_dict().items())


def saved(value: object, path: Path, layout: str) -> Path:
    """Save as PyTorch does."""
    torch.save(value, path, _use_new_zipfile_serialization=LAYOUTS[layout])
    return path


def checkpoint(path: Path, layout: str = "zip", **changes: object) -> Path:
    """A checkpoint arranged as theirs: weights, state of the optimiser, settings, and a pickle within the pickle.

    changes: what stands in it instead; None to leave it out.
    """
    in_training = deepcopy(ENCODER)
    optimiser = torch.optim.Adam(in_training.parameters())
    in_training(torch.zeros(1, 800)).sum().backward()
    optimiser.step()
    content = {
        "epoch": 7,
        "checkpoint_callback_best": np.float64(0.8),
        "optimizer_states": [optimiser.state_dict()],
        "state_dict": WEIGHTS,
        "hparams": argparse.Namespace(z_dim=5, score_func="cos_sim"),
        "peak_detection_params": peak_settings(np.float64(0.07)),
        **changes,
    }
    return saved({name: value for name, value in content.items() if value is not None}, path, layout)


def peak_settings(prominence: object, protocol: int = 3) -> bytes:
    """The pickle within the pickle."""
    return pickle.dumps({"cpc_1": {"prominence": prominence, "width": None, "distance": None}}, protocol)


def rewritten(path: Path, change: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """The same archive with other contents under some names."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in {**contents, **change}.items():
            archive.writestr(name, content)
    return path
