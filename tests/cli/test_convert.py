"""`phonseg convert`: from a checkpoint to a model file that gives the same boundaries."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from checkpoints import Trap, checkpoint
from conftest import RATE, speech_like

from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.cli.main import main
from phonseg.model.segmenter import load, segment


def test_the_converted_model_segments_as_the_checkpoint_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, made, recording = checkpoint(tmp_path / "x.ckpt"), tmp_path / "y.safetensors", tmp_path / "x.wav"
    assert main(["convert", str(given), "-o", str(made)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tuned_on_labels"]
    assert told["licence"] == "MIT, Copyright 2020 Felix Kreuk"
    assert load(made).digest == load(given).digest
    soundfile.write(recording, speech_like(12)[0], RATE, subtype="FLOAT")
    expected = segment(recording, model=given)
    np.testing.assert_array_equal(segment(recording, model=made).boundaries, expected.boundaries)
    assert main(["segment", str(recording), "--model", str(made)]) == 0
    written = read_textgrid(recording.with_suffix(".TextGrid"), tier="phones")
    np.testing.assert_allclose(written.boundaries, expected.boundaries, rtol=0, atol=1e-9)


def test_what_cannot_be_converted_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, made = tmp_path / "x.ckpt", tmp_path / "y.safetensors"
    torch.save({"state_dict": Trap(os.mkdir, str(tmp_path / "canary"))}, path)
    assert main(["convert", str(path), "-o", str(made)]) == 3
    assert "nothing was run" in capsys.readouterr().err
    assert main(["convert", str(path), "-o", str(tmp_path / "y.ckpt")]) == 2
    assert main(["convert", str(path), "-o", str(tmp_path / "nowhere" / "y.safetensors")]) == 4
    assert os.listdir(tmp_path) == ["x.ckpt"]
