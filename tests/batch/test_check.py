"""What is told of recordings: nothing is left out, nothing is segmented, and what would fail is known before."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
from conftest import RATE, noise, speech_like, tone

import phonseg
from phonseg import segment_files
from phonseg.batch.check import check
from phonseg.cli.main import main
from phonseg.errors import AudioError, ConfigurationError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two good recordings; others that are cut short, opposite, silent or no sound; and files that are none."""
    root = tmp_path / "in"
    (root / "deep").mkdir(parents=True)
    samples = speech_like(12, 1)[0]
    soundfile.write(root / "a.wav", samples, RATE)
    soundfile.write(root / "deep" / "b.flac", np.stack([samples, noise(len(samples))], axis=1), RATE)
    soundfile.write(root / "opposite.wav", np.stack([samples, -samples], axis=1), RATE)
    soundfile.write(root / "silent.wav", np.zeros(RATE), RATE)
    content = (root / "a.wav").read_bytes()
    (root / "cut.wav").write_bytes(content[: len(content) // 2])
    (root / "page.wav").write_text("<html>")
    (root / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0")
    for name in ("notes.txt", "more.TXT", "README", "a.TextGrid", "._a.wav", ".hidden/x.wav"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    return root


def test_every_file_is_told_of_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    found = check(tree, progress=False)
    assert {one.recording.relative_to(tree).as_posix(): one.status for one in found.recordings} == {
        "a.wav": "fine",
        "cut.wav": "warned",
        "deep/b.flac": "fine",
        "opposite.wav": "warned",
        "page.wav": "failed",
        "phone.m4a": "failed",
        "silent.wav": "warned",
    }
    assert [one.recording for one in found.recordings] == sorted(one.recording for one in found.recordings)
    assert found.others == {".txt": 2, "without suffix": 1, ".textgrid": 1}
    assert found.hidden == 2
    messages = {one.recording.name: " ".join(one.messages) for one in found.recordings}
    assert "s that its header promises can be read" in messages["cut.wav"]
    assert messages["opposite.wav"].endswith("is used, or give another.")
    assert "is digital silence" in messages["silent.wav"]
    assert "pip install av," in messages["phone.m4a"]
    assert len(found.failed) == 2
    assert sorted(tree.rglob("*.TextGrid")) == [tree / "a.TextGrid"]


def test_what_is_told_is_what_comes_of_segmenting(tree: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        records = segment_files(tree, tmp_path / "out", executor=executor, progress=False)
    found = check(tree, progress=False)
    same = {"fine": "done", "warned": "warned", "failed": "failed"}
    assert [(record.recording, record.status, record.message) for record in records] == [
        (one.recording, same[one.status], " ".join(one.messages)) for one in found.recordings
    ]


def test_a_sound_is_described_by_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    sine = tone(2 * RATE, 500, level=1.0)
    soundfile.write(path, np.concatenate([sine, np.zeros(2 * RATE)]), RATE, subtype="FLOAT")
    (one,) = check(path, progress=False).recordings
    assert (one.format, one.sample_rate, one.channels, one.seconds) == ("WAV FLOAT", RATE, 1, 4.0)
    assert one.level == pytest.approx(-6.02, abs=0.01)  # a full sine is at -3, and half of the time there is none
    assert one.peak == pytest.approx(0, abs=0.01)
    assert one.clipped == 0
    samples, joins = speech_like(30, 2)
    soundfile.write(path, np.concatenate([samples, noise(5 * RATE, level=1e-3)]), RATE)
    (one,) = check(path, progress=False).recordings
    assert one.speech == pytest.approx((joins[-1] - joins[0]) / one.seconds, abs=0.03)
    soundfile.write(path, np.tile([0.99] * 8 + [-0.99] * 8, 1_000), RATE)
    (one,) = check(path, progress=False).recordings
    assert one.clipped == pytest.approx(6 / 8, abs=1e-3)  # all but the first two of each run of eight
    assert "is clipped" in one.messages[0]


def test_a_channel_is_chosen_as_for_segmenting(tree: Path) -> None:
    (first,) = check(tree / "deep" / "b.flac", channel=1, progress=False).recordings
    (second,) = check(tree / "deep" / "b.flac", channel=2, progress=False).recordings
    assert second.level == pytest.approx(-20, abs=0.2)
    assert first.level != second.level
    (lacking,) = check(tree / "deep" / "b.flac", channel=3, progress=False).recordings
    assert "has 2 channels, so there is no channel 3" in lacking.messages[0]
    with pytest.raises(ConfigurationError, match="channel is 0"):
        check(tree, channel=0, progress=False)


def test_a_folder_that_cannot_be_listed_would_fail(tmp_path: Path, unlistable: Callable[[Path], Path]) -> None:
    soundfile.write(tmp_path / "a.wav", noise(RATE), RATE)
    closed = unlistable(tmp_path / "closed")
    found = check(tmp_path, progress=False)
    assert [one.status for one in found.recordings] == ["fine", "failed"]
    assert found.failed == (
        f"{closed}: is a folder that cannot be listed (Permission denied). Change its permissions.",
    )


def test_recordings_that_would_overwrite_each_other_would_fail(tmp_path: Path) -> None:
    for name in ("x.wav", "x.flac"):
        soundfile.write(tmp_path / name, noise(RATE), RATE)
    soundfile.write(tmp_path / "y.wav", noise(RATE), RATE)
    found = check(tmp_path, progress=False)
    assert [one.status for one in found.recordings] == ["failed", "failed", "fine"]
    assert len(found.failed) == 2
    assert "x.wav: would be written to " in found.failed[1]
    assert "1 fine, 0 with warnings, 2 would fail" in found.totals()


def test_a_folder_without_recordings_would_fail_as_it_does_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").touch()
    found = check(tmp_path, progress=False)
    assert (found.recordings, found.others) == ((), {".mp4": 1})
    with pytest.raises(AudioError) as refused:
        segment_files(tmp_path, progress=False)
    assert found.failed == (str(refused.value),)
    assert "0 recordings" in str(found)
    with pytest.raises(AudioError, match="nowhere: does not exist"):
        check([tmp_path, tmp_path / "nowhere"], progress=False)


def test_the_table_has_a_row_for_each_and_ends_with_totals(tree: Path) -> None:
    told = str(phonseg.check(tree, progress=False))
    lines = told.splitlines()
    assert lines[0].split() == [
        "format",
        "Hz",
        "channels",
        "seconds",
        "level",
        "dB",
        "peak",
        "dB",
        "clipped",
        "speech",
        "recording",
    ]
    recordings = [str(one.recording) for one in check(tree, progress=False).recordings]
    assert [line.rpartition(" ")[2] for line in lines[1:8]] == recordings
    assert len({line.index(str(tree)) for line in lines[1:8]}) == 1
    assert "7 recordings, 0.00 hours: 2 fine, 3 with warnings, 2 would fail." in told
    assert "4 WAV PCM_16, 16000 Hz" in told
    assert told.endswith("Not recordings: 1 .textgrid, 2 .txt, 1 without suffix, 2 hidden")


def test_the_command_prints_a_table_or_json_and_says_whether_anything_would_fail(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tree)]) == 1
    assert "2 would fail" in capsys.readouterr().out
    assert main(["check", str(tree / "a.wav"), str(tree / "cut.wav"), "--json"]) == 0
    said = capsys.readouterr()
    first, second = map(json.loads, said.out.splitlines())
    assert first["recording"] == str(tree / "a.wav")
    assert (first["status"], first["sample_rate"], first["channels"]) == ("fine", RATE, 1)
    assert second["status"] == "warned"
    assert "2 recordings" in said.err
    assert main(["check", str(tree / "nowhere.wav")]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_what_a_library_in_c_complains_of_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bent.mp3"
    soundfile.write(path, speech_like(12)[0], RATE)
    content = bytearray(path.read_bytes())
    content[2_000:2_400] = bytes(range(200, 0, -1)) * 2
    path.write_bytes(content)
    check(path, progress=False)
    assert "Illegal Audio-MPEG-Header" in capfd.readouterr().err  # it does complain, and names no file
    with os.fdopen(2, "w", closefd=False) as usual:
        monkeypatch.setattr(sys, "stderr", usual)
        assert main(["check", str(path), "--json"]) == 0
        monkeypatch.undo()
    said = capfd.readouterr()
    assert json.loads(said.out)["status"] == "warned"
    assert said.err == "1 recording, 0.00 hours: 0 fine, 1 with warnings, 0 would fail.\n  1 MP3, 16000 Hz\n"


def test_every_folder_is_listed_once(tree: Path) -> None:
    listed: list[str] = []
    real = os.listdir

    def listdir(path: str = ".") -> list[str]:
        listed.append(str(path))
        return real(path)

    with patch.object(os, "listdir", listdir):
        check(tree, progress=False)
    folders = [tree, *(path for path in tree.rglob("*") if path.is_dir() and path.name[0] != ".")]
    assert sorted(listed) == sorted(map(str, folders))
