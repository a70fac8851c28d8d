"""The options of diarizing are checked when they are made, and a model file is loaded again once it has changed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import RATE
from voices import speaker_model, voice

from phonseg.diarization.options import DiarizeOptions
from phonseg.errors import ConfigurationError, ModelError
from phonseg.timeline.turns import SpeakerRange


@pytest.mark.parametrize("model", [None, 7, b"model.safetensors", ["default"], speaker_model])
def test_what_is_no_model_is_refused(model: object) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^model is .* Give 'default', a path, or what phonseg\.train_speakers"
    ):
        DiarizeOptions(model)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["nowhere.safetensors", "a\0b.safetensors", ""])
def test_a_path_that_is_none_is_a_model_error(model: str) -> None:
    with pytest.raises(ModelError):
        DiarizeOptions(model).diarize((voice(0, 0.5), RATE))


def test_a_model_file_is_loaded_once_and_again_when_another_takes_its_place(tmp_path: Path) -> None:
    path, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    speaker_model().save(path)
    first = DiarizeOptions(path).speaker_model()
    assert DiarizeOptions(path).speaker_model() is first
    replace(speaker_model(), name="SMALL").save(other)
    state = os.stat(path)
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a copy that keeps the date, of the same size
    os.replace(other, path)
    assert DiarizeOptions(path).speaker_model().name == "SMALL"


@pytest.mark.parametrize("channel", [0, -1, 1.5, True, "left", None])
def test_a_channel_is_the_mix_or_a_number_from_1(channel: object) -> None:
    with pytest.raises(ConfigurationError, match="channel"):
        DiarizeOptions(channel=channel)  # type: ignore[arg-type]


def test_the_settings_are_what_json_can_hold() -> None:
    settings = DiarizeOptions(channel=np.int64(2), speakers=(1, 3)).settings
    assert json.loads(json.dumps(settings)) == {"channel": 2, "speakers": "1-3"}
    assert DiarizeOptions().settings == {"channel": "mix"}


def test_the_range_is_that_of_the_speakers() -> None:
    assert DiarizeOptions().range is None
    assert DiarizeOptions(speakers=2).range == SpeakerRange(2, 2)
    assert DiarizeOptions(speakers=(2, 4)).range == SpeakerRange(2, 4)
    from_numpy = DiarizeOptions(speakers=tuple(np.array([2, 4]))).settings
    assert json.loads(json.dumps(from_numpy)) == DiarizeOptions(speakers=(2, 4)).settings
    assert DiarizeOptions(speakers=np.int64(3)).range == SpeakerRange(3, 3)
