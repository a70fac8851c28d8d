"""What is said of two sides with turns: whether they can belong together."""

from __future__ import annotations

from pathlib import Path

import pytest
from turns_of_speakers import talk, write_rttm

from phonseg.errors import ConfigurationError, PhonsegWarning
from phonseg.evaluation.speakers.evaluate import evaluate_diarization
from phonseg.evaluation.speakers.score import CorpusDiarizationScore
from phonseg.timeline.diarization import Diarization

TURNS = [(5.0 * i, 5.0 * i + 4, "ab"[i % 2]) for i in range(20)]  # up to 99 s


def times(factor: float, most: int = 20) -> list[tuple[float, float, str]]:
    return [(start * factor, end * factor, who) for start, end, who in TURNS[:most]]


@pytest.mark.parametrize("duration", [101.5, 130.0, 200.0, 4000.0])
def test_durations_that_differ_are_a_warning(duration: float) -> None:
    reference, hypothesis = talk(*TURNS, duration=100), talk(*TURNS, duration=duration)
    with pytest.warns(PhonsegWarning, match=rf"reference: lasts 100\.000 s, but hypothesis lasts {duration}") as said:
        score = evaluate_diarization(reference, hypothesis)
    assert score.warnings == tuple(str(one.message) for one in said)
    assert score.error_rate == 0  # of what was given
    with pytest.warns(PhonsegWarning, match="but hypothesis lasts 100"):
        evaluate_diarization(hypothesis, reference)


def test_durations_that_are_the_same_but_for_rounding_are_no_warning() -> None:
    for duration in (100.04, 100.9):
        assert evaluate_diarization(talk(*TURNS, duration=100), talk(*TURNS, duration=duration)).warnings == ()


def test_a_start_that_differs_is_a_warning() -> None:
    late = Diarization(tuple(TURNS[1:]), 97.0, start=3.0)
    with pytest.warns(PhonsegWarning, match=r"reference goes from 0 to 100 s, but hypothesis goes from 3 to 100 s"):
        evaluate_diarization(talk(*TURNS, duration=100), late)


def test_turns_after_the_end_of_the_recording_are_a_warning(tmp_path: Path) -> None:
    path = write_rttm(tmp_path / "x.rttm", TURNS)
    with pytest.warns(PhonsegWarning, match=r"x\.rttm: ends at 99\.000 s, but hypothesis lasts 90\.000 s"):
        evaluate_diarization(path, talk(*times(1.0, 18), duration=90))
    assert evaluate_diarization(path, talk(*TURNS, duration=99)).warnings == ()


def test_the_recording_may_be_longer_than_what_rttm_tells(tmp_path: Path) -> None:
    path = write_rttm(tmp_path / "x.rttm", TURNS)
    assert evaluate_diarization(path, talk(*TURNS, duration=400)).warnings == ()
    assert evaluate_diarization(talk(*TURNS, duration=400), path).warnings == ()


def test_last_turns_that_end_at_other_times_are_a_warning(tmp_path: Path) -> None:
    whole = write_rttm(tmp_path / "whole.rttm", TURNS)
    part = write_rttm(tmp_path / "part.rttm", times(1.0, 16))
    nearly = write_rttm(tmp_path / "nearly.rttm", times(1.0, 19))
    with pytest.warns(PhonsegWarning, match=r"whole\.rttm: ends at 99\.000 s, but .*part\.rttm ends at 79\.000 s"):
        evaluate_diarization(whole, part)
    with pytest.warns(PhonsegWarning, match="Do they belong to the same recording"):
        evaluate_diarization(part, talk(*TURNS, duration=100))
    assert evaluate_diarization(whole, nearly).warnings == ()


