"""Tiers of speakers in a TextGrid, alone, above phones, and added to a TextGrid that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from phonseg import read_textgrid, read_turns
from phonseg.annotation.textgrid.parser import read_tiers
from phonseg.annotation.turns.textgrid import turns_textgrid_bytes, write_turns_textgrid
from phonseg.errors import TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.turns import Turn

TWO = Diarization((Turn(1.75, 3.0, "speaker 2"), Turn(0.5, 2.0, 'B "x"'), Turn(2.0, 2.5, 'B "x"')), 4.0)
PHONES = Segmentation([1.0, 2.5], 4.0)


def tiers(path: Path) -> dict[str, list[tuple[float, float, str]]]:
    return {tier.name: list(tier.intervals) for tier in read_tiers(path.read_bytes(), path).tiers}


def test_every_speaker_has_a_tier_without_breaks(tmp_path: Path) -> None:
    write_turns_textgrid(TWO, tmp_path / "a.TextGrid", phones=PHONES)
    assert tiers(tmp_path / "a.TextGrid") == {
        'B "x"': [(0, 0.5, ""), (0.5, 2, 'B "x"'), (2, 2.5, 'B "x"'), (2.5, 4, "")],
        "speaker 2": [(0, 1.75, ""), (1.75, 3, "speaker 2"), (3, 4, "")],
        "phones": [(0, 1, "1"), (1, 2.5, "2"), (2.5, 4, "3")],
    }
    assert list(tiers(tmp_path / "a.TextGrid")) == [*TWO.speakers, "phones"]
    PHONES.to_textgrid(tmp_path / "phones.TextGrid")
    alone, both = ((tmp_path / name).read_text("utf-8") for name in ("phones.TextGrid", "a.TextGrid"))
    assert both.endswith(alone.partition("item [1]:")[2])  # as the phones are written alone


def test_a_turn_may_fill_the_recording_and_nobody_may_speak(tmp_path: Path) -> None:
    write_turns_textgrid(Diarization((Turn(-1, 1, "A"),), 2.0, start=-1.0), tmp_path / "a.TextGrid")
    assert tiers(tmp_path / "a.TextGrid") == {"A": [(-1, 1, "A")]}
    write_turns_textgrid(Diarization((), 2.0), tmp_path / "b.TextGrid")
    assert tiers(tmp_path / "b.TextGrid") == {"speaker 1": [(0, 2, "")]}
    assert read_turns(tmp_path / "b.TextGrid").turns == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tiers_are_added_and_nothing_else_changes(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.TextGrid"
    Segmentation([0.5], 4.0, labels=["a", "ʃ"]).to_textgrid(path, tier="words")
    path.write_text(path.read_text("utf-8"), encoding)
    before = path.read_text(encoding)
    write_turns_textgrid(TWO, path, into=path, phones=PHONES)
    after = path.read_text(encoding)
    assert after.replace("size = 4", "size = 1", 1).startswith(before.rstrip("\n"))
    assert list(tiers(path)) == ["words", *TWO.speakers, "phones"]
    with pytest.raises(TextGridError, match=re.escape('has a tier called "B "x"" already')):
        write_turns_textgrid(TWO, path, into=path)
    assert path.read_text(encoding) == after
    one = Diarization((Turn(0.25, 1, "speaker 2"),), 4.0)
    write_turns_textgrid(one, path, into=path, overwrite=True)
    assert tiers(path)["speaker 2"] == [(0, 0.25, ""), (0.25, 1, "speaker 2"), (1, 4, "")]
    assert list(tiers(path)) == ["words", *TWO.speakers, "phones"]
    assert read_textgrid(path, tier="phones").boundaries.tolist() == [1.0, 2.5]


def test_tiers_are_added_where_the_duration_was_rounded(tmp_path: Path) -> None:
    Segmentation([0.5], 4.0).to_textgrid(tmp_path / "a.TextGrid", tier="words")
    turns = Diarization((Turn(3, 4.0004, "A"), Turn(0, 1, "B")), 4.0004)
    write_turns_textgrid(turns, tmp_path / "b.TextGrid", into=tmp_path / "a.TextGrid")
    assert [turn[:3] for turn in read_turns(tmp_path / "b.TextGrid")] == [(0, 1, "B"), (3, 4, "A")]


def test_phones_of_nearly_the_same_duration_end_with_the_recording() -> None:
    made = turns_textgrid_bytes(TWO, "x", Segmentation([1.0, 2.5], 4.005))
    assert made == turns_textgrid_bytes(TWO, "x", PHONES)


@pytest.mark.parametrize(
    ("turns", "phones", "problem"),
    [
        (TWO, Segmentation([1.0], 5.0), "the turns run from 0 to 4.0 s and the phones from 0 to 5.0 s. Give phones of"),
        (TWO, Segmentation([1.0], 4.0, start=0.5), "the turns run from 0 to 4.0 s and the phones from 0.5 to 4.5 s"),
        (TWO, Segmentation([4.005], 4.01), "the turns run from 0 to 4.0 s and the phones from 0 to 4.01 s"),
        (Diarization((Turn(0, 1, "phones"),), 4.0), None, "a speaker is called phones, as a tier that does not hold"),
        (Diarization((Turn(0, 1, "check"),), 4.0), None, "a speaker is called check, as a tier that does not hold"),
        (Diarization((Turn(0, 1, "a\rb"),), 4.0), None, "'a\\rb' holds characters that a TextGrid cannot hold"),
        (Diarization((), 0.0), None, "the recording is 0 s long, and a TextGrid cannot be"),
    ],
)
def test_what_a_textgrid_cannot_hold_is_refused(turns: Diarization, phones: Segmentation | None, problem: str) -> None:
    with pytest.raises(TextGridError, match=re.escape(f"x: {problem}")):
        turns_textgrid_bytes(turns, "x", phones)
