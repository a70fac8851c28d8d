"""The state of a training run -> a checkpoint file, and back: a run that was killed goes on to the same result.

A checkpoint is a safetensors file like a model: weights and moments of the optimiser as tensors, the rest as JSON.
No state of a random number generator is saved, since every step draws from a generator seeded by its own number.
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
from phonseg.model.model_file import LARGEST_MODEL_FILE, check_forms, digest
from phonseg.model.tensor_file import forms, open_tensors, parsed, read_tensors, save_tensors

# A network of the size of a model, the two moments of each of its numbers, and the networks of finished stages.
LARGEST_CHECKPOINT_FILE = 5 * LARGEST_MODEL_FILE
REMEDY = "Delete it to start again."


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run.

    Attributes:
        stage: name of the stage that is being learnt; empty between stages.
        step: how many of its steps are done.
        run: the identity of the run, a digest of its settings and recordings.
        finished: tensors of the networks of finished stages, by stage and name.
        network: tensors of the network of this stage, by name.
        moments: tensors of its optimiser, as `moments_of` names them.
    """

    stage: str
    step: int
    run: str
    finished: Mapping[str, Mapping[str, Tensor]]
    network: Mapping[str, Tensor]
    moments: Mapping[str, Tensor]

    def write(self, path: Path) -> None:
        """Writes the checkpoint in one move; a file of that name is replaced.

        Args:
            path: of the file.

        Raises:
            OutputError: if it cannot be written.
        """
        groups = {f"finished/{stage}": network for stage, network in self.finished.items()}
        groups |= {"network": self.network, "moments": self.moments}
        tensors = {f"{group}/{name}": tensor for group, members in groups.items() for name, tensor in members.items()}
        state = {"stage": self.stage, "step": self.step, "run": self.run}
        save_tensors(path, tensors, {"checkpoint": json.dumps(state), "digest": digest(state, tensors)})

    def check(self, stage: str, network: nn.Module, steps: int) -> None:
        """Checks that what the checkpoint holds of a stage fits its network; all is well if it holds nothing.

        Args:
            stage: the name of the stage.
            network: of the stage.
            steps: of the stage, in all.

        Raises:
            ValueError: if tensors are missing, are left over or have other shapes, or if more steps are done than there
                are. The message is the reason.
        """
        if stage in self.finished:
            check_forms(forms(network.state_dict()), forms(self.finished[stage]))
        elif stage == self.stage:
            check_forms(forms(network.state_dict()), forms(self.network))
            count = torch.zeros((), dtype=torch.float32, device="meta")
            moments = {
                f"{name}/{kind}": count if kind == "step" else parameter
                for name, parameter in network.named_parameters()
                for kind in ("step", "exp_avg", "exp_avg_sq")
            }
            check_forms(forms(moments), forms(self.moments))
            if not 0 < self.step < steps:
                raise ValueError(f"it has done {self.step} of {steps} steps")


def read_checkpoint(path: Path, run: str) -> Checkpoint | None:
    """Reads a checkpoint.

    Args:
        path: of the file.
        run: the identity of the run that wants to go on.

    Returns:
        The checkpoint; None if there is no such file.

    Raises:
        ModelError: if the file is damaged, or belongs to a run with other settings, other recordings, another model
            to start from or another version of phonseg.
    """
    try:
        with open_tensors(path, LARGEST_CHECKPOINT_FILE) as (header, file):
            state = _state(parsed(header.metadata.get("checkpoint", "")))
            tensors = read_tensors(file, header)
        if digest(state, tensors) != header.metadata.get("digest"):
            raise ModelError(f"{path}: is damaged (its contents do not match their SHA-256). {REMEDY}")
        if state["run"] != run:
            others = "other settings, other recordings, another model to start from or another version of phonseg"
            raise ModelError(f"{path}: belongs to a run with {others}. {REMEDY}")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: is not a checkpoint, or is damaged ({error}). {REMEDY}") from error
    stages = {name.split("/")[1] for name in tensors if name.startswith("finished/")}
    finished = {stage: _group(tensors, f"finished/{stage}/") for stage in stages}
    return Checkpoint(
        **state, finished=finished, network=_group(tensors, "network/"), moments=_group(tensors, "moments/")
    )


def _state(told: Any) -> dict[str, Any]:
    """Checks what a checkpoint says beside its tensors."""
    match told:
        case {"stage": str(stage), "step": int(step), "run": str(run), **more} if not more and type(step) is int:
            return {"stage": stage, "step": step, "run": run}
    raise ValueError("what it says of its run is not what a checkpoint says")


def moments_of(optimiser: torch.optim.Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """Collects what an optimiser remembers of each parameter of a network.

    Args:
        optimiser: of the parameters of the network.
        network: which names the parameters.

    Returns:
        Tensors by "name of the parameter/kind", such as "layers.0.weight/exp_avg".
    """
    return {
        f"{name}/{kind}": value.to(torch.float32)  # also the count of steps, if PyTorch's default type is another
        for name, parameter in network.named_parameters()
        for kind, value in optimiser.state[parameter].items()
    }


def restore_moments(optimiser: torch.optim.Optimizer, network: nn.Module, moments: Mapping[str, Tensor]) -> None:
    """Gives an optimiser copies of what another one remembered.

    Args:
        optimiser: of the parameters of the network.
        network: of the same shape as the one that the moments were collected from.
        moments: from `moments_of`.
    """
    for name, parameter in network.named_parameters():
        # Adam keeps its count of steps on the processor, and the moments beside their parameter.
        optimiser.state[parameter] = {
            kind: value.clone() if kind == "step" else value.clone().to(parameter.device)
            for kind, value in _group(moments, f"{name}/").items()
        }


def _group(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Returns the tensors whose names start with a prefix, under the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
