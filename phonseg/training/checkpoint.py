"""Where a training run stands, on disk, so that it can go on after a kill exactly as if nothing had happened.

A checkpoint is a safetensors file like a model: weights and the optimiser's moments as tensors, the rest as JSON.
Random numbers need no place in it, since every step draws from a generator seeded by its own number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from phonseg.errors import ModelError
from phonseg.model.model_file import digest, parsed, read_tensors, save_tensors


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run.

    stage: name of the stage of training. step: how many steps of it are done. run: what identifies the run
    (settings and recordings); a checkpoint of another run is not taken up. finished: the networks of stages before
    this one, by their names. network, moments: tensors of the network and of the optimiser.
    """

    stage: str
    step: int
    run: str
    finished: Mapping[str, Mapping[str, Tensor]]
    network: Mapping[str, Tensor]
    moments: Mapping[str, Tensor]

    def write(self, path: Path) -> None:
        """Replace the file at `path` in one move. Raises OutputError if that fails."""
        tensors = {f"network/{name}": tensor for name, tensor in self.network.items()}
        tensors |= {f"moments/{name}": tensor for name, tensor in self.moments.items()}
        for stage, network in self.finished.items():
            tensors |= {f"finished/{stage}/{name}": tensor for name, tensor in network.items()}
        told = {"stage": self.stage, "step": self.step, "run": self.run}
        save_tensors(path, tensors, {"checkpoint": json.dumps(told), "digest": digest(told, tensors)})


def read_checkpoint(path: Path, run: str) -> Checkpoint | None:
    """The checkpoint at `path`, or None where there is none.

    Raises ModelError if the file is damaged, or belongs to a run with other settings or other recordings.
    """
    if not path.exists():
        return None
    remedy = "Delete it to start again."
    try:
        metadata, tensors = read_tensors(path)
        told: dict[str, Any] = parsed(metadata["checkpoint"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: is not a checkpoint, or is damaged ({error}). {remedy}") from error
    if digest(told, tensors) != metadata.get("digest"):
        raise ModelError(f"{path}: is damaged (its contents do not match their SHA-256). {remedy}")
    if told["run"] != run:
        raise ModelError(f"{path}: belongs to a run with other settings or other recordings. {remedy}")
    groups: dict[str, dict[str, Tensor]] = {"network": {}, "moments": {}}
    finished: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        group, _, rest = name.partition("/")
        if group == "finished":
            stage, _, rest = rest.partition("/")
            finished.setdefault(stage, {})[rest] = tensor
        else:
            groups[group][rest] = tensor
    return Checkpoint(told["stage"], told["step"], run, finished, groups["network"], groups["moments"])


def moments_of(optimiser: torch.optim.Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """What the optimiser remembers of each parameter, under the parameter's name."""
    return {
        f"{name}/{kind}": value
        for name, parameter in network.named_parameters()
        for kind, value in optimiser.state[parameter].items()
    }


def restore_moments(optimiser: torch.optim.Optimizer, network: nn.Module, moments: Mapping[str, Tensor]) -> None:
    """The inverse of `moments_of`, on an optimiser of the same parameters."""
    for name, parameter in network.named_parameters():
        state = {key.rpartition("/")[2]: t for key, t in moments.items() if key.rpartition("/")[0] == name}
        # The count of steps stays where Adam keeps it, on the processor; the moments live beside their parameter.
        optimiser.state[parameter] = {
            kind: value.clone() if kind == "step" else value.clone().to(parameter.device)
            for kind, value in state.items()
        }
