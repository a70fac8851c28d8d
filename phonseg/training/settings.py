"""A TOML file -> the settings of training or adapting, each checked against its range."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from phonseg.errors import ConfigurationError
from phonseg.system.ordinary_files import read_ordinary

LARGEST_FILE = 100_000  # bytes
TYPES: dict[str, Any] = {"str": (str,), "int": (int,), "float": (int, float)}
CHOICES: dict[str, tuple[str, ...]] = {"encoder": ("log-mel-network", "raw-waveform"), "objective": ("nce", "barlow")}
RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, 10**9),
    "crops": (2, 4096),
    "crop_seconds": (0.7, 60),  # a network needs half a second for one frame, and more if speech is sped up
    "learning_rate": (1e-7, 1),
    "self_training_steps": (0, 10**9),
    "self_training_crops": (2, 4096),
    "unit_steps": (0, 10**9),
    "units": (2, 4000),
    "speech_steps": (0, 10**9),
    "held_out": (0, 0.5),
    "groups": (1, 256),
    "recordings": (2, 256),
    "seed": (0, 2**32 - 1),
}


@dataclass(frozen=True)
class CheckedSettings:
    """Settings whose types, ranges and choices are checked; every kind of training has its own.

    Attributes:
        held_out: the share of recordings, 0 to 0.5, used only to measure the validation loss. Whole speakers are held
            out if each has a folder.
        seed: of all random choices but dropout, which depends on the number of the step alone; 0 or more, below
            2 ** 32.
        device: "auto" (cuda, else mps, else cpu) or the name of a torch device.

    Raises:
        ConfigurationError: if a value is out of its range.
    """

    held_out: float = 0.05
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        for setting in fields(self):
            name: str = setting.name
            given: Any = getattr(self, name)
            if not isinstance(given, TYPES[str(setting.type)]) or isinstance(given, bool):
                raise ConfigurationError(f"{name} is {_shown(given)}, which is not of type {setting.type}.")
            lowest, highest = RANGES.get(name, (given, given))
            if not lowest <= given <= highest:
                raise ConfigurationError(f"{name} is {_shown(given)}. Give a value from {lowest} to {highest}.")
            if given not in CHOICES.get(name, (given,)):
                raise ConfigurationError(f"{name} is {_shown(given)}. Choose from {', '.join(CHOICES[name])}.")
        self.torch_device()

    def torch_device(self) -> torch.device:
        """Returns the device to train on.

        Raises:
            ConfigurationError: if there is no device of that name, or if PyTorch cannot use it here.
        """
        if self.device == "auto":
            mps = "mps" if torch.backends.mps.is_available() else "cpu"
            return torch.device("cuda" if torch.cuda.is_available() else mps)
        try:
            device = torch.device(self.device)
        except (RuntimeError, ValueError):
            device = torch.device("meta")  # which cannot compute
        counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
        if not 0 <= (device.index or 0) < counts.get(device.type, 0):
            usable = " or ".join(f"{kind}:0 to {kind}:{n - 1}" if n > 1 else kind for kind, n in counts.items() if n)
            raise ConfigurationError(f"device is {_shown(self.device)}, which is not here. Give auto, {usable}.")
        return device


@dataclass(frozen=True)
class AdaptationSettings(CheckedSettings):
    """Settings for adapting a model, and those of all training.

    Attributes:
        crop_seconds: length of a crop, 0.7 to 60; shorter recordings are left out.
        learning_rate: the peak learning rate (1e-7 to 1), reached after 30 % of the steps. The default is smaller than
            that of training, since a trained network needs fewer and smaller steps than a new one.
        self_training_steps: of the boundary network, 0 or more; each is on `self_training_crops` crops.
        self_training_crops: in each step of the boundary, the unit and the speech network, 2 to 4096.

    Raises:
        ConfigurationError: if a value is out of its range.
    """

    crop_seconds: float = 2.0
    learning_rate: float = 5e-4
    self_training_steps: int = 500
    self_training_crops: int = 16


@dataclass(frozen=True)
class TrainingSettings(AdaptationSettings):
    """Settings for training: all those for adapting, and more.

    Attributes:
        learning_rate: the peak learning rate (1e-7 to 1), reached after 30 % of the steps.
        self_training_steps: of the boundary network; 0 to train the encoder alone.
        encoder: "log-mel-network" (fast) or "raw-waveform" (that of Kreuk, Keshet and Adi, 2020; much slower).
        objective: of contrastive training, "nce" or "barlow" (see `phonseg.objectives`).
        steps: of contrastive training, 1 or more; each is on `crops` crops.
        crops: in each step of contrastive training, 2 to 4096.
        unit_steps: of the unit network, which builds on the boundary network; 0 to leave it out.
        units: how many phone-like units there are, 2 to 4000; fewer if there are fewer than ten segments for each.
        speech_steps: of the speech network, which no other stage depends on; 0 to leave it out.

    Raises:
        ConfigurationError: if a value is out of its range.
    """

    learning_rate: float = 2e-3
    self_training_steps: int = 2500
    encoder: str = "log-mel-network"
    objective: str = "nce"
    steps: int = 2500
    crops: int = 32
    unit_steps: int = 2500
    units: int = 100
    speech_steps: int = 2500


Settings = TypeVar("Settings", bound=CheckedSettings)


def read_settings(path: str | Path, defaults: Settings) -> Settings:
    """Reads settings from a TOML file.

    Args:
        path: of the file.
        defaults: for what the file leaves out.

    Returns:
        Settings of the type of the defaults.

    Raises:
        ConfigurationError: if the file cannot be read, names something that cannot be set, or sets a value out of its
            range.
    """
    try:
        text = read_ordinary(path, LARGEST_FILE).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        given: dict[str, Any] = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else f"{error}"
        problem = f"cannot be read as TOML ({reason:.200})"
        raise ConfigurationError(f"{path}: {problem}. Write lines like: seed = 1") from error
    known = [field.name for field in fields(defaults)]
    for name in given:
        if name not in known:
            shown = name if name.isidentifier() and len(name) <= 60 else _shown(name)
            raise ConfigurationError(f"{path}: {shown} cannot be set. What can be set: {', '.join(known)}.")
    try:
        return replace(defaults, **given)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _shown(value: object) -> str:
    """A value of a setting for a message: on one line, and not too long."""
    match value:
        case dict():
            return "a table"
        case list():
            return "a list"
        case int() if abs(value) > 10**30:  # Python refuses to write very long numbers
            return "a number of more than 30 digits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
