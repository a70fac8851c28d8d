"""What is written of turns, in each format."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from pathlib import Path

import pytest

from phonseg.annotation.turns.writers import FORMATS, TurnLayout, save_turns
from phonseg.errors import ConfigurationError, OutputError, TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.turns import Turn

TWO = Diarization(
    (Turn(0.5, 2.0, "speaker 1", 0.9), Turn(1.75, 3.0, "speaker 2", 0.25), Turn(3.0, 3.5, "Zoë, B")),
    4.0,
    Provenance("0.1.0", "default", "ab", {"channel": "mix"}),
    recording="in/my file.wav",
)


def written(diarization: Diarization, name: str) -> str:
    (data,) = TurnLayout((name,)).encode(diarization, "x").values()
    return data.decode()


def test_rttm_has_ten_fields_and_no_spaces_in_names() -> None:
    assert written(TWO, "rttm").splitlines() == [
        "SPEAKER my_file 1 0.5 1.5 <NA> <NA> speaker_1 0.9 <NA>",
        "SPEAKER my_file 1 1.75 1.25 <NA> <NA> speaker_2 0.25 <NA>",
        "SPEAKER my_file 1 3.0 0.5 <NA> <NA> Zoë,_B <NA> <NA>",
    ]
    for start, end, duration in ((0.1, 0.3, "0.2"), (3.754313, 4.244313, "0.49"), (0.0, 200.0, "200")):
        line = written(Diarization((Turn(start, end, "a"),), 300.0), "rttm")
        assert line.startswith(f"SPEAKER x 1 {start} {duration} ")
    assert written(Diarization((), 4.0), "rttm") == ""


def test_csv_has_a_row_for_each_turn_also_where_nobody_speaks() -> None:
    rows = list(csv.DictReader(io.StringIO(written(TWO, "csv"))))
    assert [(row["turn"], row["start"], row["end"], row["duration"], row["speaker"], row["score"]) for row in rows] == [
        ("1", "0.5", "2.0", "1.5", "speaker 1", "0.9"),
        ("2", "1.75", "3.0", "1.25", "speaker 2", "0.25"),
        ("3", "3.0", "3.5", "0.5", "Zoë, B", ""),
    ]
    assert {row["recording"] for row in rows} == {"my file.wav"}
    assert written(Diarization((), 4.0), "csv") == "recording,turn,start,end,duration,speaker,score\n"


def test_json_holds_everything() -> None:
    content = json.loads(written(TWO, "json"))
    assert (content["recording"], content["start"], content["duration"]) == ("my file.wav", 0.0, 4.0)
    assert content["speakers"] == ["speaker 1", "speaker 2", "Zoë, B"]
    assert [tuple(turn.values())[:3] for turn in content["turns"]] == [turn[:3] for turn in TWO]
    assert [turn["score"] for turn in content["turns"]] == [0.9, 0.25, None]
    assert content["provenance"] == asdict(TWO.provenance)
    assert json.loads(written(Diarization((), 4.0), "json"))["provenance"] is None


def test_a_layout_encodes_each_of_its_formats() -> None:
    layout = TurnLayout()
    assert (layout.formats, layout.suffixes, layout.settings) == (("textgrid", "rttm"), (".TextGrid", ".rttm"), {})
    assert list(layout.encode(TWO, "x")) == [".TextGrid", ".rttm"]
    assert TurnLayout(("csv", "json", "csv")).suffixes == (".csv", ".json")
    shown = TurnLayout(phones=True)
    assert shown.settings == {"phones": True}
    phones = Segmentation([1.0], 4.0)
    assert b'name = "phones"' in shown.encode(TWO, "x", phones)[".TextGrid"]
    assert layout.encode(TWO, "x", phones) == layout.encode(TWO, "x")


@pytest.mark.parametrize(("formats", "phones"), [((), False), (("ctm",), False), (("rttm",), True)])
def test_what_no_layout_can_be_is_refused(formats: tuple[str, ...], phones: bool) -> None:
    with pytest.raises(ConfigurationError):
        TurnLayout(formats, phones)
    with pytest.raises(ConfigurationError, match="no phones were given"):
        TurnLayout(phones=True).encode(TWO, "x")


@pytest.mark.parametrize("name", ["a.TextGrid", "a.RTTM", "a.csv", "a.json"])
def test_the_suffix_names_the_format(tmp_path: Path, name: str) -> None:
    TWO.save(tmp_path / name)
    format = next(one for one in FORMATS if one == name.lower()[2:])
    assert (tmp_path / name).read_text("utf-8") == written(TWO, format)
    save_turns(TWO, tmp_path / "any.thing", format)
    assert (tmp_path / "any.thing").read_text("utf-8") == written(TWO, format)
    with pytest.raises(ConfigurationError, match=r"there is no format \.wav of turns"):
        TWO.save(tmp_path / "a.wav")
    with pytest.raises(OutputError):
        TWO.save(tmp_path / "nowhere" / name)


def test_what_rttm_cannot_hold_is_refused() -> None:
    with pytest.raises(TextGridError, match=r'x: speakers "A  b" and "A b" would both be called A_b in RTTM. Rename'):
        written(Diarization((Turn(0, 1, "A b"), Turn(1, 2, "A  b")), 2.0), "rttm")
    with pytest.raises(TextGridError, match=r"x: a turn begins at -1 s, and RTTM has no times before 0. Shift"):
        written(Diarization((Turn(-1, 1, "a"),), 4.0, start=-2.0), "rttm")


@pytest.mark.parametrize("name", FORMATS)
def test_names_do_nothing_to_a_terminal_and_surrogates_are_escaped(name: str) -> None:
    made = Diarization((Turn(0, 1, "a\x1b[2J"),), 2.0)
    if name in ("rttm", "csv"):
        assert "a\\x1b[2J" in written(made, name)
    surrogate = Diarization((Turn(0, 1, "a\ud800"),), 2.0)
    if name == "textgrid":
        with pytest.raises(TextGridError):
            written(surrogate, name)
    else:
        assert written(surrogate, name)
    assert math.isnan(surrogate[0].score)
