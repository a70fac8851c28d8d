"""Files of turns from other programs, and files that are not as they should be."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from phonseg import read_turns
from phonseg.annotation.textgrid.tier import INTERVALS, POINTS
from phonseg.annotation.textgrid.writer import NewTier, tiers_bytes
from phonseg.annotation.tier_choice import NoSuchTierError
from phonseg.annotation.turns.found_turns import diarization_from_turns
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

RTTM = """;; made by hand
SPKR-INFO meeting 1 <NA> <NA> <NA> unknown Zoé <NA> <NA>
SPEAKER meeting 1 0.50 1.25 <NA> <NA> Zoé <NA> <NA>

SPEAKER meeting 1 1.5 2 <NA> <NA> B 0.75 <NA>
  SPEAKER\tmeeting 1 10 .5 <NA> <NA> Zoé
"""
ELAN = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2" TIME_VALUE="1200"/>
<TIME_SLOT TIME_SLOT_ID="t3" TIME_VALUE="900"/><TIME_SLOT TIME_SLOT_ID="t4" TIME_VALUE="2000"/>
<TIME_SLOT TIME_SLOT_ID="t5"/></TIME_ORDER>
<TIER TIER_ID="A"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="t1" TIME_SLOT_REF2="t2">
<ANNOTATION_VALUE>hello</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="Ms B"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="t3" TIME_SLOT_REF2="t4">
<ANNOTATION_VALUE></ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="parts" PARENT_REF="A"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="t1"
 TIME_SLOT_REF2="t5"><ANNOTATION_VALUE>he</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>"""


def plain(turns: Diarization) -> list[tuple[float, float, str]]:
    return [turn[:3] for turn in turns]


def grid(path: Path, tiers: dict[str, list[tuple[float, float, str]]], points: tuple[str, ...] = ()) -> Path:
    """A TextGrid of 4 s; gaps are not filled."""
    new = [NewTier(POINTS if name in points else INTERVALS, name, entries) for name, entries in tiers.items()]
    path.write_bytes(tiers_bytes(new, 0.0, 4.0, path))
    return path


