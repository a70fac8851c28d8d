"""What is written reads back as the same turns, in each format; Praat and a parser written by hand agree."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from operator import truediv
from pathlib import Path
from typing import Any

import parselmouth
import pytest
from hypothesis import given, settings, strategies as st
from parselmouth.praat import call

from phonseg import read_turns
from phonseg.annotation.turns.writers import TurnLayout
from phonseg.errors import ConfigurationError, PhonsegWarning
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.turns import Turn

NAMES = st.one_of(
    st.sampled_from(["speaker 1", "speaker 2", "Interviewer", "Ms_B", "Zoë", ";;", '"', "a,b", "ʃ😀", "NA"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Z"]), min_size=1, max_size=6),
).filter(lambda name: name not in ("phones", "check"))
SCORES = st.just(math.nan) | st.floats(0, 1)
RATES = st.sampled_from([100, 16_000, 44_100])  # of frames or samples


@st.composite
def diarizations(draw: st.DrawFn) -> Diarization:
    """Turns at frames, at samples or at any times, some of which touch each other."""
    turns: list[Turn] = []
    for name in draw(st.lists(NAMES, max_size=4, unique=True)):
        anywhere = st.floats(1e-9, 5_000)
        on_a_grid = st.builds(truediv, st.integers(0, 10**7), st.just(draw(RATES)))
        edges = sorted(draw(st.lists(draw(st.sampled_from([anywhere, on_a_grid])), max_size=8, unique=True)))
        step = draw(st.sampled_from([1, 2]))
        pairs = list(pairwise(edges))[::step]
        turns += [Turn(a, b, name, draw(SCORES)) for a, b in pairs]
    last = max((turn.end for turn in turns), default=0.0)
    return Diarization(tuple(turns), last + draw(st.sampled_from([0.5, 1 / 3])), recording="in/my file.wav")


def exactly(turns: Diarization, scores: bool = True) -> list[Any]:
    return [(*turn[:3], str(turn.score)) if scores else turn[:3] for turn in turns]


def read_back(folder: Path, made: Diarization, name: str) -> Diarization:
    made.save(folder / name)
    return read_turns(folder / name, tiers=[*made.speakers] or None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("turns")


@given(diarizations())
@settings(max_examples=60)
def test_csv_and_json_read_back(folder: Path, made: Diarization) -> None:
    assert exactly(read_back(folder, made, "x.csv")) == exactly(made)
    again = read_back(folder, made, "x.json")
    assert exactly(again) == exactly(made)
    assert (again.start, again.duration, again.tells_duration) == (made.start, made.duration, True)


@given(diarizations())
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore:.*holds no line SPEAKER")
def test_rttm_reads_back_and_a_parser_by_hand_agrees(folder: Path, made: Diarization) -> None:
    again = read_back(folder, made, "x.rttm")
    assert exactly(again) == exactly(made)
    assert not again.tells_duration
    by_hand = []
    for line in (folder / "x.rttm").read_text("utf-8").splitlines():
        kind, recording, channel, start, duration, one, two, name, score, last = line.split(" ")
        assert (kind, recording, channel, one, two, last) == ("SPEAKER", "my_file", "1", "<NA>", "<NA>", "<NA>")
        end = Fraction(start) + Fraction(duration)
        by_hand.append((float(start), float(end), name, math.nan if score == "<NA>" else float(score)))
    names = {"speaker_1": "speaker 1", "speaker_2": "speaker 2"}
    assert sorted((a, b, names.get(name, name), str(score)) for a, b, name, score in by_hand) == sorted(exactly(made))


@given(diarizations(), st.sampled_from([0.0, -2.5, 100.1]))
@settings(max_examples=40)
def test_textgrids_read_back_and_praat_agrees(folder: Path, made: Diarization, start: float) -> None:
    moved = (turn._replace(start=turn.start + start, end=turn.end + start) for turn in made)
    made = Diarization(tuple(turn for turn in moved if turn.start < turn.end), made.duration + 0.001, start=start)
    again = read_back(folder, made, "x.TextGrid")
    assert exactly(again, scores=False) == exactly(made, scores=False)
    assert (again.start, again.end) == (made.start, made.end)
    grid = parselmouth.read(str(folder / "x.TextGrid"))
    tiers = [call(grid, "Get tier name", i) for i in range(1, 1 + int(call(grid, "Get number of tiers")))]
    assert tiers == [*(made.speakers or ["speaker 1"])]
    for i, speaker in enumerate(made.speakers, 1):
        heard = [
            (call(grid, "Get start time of interval", i, k), call(grid, "Get end time of interval", i, k), speaker)
            for k in range(1, 1 + int(call(grid, "Get number of intervals", i)))
            if call(grid, "Get label of interval", i, k) == speaker
        ]
        assert heard == [turn[:3] for turn in made if turn.speaker == speaker]


@pytest.mark.parametrize("name", ["x.TextGrid", "x.rttm", "x.csv", "x.json"])
def test_a_recording_in_which_nobody_speaks_reads_back(folder: Path, name: str) -> None:
    silent = Diarization((), 4.0)
    if name == "x.rttm":
        with pytest.warns(PhonsegWarning, match=r"x\.rttm: holds no line SPEAKER, so nobody speaks in it\."):
            again = read_back(folder, silent, name)
    else:
        again = read_back(folder, silent, name)
    assert (again.turns, again.speakers) == ((), ())
    assert again.duration == (4.0 if again.tells_duration else 0.0)
    assert again.tells_duration == (name in ("x.TextGrid", "x.json"))


def test_what_phonseg_writes_is_read_without_a_warning_also_with_phones(tmp_path: Path) -> None:
    made = Diarization((Turn(0.5, 1, "speaker 1"), Turn(0.75, 2, "speaker 2")), 3.0)
    made.to_textgrid(tmp_path / "a.TextGrid", phones=Segmentation([0.6, 0.7], 3.0))
    assert exactly(read_turns(tmp_path / "a.TextGrid")) == exactly(made)
    text = (tmp_path / "a.TextGrid").read_text("utf-8")
    (tmp_path / "b.TextGrid").write_text(text.replace('name = "speaker 1"', 'name = "Interviewer"'), "utf-8")
    assert read_turns(tmp_path / "b.TextGrid").speakers == ("Interviewer", "speaker 2")


def test_formats_are_encoded_as_they_are_saved(tmp_path: Path) -> None:
    made = Diarization((Turn(0.5, 1, "speaker 1"),), 3.0)
    for suffix, data in TurnLayout(("textgrid", "rttm", "csv", "json")).encode(made, "x").items():
        made.save(tmp_path / f"x{suffix}")
        assert (tmp_path / f"x{suffix}").read_bytes() == data


@pytest.mark.parametrize("suffix", [".TextGrid", ".rttm", ".csv", ".json"])
def test_the_name_of_the_recording_outlives_other_names_of_files(tmp_path: Path, suffix: str) -> None:
    Diarization((Turn(0, 1, "speaker 1"),), 2.0).save(tmp_path / f"talk.1{suffix}")
    first = read_turns(tmp_path / f"talk.1{suffix}")
    assert (first.name, first.recording, first.recording_name) == ("talk.1", None, "")
    for other in (".csv", ".rttm", ".json"):
        first.save(tmp_path / f"turns{other}")
        assert "talk.1" in (tmp_path / f"turns{other}").read_text("utf-8")
        assert read_turns(tmp_path / f"turns{other}").name == "talk.1"
    with pytest.raises(ConfigurationError, match=r"read from a file, .* rests on\. Diarize the recording again\."):
        first.at(speakers=2)
