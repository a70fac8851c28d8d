from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE, mel_segmenter, network_segmenter, speech_like

from phonseg.batch.segment_files import SegmentTask
from phonseg.batch.task import work_on
from phonseg.errors import AudioError, ConfigurationError, ModelError, PhonsegWarning
from phonseg.model.options import SegmentOptions

MODEL = replace(mel_segmenter(), digest="5e")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "x.wav"
    soundfile.write(path, speech_like(6)[0], RATE)
    return path


@pytest.mark.parametrize("choice", [(None, None), (0.7, None), (None, 5)])
def test_a_task_gives_what_the_segmenter_gives(
    recording: Path, choice: tuple[float | None, float | None], tmp_path: Path
) -> None:
    sensitivity, rate = choice
    result = work_on(SegmentTask(SegmentOptions(MODEL, sensitivity, rate, "mix")), recording, {})
    expected = MODEL.segment(recording, sensitivity=sensitivity, rate=rate)
    expected.to_textgrid(tmp_path / "x.TextGrid")
    assert result.files[".TextGrid"] == (tmp_path / "x.TextGrid").read_bytes()
    assert (result.boundaries, result.seconds) == (len(expected.boundaries), expected.duration)
    assert (result.warning, result.provenance) == ("", expected.provenance)
    assert result.elapsed > 0


@pytest.mark.parametrize("channel", ["mix", 1, 64])
def test_what_is_prepared_is_how_the_recordings_are_segmented(recording: Path, channel: str | int) -> None:
    soundfile.write(recording, np.tile(speech_like(3)[0][:, None], (1, 64)), RATE)
    task = SegmentTask(SegmentOptions(MODEL, 0.25, None, channel))  # type: ignore[arg-type]
    assert task.provenance() == work_on(task, recording, {}).provenance


@pytest.mark.filterwarnings("error")
def test_warnings_are_part_of_the_result(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    result = work_on(SegmentTask(SegmentOptions(MODEL, None, None, "mix")), tmp_path / "silent.wav", {})
    assert "silent.wav: is digital silence" in result.warning
    with pytest.warns(PhonsegWarning, match=r"silent\.wav: is digital silence"):
        MODEL.segment(tmp_path / "silent.wav")


def test_options_are_checked_where_they_are_made() -> None:
    with pytest.raises(ConfigurationError, match="sensitivity is 2"):
        SegmentOptions(MODEL, 2, None, "mix")
    with pytest.raises(ConfigurationError, match="both given"):
        SegmentOptions(MODEL, 0.5, 3, "mix")
    with pytest.raises(ConfigurationError, match="channel is 0"):
        SegmentOptions(MODEL, None, None, 0)
    with pytest.raises(ModelError, match="there is no such model"):
        SegmentTask(SegmentOptions("nowhere.safetensors", None, None, "mix")).provenance()


def test_a_recording_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(AudioError, match=r"empty\.wav"):
        work_on(SegmentTask(SegmentOptions(MODEL, None, None, "mix")), tmp_path / "empty.wav", {})


def test_a_model_file_is_read_again_once_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    task = SegmentTask(SegmentOptions(str(path), None, None, "mix"))
    first = network_segmenter(0).save(path)
    assert task.provenance().digest == first.digest
    assert task.options.segmenter() is task.options.segmenter()
    second = network_segmenter(1).save(path)
    assert task.provenance().digest == second.digest != first.digest


def test_handing_out_tasks_needs_no_neural_network() -> None:
    heavy = "{'torch', 'scipy', 'matplotlib', 'parselmouth'}"
    script = f"import sys, phonseg.batch.segment_files; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"
