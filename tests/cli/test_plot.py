"""`phonseg plot` with turns."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from conftest import RATE, noise

from phonseg.cli.main import main

RTTM = "SPEAKER x 1 {} 1.5 <NA> <NA> {} <NA> <NA>\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a recording of 40 s, which is too long for a picture of segments, and two RTTM files."""
    monkeypatch.chdir(tmp_path)
    soundfile.write("x.wav", noise(40 * RATE), RATE)
    Path("x.rttm").write_text(RTTM.format(0.5, "speaker_1") + RTTM.format(1.5, "speaker_2"), "utf-8")
    Path("reference.rttm").write_text(RTTM.format(0.4, "Ann"), "utf-8")
    return tmp_path


def test_turns_are_drawn_over_the_whole_recording(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ("", "--reference reference.rttm", "--start 1 --end 3"):
        assert main(f"plot x.wav --turns x.rttm -o x.png {options}".split()) == 0
        assert Path("x.png").read_bytes().startswith(b"\x89PNG")
        assert capsys.readouterr() == ("x.png written.\n", "")
        Path("x.png").unlink()


@pytest.mark.parametrize(
    "option", ["--rate 3", "--sensitivity 0.7", "--tier words", "--sample-rate 8000", "--model m", "--channel 2"]
)
def test_options_of_segments_are_refused_with_turns(
    folder: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(f"plot x.wav --turns x.rttm -o x.png {option}".split()) == 2
    name = option.split()[0]
    assert capsys.readouterr().err == f"phonseg: {name} is for segments. Leave it out, or --turns.\n"
    assert not Path("x.png").exists()


def test_turns_of_another_recording_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write("short.wav", noise(RATE), RATE)
    assert main(["plot", "short.wav", "--turns", "x.rttm", "-o", "x.png"]) == 2
    assert "short.wav: ends at 1.000 s, before the turns (3.000 s)" in capsys.readouterr().err
    assert main(["plot", "gone.wav", "--turns", "x.rttm", "-o", "x.png"]) == 1
    assert main(["plot", "x.wav", "--turns", "gone.rttm", "-o", "x.png"]) == 1