def read_text(folder: Path, name: str, text: str, **how: Any) -> Diarization:
    (folder / name).write_text(text, "utf-8", newline="")
    return read_turns(folder / name, **how)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_rttm_of_other_programs_is_read(tmp_path: Path, encoding: str, newline: str) -> None:
    path = tmp_path / "a.rttm"
    path.write_text(RTTM, encoding, newline=newline)
    read = read_turns(path)
    assert plain(read) == [(0.5, 1.75, "Zoé"), (1.5, 3.5, "B"), (10.0, 10.5, "Zoé")]
    assert [str(turn.score) for turn in read] == ["nan", "0.75", "nan"]
    assert (read.duration, read.tells_duration, read.provenance) == (10.5, False, None)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("SPEAKER m 1 0 1 <NA> <NA> speaker 1 <NA> <NA>", "line 2 has more than 10 fields"),
        ("SPEAKER m 1 0 1 <NA> <NA>", "line 2 has 7 fields"),
        ("SPEAKER my m 1 0 1 <NA> <NA> A <NA>", "line 2 is not a turn ('A' is no number)"),
        ("SPEAKER my m 1 2 1 <NA> <NA>", "line 2 has no speaker"),
        ("SPEAKER m 1 0,5 1 <NA> <NA> A <NA> <NA>", "line 2 is not a turn ('0,5' is no number)"),
        ("SPEAKER m 1 nan 1 <NA> <NA> A <NA> <NA>", "line 2 is not a turn ('nan' is no number)"),
        ("SPEAKER m 1 0 inf <NA> <NA> A <NA> <NA>", "line 2 is not a turn ('inf' is no number)"),
        ("SPEAKER m 1 0 1_0 <NA> <NA> A <NA> <NA>", "line 2 is not a turn ('1_0' is no number)"),
        ("SPEAKER m 1 1 -0.5 <NA> <NA> A <NA> <NA>", "line 2 lasts -0.5 s"),
        ("SPEAKER m 1 -1 2 <NA> <NA> A <NA> <NA>", "line 2 (-1.0 to 1.0 s) lies before 0 s"),
        ("SPEAKER m 1 0 1 <NA> <NA> A high <NA>", "line 2 is not a turn ('high' is no number)"),
        ("speaker m 1 0 1 <NA> <NA> A <NA> <NA>", "line 2 begins with 'speaker', and not with SPEAKER"),
        ("0.5 1.5 A", "line 2 begins with '0.5'"),
    ],
)
def test_a_line_that_is_no_turn_is_named(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(TextGridError, match=re.escape(f"a.rttm: {problem}")):
        read_text(tmp_path, "a.rttm", f"SPEAKER {'my' if ' my ' in line else 'm'} 1 0 1 <NA> <NA> A\n{line}\n")


@pytest.mark.parametrize("suffix", [".rttm", ".csv"])
def test_of_several_recordings_one_is_chosen(tmp_path: Path, suffix: str) -> None:
    text = "recording,start,end,speaker\nx,0,1,A\nmy_b,2,3,B\nc.d.wav,4,5,C\n"
    if suffix == ".rttm":
        rows = [line.split(",") for line in text.splitlines()[1:]]
        text = "".join(f"SPEAKER {name} 1 {start} 1 <NA> <NA> {who} <NA> <NA>\n" for name, start, _, who in rows)
    path = tmp_path / f"all{suffix}"
    path.write_text(text)
    problem = r'all\S+: holds 3 recordings \(x, my_b, c\.d\.wav\)\. Name one, such as recording="x"\.'
    with pytest.raises(TextGridError, match=problem):
        read_turns(path)
    for name, who in (("x", "A"), ("in/x.flac", "A"), ("my b", "B"), ("my b.wav", "B"), ("c.d", "C"), ("c.d.wav", "C")):
        assert read_turns(path, recording=name).speakers == (who,)
    with pytest.raises(TextGridError, match=r'no recordings are called "y" \(recordings: x, my_b, c\.d\.wav\)'):
        read_turns(path, recording="y")
    assert read_turns(path.rename(tmp_path / f"my b{suffix}")).speakers == ("B",)


def test_names_of_phonseg_have_their_space_again(tmp_path: Path) -> None:
    names = ("speaker_1", "speaker_12", "SPEAKER_00", "speaker_x", "Ms_B")
    lines = (f"SPEAKER m 1 {i} 1 <NA> <NA> {name} <NA> <NA>\n" for i, name in enumerate(names))
    read = read_text(tmp_path, "a.rttm", "".join(lines))
    assert read.speakers == ("speaker 1", "speaker 12", "SPEAKER_00", "speaker_x", "Ms_B")


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.json", "a.rttm"])
def test_overlaps_of_one_speaker_are_joined_and_empty_turns_left_out(tmp_path: Path, name: str) -> None:
    rows = [(5.0, 5.0, "A"), (0.0, 2.0, "A"), (1.0, 3.0, "A"), (2.5, 2.6, "A"), (1.0, 4.0, "B"), (3.0, 4.0, "A")]
    texts = {
        "a.csv": "start,end,speaker\n" + "".join(f"{a},{b},{who}\n" for a, b, who in rows),
        "a.txt": "".join(f"{a}\t{b}\t{who}\n" for a, b, who in rows),
        "a.json": '{"duration": 9, "turns": ['
        + ",".join(f'{{"start": {a}, "end": {b}, "speaker": "{who}"}}' for a, b, who in rows)
        + "]}",
        "a.rttm": "".join(f"SPEAKER m 1 {a} {b - a:.1f} <NA> <NA> {who} <NA> <NA>\n" for a, b, who in rows),
    }
    with pytest.warns(PhonsegWarning) as told:
        read = read_text(tmp_path, name, texts[name])
    assert plain(read) == [(0.0, 3.0, "A"), (1.0, 4.0, "B"), (3.0, 4.0, "A")]
    numbers = {"a.csv": 2, "a.json": 1}.get(name, 1)
    what = "turn" if name == "a.json" else "line"
    places = [f"{what} {numbers + i}" for i in (0, 2, 3)]
    assert [str(one.message) for one in told] == [
        f"{tmp_path / name}: turns without length are left out ({places[0]}).",
        f"{tmp_path / name}: turns that overlap an earlier one of the same speaker are joined with it "
        f"({places[1]}, {places[2]}).",
    ]


def test_what_comes_from_rounding_joins_nothing(tmp_path: Path) -> None:
    lines = "SPEAKER m 1 -0.0004 0.1234 <NA> <NA> A <NA> <NA>\nSPEAKER m 1 0.1224 0.5 <NA> <NA> A <NA> <NA>\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_text(tmp_path, "a.rttm", lines)
    assert plain(read) == [(0.0, 0.1224, "A"), (0.1224, 0.6224, "A")]


def test_scores_that_are_none_are_left_out(tmp_path: Path) -> None:
    with pytest.warns(PhonsegWarning, match=r"scores that are not from 0 to 1 are left out \(line 3\)"):
        read = read_text(tmp_path, "a.csv", "start,end,speaker,score\n0,1,A,NA\n1,2,A,97\n2,3,A,\n3,4,A,0.5\n")
    assert [str(turn.score) for turn in read] == ["nan", "nan", "nan", "0.5"]


def test_tiers_of_speakers_are_told_from_others(tmp_path: Path) -> None:
    tiers = {
        "Interviewer": [(0, 1, "so tell me"), (1, 2, "  "), (2, 2.5, "mhm")],
        "Ms B": [(0, 1, ""), (1, 4, "well")],
        "phones": [(0, 4, "a")],
        "Words": [(0, 4, "a")],
        "Ms B - words": [(0, 4, "a")],
        "Comments": [(0, 4, "a")],
        "marks": [(3, 3, "!")],
    }
    path = grid(tmp_path / "a.TextGrid", tiers, points=("marks",))
    with pytest.warns(PhonsegWarning) as told:
        read = read_turns(path)
    assert plain(read) == [(0, 1, "Interviewer"), (1, 4, "Ms B"), (2, 2.5, "Interviewer")]
    assert (read.duration, read.tells_duration) == (4.0, True)
    assert [one.filename for one in told] == [__file__]  # not one of phonseg's
    assert [str(one.message) for one in told] == [
        f'{path}: each of these tiers is read as the turns of a speaker: "Interviewer", "Ms B"; left out: "phones", '
        f'"Words", "Ms B - words", "Comments". If that is wrong, name the tiers of the speakers, such as '
        'tiers=["A", "B"], or write the turns in just these tiers: phonseg export --format rttm --speaker-tier A '
        "--speaker-tier B."
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_turns(path, tiers=["Ms B", "Words"]).speakers == ("Words", "Ms B")
        assert read_turns(path, tiers=["1", 2, "Ms B"]).speakers == ("Interviewer", "Ms B")
        assert read_turns(path, tiers="Ms B").speakers == ("Ms B",)
    with pytest.raises(NoSuchTierError, match=r'no tier is called "Ms C" \(tiers: 1 "Interviewer"'):
        read_turns(path, tiers=["Ms B", "Ms C"])
    with pytest.raises(TextGridError, match=r'tier "marks" holds points'):
        read_turns(path, tiers=["marks"])


def test_a_tier_with_an_unknown_name_is_told(tmp_path: Path) -> None:
    own = [(0.0, 1.0, "speaker 1"), (1.0, 4.0, "")]
    path = grid(tmp_path / "a.TextGrid", {"speaker 1": own, "Kommentar": [(0, 4, "laut")], "words": [(0, 4, "a")]})
    with pytest.warns(PhonsegWarning, match=r'of a speaker: "speaker 1", "Kommentar"; left out: "words"'):
        assert read_turns(path).speakers == ("speaker 1", "Kommentar")
    path = grid(tmp_path / "b.TextGrid", {"speaker 1": own, "words": [(0, 4, "a")]})
    assert plain(read_turns(path)) == own[:1]  # without a warning
    for label in ("Mau", "speaker 2"):  # a family name, too
        path = grid(tmp_path / "c.TextGrid", {"speaker 1": own, "Mau": [(2, 4, label)]})
        with pytest.warns(PhonsegWarning, match=r'of a speaker: "speaker 1"; left out: "Mau"\. If that is wrong'):
            assert plain(read_turns(path)) == own[:1]


def test_labels_that_somebody_typed_make_no_tier_of_phonseg_uncertain(tmp_path: Path) -> None:
    typed = [(0.0, 1.0, "x")]
    path = grid(tmp_path / "a.TextGrid", {"speaker 1": typed, "speaker 2": [(1, 2, "hm")], "phones": [(0, 4, "a")]})
    assert read_turns(path).speakers == ("speaker 1", "speaker 2")  # without a warning
    renamed = [*typed, (1.0, 2.0, "speaker 1"), (2.0, 3.0, "speaker 1")]
    path = grid(tmp_path / "b.TextGrid", {"Ann": renamed, "speaker 2": typed})
    assert read_turns(path).speakers == ("Ann", "speaker 2")
    for name, labels in {"topics": typed, "Ann": [*typed, (1.0, 2.0, "speaker 3")]}.items():
        path = grid(tmp_path / "c.TextGrid", {"speaker 1": typed, name: labels})
        with pytest.warns(PhonsegWarning, match=rf'of a speaker: "speaker 1", "{name}"; left out: none'):
            read_turns(path)


@pytest.mark.parametrize("name", ["a.rttm", "a.TextGrid", "a.txt"])
def test_every_warning_points_at_the_line_of_the_caller(tmp_path: Path, name: str) -> None:
    if name == "a.rttm":
        (tmp_path / name).write_text(RTTM + "SPEAKER meeting 1 10 .5 <NA> <NA> Zoé\n", "utf-8")
    else:
        grid(tmp_path / name, {"topics": [(0, 2, "x"), (1, 3, "y")]})
    with pytest.warns(PhonsegWarning) as told:
        read_turns(tmp_path / name)
    assert {one.filename for one in told} == {__file__}


def test_a_label_that_is_the_name_of_another_tier_is_told(tmp_path: Path) -> None:
    first = [(0.0, 1.0, "speaker 1"), (1.0, 2.0, "speaker 2"), (2.0, 3.0, "speaker 2")]
    path = grid(tmp_path / "a.TextGrid", {"speaker 1": first, "speaker 2": [(3.0, 4.0, "speaker 2")]})
    problem = (
        r'interval 2 of tier "speaker 1" has the label "speaker 2", the name of another tier, and so have 1 more\.'
    )
    with pytest.warns(PhonsegWarning, match=problem):
        assert plain(read_turns(path)) == [*((a, b, "speaker 1") for a, b, _ in first), (3.0, 4.0, "speaker 2")]


@st.composite
def overlapping(draw: st.DrawFn) -> list[tuple[int, int, str]]:
    """Spans of two speakers, in hundredths of a second."""
    edge = st.integers(0, 60)
    return draw(
        st.lists(st.tuples(edge, edge, st.sampled_from("AB")).map(lambda it: (min(it[:2]), max(it[:2]), it[2])))
    )


@given(overlapping())
@pytest.mark.filterwarnings("ignore::phonseg.PhonsegWarning")
def test_joined_turns_hold_the_same_speech(spans: list[tuple[int, int, str]]) -> None:
    turns = [Turn(a / 100, b / 100, name) for a, b, name in spans]
    made = diarization_from_turns("x", turns, lambda i: f"line {i + 1}")
    for name in "AB":
        spoken = {k for a, b, who in spans if who == name for k in range(a, b)}
        again = [(round(100 * turn.start), round(100 * turn.end)) for turn in made if turn.speaker == name]
        covered = [k for a, b in again for k in range(a, b)]
        assert (set(covered), len(covered)) == (spoken, len(spoken))


@pytest.mark.parametrize(
    ("tiers", "problem"),
    [
        ({"phones": [(0, 4, "a")]}, 'no tier belongs to a speaker, as far as names tell (tiers: "phones"). Give the'),
        (
            {"Check": [(0, 4, "a")], "A_phones": []},
            'no tier belongs to a speaker, as far as names tell (tiers: "Check"',
        ),
        ({"A": [(0, 4, "A")], " A": [(0, 4, "A")]}, 'two tiers are called "A". Give them the names'),
        ({"": [(0, 4, "A")]}, "tier 1 has no name. Give it that of its speaker."),
        ({"A": [(0, 4, ""), (5, 6, "A")]}, 'interval 2 of tier "A" (5.0 to 6.0 s) lies after 4.0 s, outside'),
        ({"A": [(-1, 3, "A")]}, 'interval 1 of tier "A" (-1.0 to 3.0 s) lies before 0 s, outside'),
        ({"A": [(2, 1, "A")]}, 'interval 1 of tier "A" runs from 2.0 to 1.0 s'),
    ],
)
def test_a_textgrid_that_is_not_as_it_should_be_is_refused(
    tmp_path: Path, tiers: dict[str, list[tuple[float, float, str]]], problem: str
) -> None:
    path = grid(tmp_path / "a.TextGrid", tiers)
    with pytest.raises(TextGridError, match=re.escape(f"{path}: {problem}")):
        read_turns(path)


def test_overlaps_in_a_textgrid_are_joined_and_a_textgrid_may_be_called_txt(tmp_path: Path) -> None:
    path = grid(tmp_path / "a.txt", {"A": [(0, 2, "A"), (1, 3, "A"), (3, 3, "A")]})
    with pytest.warns(PhonsegWarning, match=r'\(interval [23] of tier "A"\)'):
        assert plain(read_turns(path)) == [(0, 3, "A")]


def test_in_elan_every_annotation_of_an_own_tier_is_a_turn(tmp_path: Path) -> None:
    with pytest.warns(PhonsegWarning, match=r'of a speaker: "A", "Ms B"; left out: "parts"'):
        read = read_text(tmp_path, "a.eaf", ELAN)
    assert plain(read) == [(0.0, 1.2, "A"), (0.9, 2.0, "Ms B")]
    assert not read.tells_duration
    origin = ELAN.replace('milliseconds"/>', 'milliseconds"><MEDIA_DESCRIPTOR TIME_ORIGIN="500"/></HEADER>')
    assert plain(read_text(tmp_path, "a.eaf", origin, tiers=["Ms B"])) == [(1.4, 2.5, "Ms B")]
    with pytest.raises(TextGridError, match="annotation a3 has no time of its own"):
        read_turns(tmp_path / "a.eaf", tiers=["parts"])
    backwards = ELAN.replace('VALUE="0"', 'VALUE="1500"')
    with pytest.raises(TextGridError, match=re.escape('annotation a1 of tier "A" runs from 1.5 to 1.2 s')):
        read_text(tmp_path, "a.eaf", backwards, tiers=["A"])


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.csv", "start,end,label\n0,1,a\n", "has no column speaker"),
        ("a.csv", "start,end,speaker\n0,1,A\n1,x,A\n", "line 3 is not a turn ('x' is no number)"),
        ("a.csv", "start,end,speaker\n0,1,A\n1,2\n", "line 3 has no speaker"),
        ("a.csv", "start,end,speaker\n0,1,A\n3,2,A\n", "line 3 runs from 3.0 to 2.0 s"),
        ("a.txt", "0\t1\tA\n1\t2\n", "line 2 has no speaker"),
        ("a.txt", "0\t1\tA\n1 2 A\n", "line 2 is not a turn"),
        ("a.json", '{"duration": 1, "segments": []}', "has no duration and turns"),
        ("a.json", '{"turns": []}', "has no duration and turns"),
        ("a.json", '{"duration": 1, "turns": [{"start": 0, "end": 1}]}', "turn 1 has no start, end and speaker"),
        ("a.json", '{"duration": 1, "turns": [{"start": 0, "end": 1, "speaker": " "}]}', "turn 1 has no speaker"),
        ("a.json", '{"duration": 1, "turns": [{"start": 0, "end": 2, "speaker": "A"}]}', "turn 1 (0.0 to 2.0 s) lies"),
        ("a.json", '{"duration": 1, "turns": [{"start": 0, "end": 1e999, "speaker": "A"}]}', "turn 1 runs from 0.0"),
        (
            "a.json",
            '{"duration": 1, "turns": [{"start": 0, "end": 1, "speaker": "A", "score": "x"}]}',
            "the score of turn 1 is no number",
        ),
        ("a.json", '{"duration": 1, "start": 1e999, "turns": []}', "runs from inf to inf s"),
        ("a.wav", "", "is not a known kind of file of turns"),
        ("a.rttm", "\0\0\0\0", "line 1 begins with"),
    ],
)
def test_the_file_the_place_and_the_problem_are_named(tmp_path: Path, name: str, text: str, problem: str) -> None:
    with pytest.raises(TextGridError, match=re.escape(f"{tmp_path / name}: {problem}")):
        read_text(tmp_path, name, text)


def test_a_surrogate_of_json_becomes_a_character(tmp_path: Path) -> None:
    text = '{"duration": 1, "turns": [{"start": 0, "end": 1, "speaker": "A\\ud800"}]}'
    assert read_text(tmp_path, "a.json", text).speakers == ("A\ufffd",)


@pytest.mark.parametrize("how", [{"tiers": []}, {"tiers": [None]}, {"tiers": 1.5}, {"tiers": [True]}, {"recording": 1}])
def test_what_cannot_be_asked_is_refused(tmp_path: Path, how: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        read_text(tmp_path, "a.rttm", RTTM, **how)


def test_files_that_are_not_there_or_too_long(tmp_path: Path) -> None:
    for suffix in (".rttm", ".TextGrid", ".eaf", ".csv", ".json", ".txt"):
        with pytest.raises(TextGridError, match="cannot be read"):
            read_turns(tmp_path / f"a{suffix}")
    with pytest.raises(TextGridError, match="holds more than 50000 turns"):
        read_text(tmp_path, "a.rttm", "SPEAKER m 1 0 1 <NA> <NA> A\n" * 50_001)
