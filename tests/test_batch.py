from __future__ import annotations

from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from conftest import RATE, speech_like

from phonseg import segment_files
from phonseg.batch import plan
from phonseg.errors import AudioError, ConfigurationError, OutputError
from phonseg.textgrid import read_textgrid


def record(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, speech_like(6, seed)[0], RATE)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three recordings in two folders, one file that is none, and one that is no sound file and looks like one."""
    root = tmp_path / "in"
    record(root / "a.wav")
    record(root / "deep" / "er" / "b.flac", 1)
    record(root / "deep" / "c.WAV", 2)
    (root / "notes.txt").write_text("not a recording")
    (root / "broken.wav").write_text("<html><body>404</body></html>")
    return root


def test_a_tree_is_mirrored_and_one_bad_file_stops_none(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcomes = segment_files(tree, out, progress=False)
    assert {o.recording.name: o.status for o in outcomes} == {
        "a.wav": "done",
        "b.flac": "done",
        "c.WAV": "done",
        "broken.wav": "failed",
    }
    made = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert made == ["a.TextGrid", "deep/c.TextGrid", "deep/er/b.TextGrid"]
    failed = next(o for o in outcomes if o.status == "failed")
    assert "broken.wav" in failed.message
    assert "HTML" in failed.message
    for outcome in outcomes:
        if outcome.status == "done":
            assert len(read_textgrid(outcome.textgrid).boundaries) == outcome.boundaries
            praat = parselmouth.read(str(outcome.textgrid))
            assert praat.xmax == outcome.seconds == soundfile.info(outcome.recording).duration


def test_what_is_there_is_left_alone_unless_told_otherwise(tmp_path: Path) -> None:
    recording = record(tmp_path / "a.wav")
    corrected = tmp_path / "a.TextGrid"
    corrected.write_text("corrected by hand")
    assert [o.status for o in segment_files(recording, progress=False)] == ["skipped"]
    assert corrected.read_text() == "corrected by hand"
    assert [o.status for o in segment_files(recording, overwrite=True, progress=False)] == ["done"]
    assert read_textgrid(corrected).duration == soundfile.info(recording).duration


def test_a_warning_is_part_of_the_outcome(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    (outcome,) = segment_files(tmp_path / "silent.wav", tmp_path / "out", progress=False)
    assert outcome.status == "warned"
    assert "silence" in outcome.message
    assert outcome.boundaries == 0
    assert len(read_textgrid(outcome.textgrid)) == 1


def test_two_recordings_of_one_name_are_found_before_the_start(tmp_path: Path) -> None:
    record(tmp_path / "in" / "x.wav")
    record(tmp_path / "in" / "X.flac")
    with pytest.raises(ConfigurationError, match=r"x\.wav: would be written to the same"):
        segment_files(tmp_path / "in", tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_recording_given_twice_is_done_once(tmp_path: Path) -> None:
    recording = record(tmp_path / "x.wav")
    assert plan([recording, recording], None) == [(recording, tmp_path / "x.TextGrid")]
    assert plan([tmp_path, recording, tmp_path], "out") == [(recording, Path("out/x.TextGrid"))]


def test_inputs_that_hold_nothing_are_errors(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="holds no recordings"):
        segment_files(tmp_path, progress=False)
    with pytest.raises(AudioError, match="does not exist"):
        segment_files(tmp_path / "nowhere.wav", progress=False)


def test_an_output_that_is_a_file_is_an_output_error(tmp_path: Path) -> None:
    recording = record(tmp_path / "x.wav")
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="out: cannot be made"):
        segment_files(recording, tmp_path / "out", progress=False)


def test_options_reach_the_segmenter(tmp_path: Path) -> None:
    recording = record(tmp_path / "x.wav")
    counts = [
        segment_files(recording, tmp_path / str(i), sensitivity=sensitivity, progress=False)[0].boundaries
        for i, sensitivity in enumerate((0.0, 0.5, 1.0))
    ]
    assert counts[0] == 0
    assert counts == sorted(counts)  # type: ignore[type-var]
    with pytest.raises(ConfigurationError, match="sensitivity is 2"):
        segment_files(recording, tmp_path / "no", sensitivity=2, progress=False)