@pytest.mark.parametrize(("factor", "unit"), [(1000.0, "milliseconds"), (16_000.0, "samples at 16000 Hz")])
def test_times_in_another_unit_are_a_warning(tmp_path: Path, factor: float, unit: str) -> None:
    right, wrong = write_rttm(tmp_path / "a.rttm", TURNS), write_rttm(tmp_path / "b.rttm", times(factor))
    for pair in ((right, wrong), (wrong, right), (talk(*TURNS, duration=99.0), wrong)):
        with pytest.warns(PhonsegWarning, match=rf"The times of .*b\.rttm seem to be {unit}"):
            evaluate_diarization(*pair)
    other = write_rttm(tmp_path / "c.rttm", times(factor, 20)[1:])
    with pytest.warns(PhonsegWarning, match="Its times seem to be in another unit than seconds"):
        evaluate_diarization(wrong, other)


def test_a_file_that_is_compared_with_itself_or_its_copy_is_a_warning(tmp_path: Path) -> None:
    path = write_rttm(tmp_path / "x.rttm", TURNS)
    with pytest.warns(PhonsegWarning, match=r"x\.rttm: is compared with itself"):
        evaluate_diarization(path, str(path))
    copy = tmp_path / "y.rttm"
    copy.write_bytes(path.read_bytes())
    with pytest.warns(PhonsegWarning, match=r"is compared with .*y\.rttm, which has the same content"):
        evaluate_diarization(path, copy)
    again = write_rttm(tmp_path / "again.rttm", TURNS)
    again.write_text(";; another comment\n" + again.read_text())
    score = evaluate_diarization(path, again)
    assert score.notes == (f"{path} and {again} have the same turns and names of speakers.",)
    assert evaluate_diarization(talk(*TURNS, duration=100), talk(*TURNS, duration=100)).warnings == ()


def test_sides_without_turns_are_worth_a_note() -> None:
    some, none = talk(*TURNS, duration=100), talk(duration=100)
    assert evaluate_diarization(none, some).notes == ("reference has no turns. Was it annotated?",)
    assert evaluate_diarization(some, none).notes == ("hypothesis has no turns: everything counts as missed.",)


def test_sides_that_seem_to_be_exchanged_are_worth_a_note() -> None:
    named = talk(*TURNS, duration=100)
    numbered = talk(*((start, end, f"speaker {'ab'.index(who) + 1}") for start, end, who in TURNS), duration=100)
    (note,) = evaluate_diarization(numbered, named).notes
    assert note.startswith("The speakers of reference are numbered, as phonseg does it, but those of hypothesis have")
    assert evaluate_diarization(named, numbered).notes == ()


def test_recordings_with_other_names_are_worth_a_note(tmp_path: Path) -> None:
    found = Diarization(tuple(TURNS), 100.0, recording="recordings/talk.wav")
    path = write_rttm(tmp_path / "other.rttm", TURNS)
    (note,) = evaluate_diarization(path, found).notes
    assert note.endswith('belongs to the recording "other", but hypothesis (talk.wav) to "talk".')
    assert evaluate_diarization(write_rttm(tmp_path / "talk.rttm", TURNS), found).notes == ()


def test_warnings_of_many_files_are_summed_up(tmp_path: Path) -> None:
    for i in range(8):
        write_rttm(tmp_path / f"ref/{i}.rttm", TURNS)
        write_rttm(tmp_path / f"out/{i}.rttm", times(1.0, 10))
    with pytest.warns(PhonsegWarning, match="8 of 8 pairs differ in duration, such as: ") as said:
        score = evaluate_diarization(tmp_path / "ref", tmp_path / "out")
    assert isinstance(score, CorpusDiarizationScore)
    assert len(said) == 1
    assert score.warnings == (str(said[0].message),)
    assert all(len(one.warnings) == 1 for one in score.files.values())


def test_more_speakers_than_can_be_told_apart_are_refused() -> None:
    sides = (
        talk(*((i / 100, i / 100 + 0.01, f"{side}{i}") for i in range(n))) for side, n in (("a", 1500), ("b", 700))
    )
    with pytest.raises(ConfigurationError, match="reference: has 1500 speakers, and hypothesis has 700"):
        evaluate_diarization(*sides)
    many = talk(*((i / 100, i / 100 + 0.01, f"{i}") for i in range(1500)))
    score = evaluate_diarization(talk((0, 15, "x")), many)
    assert (score.found_speakers, score.mapping) == (1500, {next(iter(score.mapping)): "x"})
