from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE, speech_like

import phonseg
from phonseg.errors import ConfigurationError
from phonseg.model.options import SegmentOptions
from phonseg.praat.request import PraatRequest, answer, read_request
from phonseg.system.atomic_files import STALE_AFTER
from phonseg.timeline.segmentation import Segmentation


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "phonseg-1-1.wav"
    soundfile.write(path, speech_like(6)[0], RATE, subtype="PCM_32")
    return path


def request(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "phonseg-1.request"
    path.write_bytes(text.encode(encoding))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_request_is_read_in_both_encodings_of_praat(tmp_path: Path, encoding: str) -> None:
    path = request(tmp_path, "0.7\n2\nčeština\nb\n", encoding)
    assert read_request(path) == PraatRequest(
        str(tmp_path / "phonseg-1"), SegmentOptions(sensitivity=0.7, channel=2), ("čeština", "b")
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--undefined--\nmix\nx\n", "sensitivity is --undefined--"),
        ("0.5\nleft\nx\n", "channel is 'left'"),
        ("", "sens"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_request(request(tmp_path, text))


def test_a_request_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_request(tmp_path / "x.request")


def test_the_answer_is_what_segment_says(tmp_path: Path, sound: Path) -> None:
    expected = phonseg.segment(sound, sensitivity=0.7)
    assert answer(request(tmp_path, "0.7\nmix\nx\n"))
    made = phonseg.read_textgrid(tmp_path / "phonseg-1-1.TextGrid")
    assert np.array_equal(made.boundaries, expected.boundaries)
    assert made.duration == expected.duration
    assert names(tmp_path) == ["phonseg-1-1.TextGrid", "phonseg-1.request"]  # the sound is gone


def test_what_fails_is_said_of_the_sound_and_stops_no_other(tmp_path: Path, sound: Path) -> None:
    samples = np.stack([speech_like(6)[0]] * 2, axis=1)
    soundfile.write(tmp_path / "phonseg-1-2.wav", samples, RATE)
    assert not answer(request(tmp_path, "0.5\n2\none\ntwo\nthree\n"))
    one, three = (tmp_path / "phonseg-1.failed").read_text(encoding="utf-8").splitlines()
    assert one == "Sound one: has 1 channel, so there is no channel 2. Give 1, or 'mix'."
    assert three.startswith("Sound three: Praat could not save it in ")
    assert names(tmp_path) == ["phonseg-1-2.TextGrid", "phonseg-1.failed", "phonseg-1.request"]


def test_a_warning_comes_beside_the_answer(tmp_path: Path) -> None:
    samples = speech_like(6)[0]
    soundfile.write(tmp_path / "phonseg-1-1.wav", np.stack([samples, -samples], axis=1), RATE)
    assert answer(request(tmp_path, "0.5\nmix\nx\n"))
    warned = (tmp_path / "phonseg-1.warned").read_text(encoding="utf-8")
    assert warned.startswith("Sound x: its channels cancel each other")
    assert (tmp_path / "phonseg-1-1.TextGrid").exists()


@pytest.mark.parametrize("sensitivity", ["1.5", "nan", "abc"])
def test_a_sensitivity_out_of_range_is_told(tmp_path: Path, sound: Path, sensitivity: str) -> None:
    assert not answer(request(tmp_path, f"{sensitivity}\nmix\nx\n"))
    assert f"sensitivity is {sensitivity}" in (tmp_path / "phonseg-1.failed").read_text(encoding="utf-8")


def test_a_mistake_of_ours_can_be_read_in_praat(tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("so")

    monkeypatch.setattr("phonseg.model.options._loaded", broken)
    assert not answer(request(tmp_path, "0.5\nmix\nx\n"))
    assert "ZeroDivisionError('so')" in (tmp_path / "phonseg-1.failed").read_text(encoding="utf-8")


def test_what_an_ended_call_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    for name in ("phonseg-7-1.wav", "phonseg-8-1.wav", "mine.wav"):
        (tmp_path / name).touch()
    long_ago = time.time() - STALE_AFTER - 60
    for name in ("phonseg-7-1.wav", "mine.wav"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    answer(tmp_path / "phonseg-9.request")
    assert names(tmp_path) == ["mine.wav", "phonseg-8-1.wav", "phonseg-9.failed"]


def test_the_answer_is_what_change_tempo_makes_with_the_textgrid_if_there_is_one(tmp_path: Path, sound: Path) -> None:
    sound.with_name("phonseg-1-2.wav").write_bytes(sound.read_bytes())
    seconds = soundfile.info(sound).duration
    Segmentation(np.array([0.5]), seconds, labels=["a", "b"]).to_textgrid(sound.with_suffix(".TextGrid"))
    expected = phonseg.change_tempo(sound, 0.8, even=True)
    assert answer(request(tmp_path, "tempo\n0.8\n1\none\ntwo\n"))
    for number in "12":
        samples, _ = soundfile.read(tmp_path / f"phonseg-1-{number}-new.wav", dtype="float32")
        assert np.abs(samples - expected.samples).max() < 2**-15
    grid = phonseg.read_textgrid(tmp_path / "phonseg-1-1-new.TextGrid")
    assert (grid.boundaries[0], grid.labels) == (expected.time_map(0.5), ("a", "b"))
    for text, said in (("3", "factor is 3. Give a number"), ("x", "factor is x. Give a number from 0.5 to 2.")):
        assert not answer(request(tmp_path, f"tempo\n{text}\n0\none\n"))
        assert (tmp_path / "phonseg-1.failed").read_text().startswith(said)


@pytest.mark.parametrize("seconds", [0.8, 1.2])
def test_the_textgrid_of_another_sound_is_refused(tmp_path: Path, sound: Path, seconds: float) -> None:
    seconds *= soundfile.info(sound).duration
    Segmentation(np.array([0.5]), seconds, labels=["a", "b"]).to_textgrid(sound.with_suffix(".TextGrid"))
    assert not answer(request(tmp_path, "tempo\n0.8\n1\none\n"))
    said = (tmp_path / "phonseg-1.failed").read_text()
    assert said.startswith(f"The TextGrid selected with Sound one: lasts from 0 to {seconds:g} s, and the recording")
    assert not list(tmp_path.glob("*-new.*"))
