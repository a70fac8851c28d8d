"""What can be set about training, with the values that have proved themselves."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from phonseg.errors import ConfigurationError

ENCODERS = ("log-mel-network", "raw-waveform")
OBJECTIVES = ("nce", "barlow")
RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, 10**9),
    "crops": (2, 4096),
    "crop_seconds": (0.7, 60),  # a network of frames needs half a second to see one, and more of fast speech
    "learning_rate": (1e-7, 1),
    "self_training_steps": (0, 10**9),
    "self_training_crops": (2, 4096),
    "unit_steps": (0, 10**9),
    "units": (2, 4000),
    "held_out": (0, 0.5),
    "seed": (0, 2**32 - 1),
}


@dataclass(frozen=True)
class TrainingSettings:
    """encoder: "log-mel-network" (fast) or "raw-waveform" (that of Kreuk et al., 2020; much slower).

    objective: of contrastive training, "nce" or "barlow" (see `phonseg.objectives.contrastive`). steps, crops: of
    contrastive training, and crops in each step. crop_seconds: length of a crop; shorter recordings are left out.
    learning_rate: the highest, reached after 30 % of the steps. self_training_steps, self_training_crops: of the second
    stage; 0 steps for none. unit_steps: of the third, which builds on the second and has as many crops; 0 for none.
    units: phone-like units that are told apart; fewer where there are fewer than ten segments for each. held_out: the
    share of recordings (whole speakers where folders tell them apart) that only the validation loss sees. seed: of
    everything random. device: "auto" (cuda, else mps, else cpu) or the name of a torch device.

    Raises ConfigurationError when a value is out of its range.
    """

    encoder: str = "log-mel-network"
    objective: str = "nce"
    steps: int = 2500
    crops: int = 32
    crop_seconds: float = 2.0
    learning_rate: float = 2e-3
    self_training_steps: int = 2500
    self_training_crops: int = 16
    unit_steps: int = 2500
    units: int = 100
    held_out: float = 0.05
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        for setting in fields(self):
            given = getattr(self, setting.name)
            kinds = {"str": (str,), "int": (int,), "float": (int, float)}[str(setting.type)]
            if not isinstance(given, kinds) or isinstance(given, bool):
                raise ConfigurationError(f"{setting.name} is {given!r}, which is not of type {setting.type}.")
        for name, (lowest, highest) in RANGES.items():
            if not lowest <= getattr(self, name) <= highest:
                raise ConfigurationError(f"{name} is {getattr(self, name)}. Give a value from {lowest} to {highest}.")
        for name, choices in (("encoder", ENCODERS), ("objective", OBJECTIVES)):
            if getattr(self, name) not in choices:
                raise ConfigurationError(f"{name} is {getattr(self, name)!r}. Choose from {', '.join(choices)}.")
        self.torch_device()

    def torch_device(self) -> torch.device:
        """The device to train on. Raises ConfigurationError if torch knows none of that name."""
        if self.device == "auto":
            if torch.cuda.is_available():
                return torch.device("cuda")
            return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
        try:
            return torch.device(self.device)
        except RuntimeError as error:
            raise ConfigurationError(f"device is {self.device!r}. Give auto, cpu, cuda, cuda:1 or mps.") from error


def read_settings(path: str | Path, defaults: TrainingSettings = TrainingSettings()) -> TrainingSettings:
    """Read settings from a TOML file; what it leaves out is as in `defaults`.

    Raises ConfigurationError if the file cannot be read, or names something that cannot be set.
    """
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as TOML ({error}). Write lines like: steps = 2500") from error
    known = [field.name for field in fields(TrainingSettings)]
    for name in given:
        if name not in known:
            raise ConfigurationError(f"{path}: {name} cannot be set. What can be set: {', '.join(known)}.")
    try:
        return replace(defaults, **given)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error
