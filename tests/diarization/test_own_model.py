"""The model of speakers that comes with phonseg."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from conftest import RATE
from voices import talk, two_voices

import phonseg
from phonseg.annotation.turns.readers import read_turns
from phonseg.cli.main import main
from phonseg.diarization.speaker_model import DEFAULT, load_speakers

LARGEST = 3_000_000  # bytes


def test_it_is_loaded_once_and_is_small():
    model = load_speakers()
    assert model.digest == load_speakers(DEFAULT).digest
    assert DEFAULT.stat().st_size <= LARGEST
    assert model.training["recordings"] > 100
    found = phonseg.diarize((two_voices(), RATE))
    assert found.provenance.digest == model.digest


def test_two_made_voices_are_told_apart_if_two_are_asked_for():
    found = phonseg.diarize((two_voices(), RATE), speakers=2)
    assert [turn.speaker for turn in found] == ["speaker 1", "speaker 2"] * 2


def test_one_made_voice_is_one_speaker():
    found = phonseg.diarize((talk([(0, 6.0), (0, 5.0)]), RATE))
    assert found.speakers == ("speaker 1",)


@pytest.mark.parametrize("seconds", [0.0001, 0.1, 3.0])
def test_silence_has_no_speaker(seconds):
    with pytest.warns(phonseg.PhonsegWarning, match="digital silence"):
        assert phonseg.diarize((np.zeros(max(1, round(seconds * RATE))), RATE)).speakers == ()


def test_the_command_line_writes_what_the_function_finds(tmp_path, capsys):
    soundfile.write(tmp_path / "talk.wav", two_voices(), RATE, subtype="FLOAT")
    call = ["diarize", str(tmp_path / "talk.wav"), "-o", str(tmp_path / "out"), "--speakers", "2", "--jobs", "1"]
    assert main(call) == 0
    assert "2 speakers" in capsys.readouterr()[0]
    read = read_turns(tmp_path / "out" / "talk.rttm")
    found = phonseg.diarize(tmp_path / "talk.wav", speakers=2)
    assert [turn.speaker for turn in read] == [turn.speaker for turn in found]
    np.testing.assert_allclose([turn[:2] for turn in read], [turn[:2] for turn in found], atol=1e-3)
