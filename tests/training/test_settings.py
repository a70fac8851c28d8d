"""The settings of training."""

from __future__ import annotations

import math
import os
import re
from dataclasses import asdict, fields
from unittest.mock import patch

import pytest
import torch

from phonseg.errors import ConfigurationError, printable
from phonseg.training.settings import TrainingSettings, read_settings

RANGES = [
    ("steps", 1, 10**9),
    ("crops", 2, 4096),
    ("crop_seconds", 0.7, 60),
    ("learning_rate", 1e-7, 1),
    ("self_training_steps", 0, 10**9),
    ("self_training_crops", 2, 4096),
    ("unit_steps", 0, 10**9),
    ("speech_steps", 0, 10**9),
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


@pytest.mark.parametrize(
    "device", ["toaster", "", "meta", "xla", "cuda", "cuda:0", "mps", "cpu:3", "cuda:-1", "cuda:9" + 99 * "9"]
)
def test_a_device_that_is_not_here_is_refused(device):
    with (
        patch.object(torch.cuda, "device_count", return_value=0),
        patch.object(torch.backends.mps, "is_available", return_value=False),
        pytest.raises(ConfigurationError, match=r"^device is '.*, which is not here\. Give auto, cpu\.$") as error,
    ):
        TrainingSettings(device=device)
    assert len(str(error.value)) < 120


def test_a_device_is_taken_by_its_name():
    assert TrainingSettings(device="cpu").torch_device() == torch.device("cpu")
    with patch.object(torch.cuda, "device_count", return_value=4):
        for number in (0, 3):
            assert TrainingSettings(device=f"cuda:{number}").torch_device() == torch.device("cuda", number)
        assert TrainingSettings(device="cuda").torch_device() == torch.device("cuda")
        with pytest.raises(ConfigurationError, match=r"device is 'cuda:4', .*Give auto, cpu or cuda:0 to cuda:3"):
            TrainingSettings(device="cuda:4")
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
        ("stepz = 7", r"stepz cannot be set\. What can be set: held_out, seed, device, "),
        ("steps = 7.5", r"steps is 7\.5, which is not of type int"),
        ("steps = true", "steps is True, which is not of type int"),
        ('learning_rate = "high"', "learning_rate is 'high', which is not of type float"),
        ("encoder = 3", "encoder is 3, which is not of type str"),
        ("[training]\nsteps = 7", "training cannot be set"),
        ("steps: 7", "cannot be read as TOML .* Write lines like: seed = 1$"),
        ("steps = 0", r"steps is 0\. Give a value"),
    ],
)
def test_a_file_that_sets_something_else_is_refused(tmp_path, text, reason):
    path = tmp_path / "train.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=reason):
        read_settings(path, TrainingSettings())


@pytest.mark.parametrize("text", ["steps = 7\r\nseed = 1\r\n", "steps = 7\rseed = 1", "\ufeffsteps = 7\nseed = 1\n"])
def test_files_of_other_systems_and_editors_are_read(tmp_path, text):
    path = tmp_path / "train.toml"
    path.write_bytes(text.encode())
    assert read_settings(path, TrainingSettings()) == TrainingSettings(steps=7, seed=1)


NO_SETTINGS = {
    "Latin-1": b"# \xe9",
    "UTF-16": "steps = 7".encode("utf-16"),
    "zero bytes": bytes(1000),
    "a huge file": b"#" * 10_000_000,
    "deep lists": b"steps = " + b"[" * 90_000,
    "deep tables": b"steps = " + b"{a=" * 30_000,
    "a deep table": b"[" + b"steps." * 15_000 + b"a]",
    "a deep name": b"steps." * 15_000 + b"a = 1",
    "a long name": b"a" * 90_000 + b" = 1",
    "a name on two lines": b'"a\\nb" = 1',
    "a long number": b"steps = " + b"9" * 5_000,
    "a number of as many digits as Python takes": b"steps = " + b"9" * 4_300,
    "a long hexadecimal number": b"steps = 0x" + b"f" * 90_000,
    "a long number for a share": b"held_out = 0x" + b"f" * 90_000,
    "infinity": b"learning_rate = inf",
    "minus infinity": b"learning_rate = -inf",
    "no number": b"learning_rate = nan",
    "no number for a whole one": b"steps = nan",
    "a number beyond all": b"learning_rate = 1e999",
    "a date": b"steps = 2020-01-01",
    "a time": b"seed = 2020-01-01T00:00:00Z",
    "a list": b"steps = [1, 2]",
    "a table": b"steps = {a = 1}",
    "tables": b"[[steps]]\na = 1",
    "a text": b'seed = "1"',
    "a long text": b'encoder = "' + b"x" * 90_000 + b'"',
    "twice": b"steps = 1\nsteps = 2",
}


@pytest.mark.parametrize("what", NO_SETTINGS)
def test_a_file_that_is_none_is_refused_in_one_sentence(tmp_path, what):
    path = tmp_path / "train.toml"
    path.write_bytes(NO_SETTINGS[what])
    with pytest.raises(ConfigurationError, match=r"train\.toml: .") as error:
        read_settings(path, TrainingSettings())
    said = str(error.value).removeprefix(str(path))
    assert len(said) < 400
    assert said.isprintable()


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "train.toml", tmp_path, tmp_path / "pipe", "/dev/zero", "a\0b", "x" * 5_000):
        with pytest.raises(ConfigurationError, match=f"{re.escape(printable(str(path)))}: cannot be read as TOML"):
            read_settings(path, TrainingSettings())


@pytest.mark.parametrize(("name", "value"), [("steps", 1.5), ("crops", True), ("device", 0), ("held_out", "half")])
def test_a_value_of_another_type_is_refused_from_python_too(name, value):
    with pytest.raises(ConfigurationError, match=f"{name} is .* not of type"):
        TrainingSettings(**{name: value})
