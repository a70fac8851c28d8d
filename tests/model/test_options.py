"""The options of segmenting are checked when they are made, and a model file is loaded again once it has changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from conftest import mel_segmenter

import phonseg
from phonseg.errors import ConfigurationError, ModelError
from phonseg.model.options import SegmentOptions


@pytest.mark.parametrize("model", [None, 7, b"model.safetensors", ["default"]])
def test_what_is_no_model_is_refused(model: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^model is .* Give 'default', a path, or what phonseg\.load returns"):
        SegmentOptions(model)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["nowhere.safetensors", "a\0b.safetensors", ""])
def test_a_path_that_is_none_is_a_model_error(model: str) -> None:
    with pytest.raises(ModelError):
        SegmentOptions(model).segmenter()


def test_a_model_file_is_loaded_once_and_again_when_another_takes_its_place(tmp_path: Path) -> None:
    path, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    mel_segmenter().save(path)
    first = SegmentOptions(path).segmenter()
    assert SegmentOptions(path).segmenter() is first
    mel_segmenter().save(other)
    state = os.stat(path)
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a copy that keeps the date, of the same size
    os.replace(other, path)
    assert SegmentOptions(path).segmenter() is not first


def test_a_channel_from_numpy_is_a_number_in_the_provenance() -> None:
    settings = SegmentOptions(channel=np.int64(2)).settings
    assert json.loads(json.dumps(settings)) == {"channel": 2, "sensitivity": 0.5}


def test_segment_uses_the_same_checks() -> None:
    with pytest.raises(ConfigurationError, match=r"^model is None"):
        phonseg.segment((np.zeros(16_000), 16_000), model=None)  # type: ignore[arg-type]
