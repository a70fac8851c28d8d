"""The settings of training."""

from __future__ import annotations

import math
from dataclasses import asdict, fields

import pytest
import torch

from phonseg.errors import ConfigurationError
from phonseg.training.settings import TrainingSettings, read_settings

RANGES = [
    ("steps", 1, 10**9),
    ("crops", 2, 4096),
    ("crop_seconds", 0.7, 60),
    ("learning_rate", 1e-7, 1),
    ("self_training_steps", 0, 10**9),
    ("self_training_crops", 2, 4096),
    ("unit_steps", 0, 10**9),
    ("units", 2, 4000),
    ("held_out", 0, 0.5),
    ("seed", 0, 2**32 - 1),
]


@pytest.mark.parametrize(("name", "lowest", "highest"), RANGES)
def test_every_number_has_a_range(name, lowest, highest):
    for value in (lowest, highest):
        assert getattr(TrainingSettings(**{name: value}), name) == value
    for value in (lowest - 1, highest + 1):
        with pytest.raises(ConfigurationError, match=f"{name} is {value}. Give a value from {lowest} to {highest}"):
            TrainingSettings(**{name: value})


@pytest.mark.parametrize("name", ["crop_seconds", "learning_rate", "held_out"])
def test_what_is_no_number_is_in_no_range(name):
    with pytest.raises(ConfigurationError, match=f"{name} is nan. Give a value"):
        TrainingSettings(**{name: math.nan})


def test_there_is_a_range_for_every_number():
    assert {field.name for field in fields(TrainingSettings)} - {"encoder", "objective", "device"} == {
        name for name, *_ in RANGES
    }


def test_encoders_objectives_and_devices_that_do_not_exist_are_refused():
    with pytest.raises(ConfigurationError, match=r"encoder is 'none'. Choose from log-mel-network, raw-waveform"):
        TrainingSettings(encoder="none")
    with pytest.raises(ConfigurationError, match=r"objective is 'fame'. Choose from nce, barlow"):
        TrainingSettings(objective="fame")
    with pytest.raises(ConfigurationError, match=r"device is 'toaster'. Give auto, cpu, cuda"):
        TrainingSettings(device="toaster")


def test_a_device_is_taken_by_its_name():
    assert TrainingSettings(device="cpu").torch_device() == torch.device("cpu")
    assert TrainingSettings(device="cuda:1").torch_device() == torch.device("cuda", 1)
    assert TrainingSettings().torch_device().type in ("cpu", "cuda", "mps")


def test_a_file_changes_what_it_names(tmp_path):
    path = tmp_path / "train.toml"
    path.write_text('steps = 7\nlearning_rate = 1\nencoder = "raw-waveform"  # the slow one\n', "utf-8")
    defaults = TrainingSettings(seed=5, steps=9)
    expected = {**asdict(defaults), "steps": 7, "learning_rate": 1, "encoder": "raw-waveform"}
    assert asdict(read_settings(path, defaults)) == expected
    path.write_text("", "utf-8")
    assert read_settings(path, TrainingSettings()) == TrainingSettings()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stepz = 7", r"stepz cannot be set\. What can be set: crop_seconds, learning_rate, "),
        ("steps = 7.5", r"steps is 7\.5, which is not of type int"),
        ("steps = true", "steps is True, which is not of type int"),
        ('learning_rate = "high"', "learning_rate is 'high', which is not of type float"),
        ("encoder = 3", "encoder is 3, which is not of type str"),
        ("[training]\nsteps = 7", "training cannot be set"),
        ("steps: 7", "cannot be read as TOML"),
        ("steps = 0", r"steps is 0\. Give a value"),
    ],
)
def test_a_file_that_sets_something_else_is_refused(tmp_path, text, reason):
    path = tmp_path / "train.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=reason):
        read_settings(path, TrainingSettings())


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ConfigurationError, match=r"train\.toml: cannot be read as TOML"):
        read_settings(tmp_path / "train.toml", TrainingSettings())
    (tmp_path / "train.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"train\.toml: cannot be read as TOML"):
        read_settings(tmp_path / "train.toml", TrainingSettings())


@pytest.mark.parametrize(("name", "value"), [("steps", 1.5), ("crops", True), ("device", 0), ("held_out", "half")])
def test_a_value_of_another_type_is_refused_from_python_too(name, value):
    with pytest.raises(ConfigurationError, match=f"{name} is .* not of type"):
        TrainingSettings(**{name: value})
