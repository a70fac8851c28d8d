from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from turns_of_speakers import talk, talks, write_rttm

import phonseg
from phonseg.errors import ConfigurationError, PhonsegWarning
from phonseg.evaluation.changes import Changes
from phonseg.evaluation.speakers.changes import TurnChange, TurnChanges, turn_changes
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

SECONDS = ("added_seconds", "removed_seconds", "reassigned_seconds")
ANCHORS = [(0.0, 1.0, "a"), (1.0, 2.0, "b")]  # nobody is gone, and nobody is new

# Turns of 3 s, 5 s apart, so that whatever is moved by less than 1 s overlaps one alone.
PLACES = st.lists(
    st.tuples(
        st.integers(1, 10),
        st.sampled_from("ab"),
        st.sampled_from(["kept", "moved", "reassigned", "both", "added", "removed"]),
        st.floats(0.01, 0.9),
    ),
    unique_by=lambda place: place[0],
)


@given(PLACES.map(sorted))
def test_what_was_done_is_what_is_reported(places: list[tuple[int, str, str, float]]) -> None:
    before, after, done = [*ANCHORS], [*ANCHORS], []
    for place, who, what, shift in places:
        turn = (5.0 * place, 5.0 * place + 3, who)
        moved = (turn[0] + shift, turn[1] - shift / 2, who) if what in ("moved", "both") else turn
        other = "ab".replace(who, "") if what in ("reassigned", "both") else who
        before += [turn] if what != "added" else []
        after += [(*moved[:2], other)] if what != "removed" else []
        if what != "kept":
            kind = "reassigned" if what == "both" else what
            sides = [None if what == "added" else turn, None if what == "removed" else (*moved[:2], other)]
            done.append((kind, *sides))
    found = turn_changes(talk(*before), talk(*after))
    turns = [(one.before, one.after) for one in found.changes]
    assert [
        (one.kind, *(turn and turn[:3] for turn in pair)) for one, pair in zip(found.changes, turns, strict=True)
    ] == done
    assert found.unchanged == len(ANCHORS) + sum(what == "kept" for _, _, what, _ in places)
    moved_by = sum(1.5 * shift for _, _, what, shift in places if what in ("moved", "both"))
    whole = [3 * sum(what == kind for _, _, what, _ in places) for kind in ("added", "removed")]
    shrunk = sum(3 - 1.5 * shift for _, _, what, shift in places if what == "both")
    reassigned = shrunk + 3 * sum(what == "reassigned" for _, _, what, _ in places)
    expected = [whole[0], whole[1] + moved_by, reassigned]
    assert [getattr(found, name) for name in SECONDS] == pytest.approx(expected, abs=1e-7)


seconds = st.floats(0.01, 5.0)


@given(talks("abc", seconds), talks("abcd", seconds))
def test_every_turn_is_told_of_once(before: Diarization, after: Diarization) -> None:
    found = turn_changes(before, after)
    assert found.unchanged + sum(one.before is not None for one in found.changes) == len(before)
    assert found.unchanged + sum(one.after is not None for one in found.changes) == len(after)
    for side, turns in (("before", before), ("after", after)):
        told = [turn for one in found.changes if (turn := getattr(one, side)) is not None]
        assert len(set(told)) == len(told)
        assert {turn[:3] for turn in told} <= {turn[:3] for turn in turns}
    before_seconds, after_seconds = (sum(turn.end - turn.start for turn in turns) for turns in (before, after))
    assert found.corrected_seconds == pytest.approx(after_seconds, abs=1e-6)
    assert found.added_seconds - found.removed_seconds == pytest.approx(after_seconds - before_seconds, abs=1e-6)
    back = turn_changes(after, before)
    assert (back.added_seconds, back.removed_seconds) == (found.removed_seconds, found.added_seconds)


@given(talks("abc", seconds), st.permutations("xyz"))
def test_a_speaker_who_gets_another_name_changes_no_turn(before: Diarization, names: list[str]) -> None:
    after = talk(*((start, end, names["abc".index(who)]) for start, end, who, _ in before))
    found = turn_changes(before, after)
    expected = {name: names["abc".index(name)] for name in before.speakers}
    if len({turn[:2] for turn in before}) == len(before):  # otherwise two have the same time
        assert found.renamed == ({"": expected} if expected else {})
        assert (found.changes, found.unchanged) == ((), len(before))
        assert [getattr(found, name) for name in SECONDS] == [0.0, 0.0, 0.0]


def test_names_that_stay_are_not_taken_for_others() -> None:
    before = talk((0, 1, "speaker 1"), (1, 9, "speaker 2"), (10, 12, "speaker 3"))
    after = talk((0, 1, "speaker 1"), (1, 9, "speaker 1"), (10, 12, "Anna"))
    found = turn_changes(before, after)
    assert found.renamed == {"": {"speaker 3": "Anna"}}
    assert [(one.kind, one.before, one.after) for one in found.changes] == [
        ("reassigned", before[1], after[1]),
    ]
    assert found.reassigned_seconds == 8.0


def test_a_turn_that_was_cut_in_two_was_moved_and_another_one_added() -> None:
    found = turn_changes(talk((0, 10, "a"), (10, 11, "b")), talk((0, 6, "a"), (6, 10, "b"), (10, 11, "b")))
    assert [one.kind for one in found.changes] == ["moved", "added"]
    assert (found.reassigned_seconds, found.added_seconds, found.removed_seconds) == (4.0, 0.0, 0.0)


def test_what_rttm_rounds_is_no_change() -> None:
    before, after = talk((1.0, 2.0, "a"), (3.0, 4.0, "a")), talk((1.0005, 2.001, "a"), (3.0, 4.0021, "a"))
    found = turn_changes(before, after)
    assert (found.unchanged, [one.after for one in found.changes]) == (1, [after[1]])


def test_changes_compares_whatever_it_is_given(tmp_path: Path) -> None:
    before = write_rttm(tmp_path / "before/a.rttm", [(0, 1, "x"), (1, 3, "y")])
    after = write_rttm(tmp_path / "after/a.rttm", [(0, 1, "x"), (1, 2, "y")])
    for pair in ((before, after), (before.parent, after.parent)):
        found = phonseg.changes(*pair)
        assert isinstance(found, TurnChanges)
        assert found.removed_seconds == 1.0
    assert isinstance(phonseg.changes(talk(), before), TurnChanges)
    assert isinstance(phonseg.changes([1.0], [1.0]), Changes)
    with pytest.raises(ConfigurationError, match="the options are for boundaries"):
        phonseg.changes(before, after, within=0.1)
    with pytest.raises(ConfigurationError, match="a list has no turns of speakers"):
        phonseg.changes(before, [1.0])
    with pytest.raises(ConfigurationError, match="turns of speakers have no tiers"):
        phonseg.evaluate(before, [1.0])


def test_changes_as_table_json_and_csv(tmp_path: Path) -> None:
    write_rttm(
        tmp_path / "automatic/a.rttm", [(0, 2, "speaker_1"), (2, 4, "speaker_2"), (5, 6, "speaker_1"), (7, 8, "x")]
    )
    write_rttm(tmp_path / "corrected/a.rttm", [(0, 2, "Anna"), (2, 4, "Anna"), (4.9, 6, "Anna"), (6.5, 7, "x")])
    (tmp_path / "automatic/b.rttm").write_text("SPEAKER b 1 nothing\n")
    write_rttm(tmp_path / "corrected/b.rttm", [(0, 2, "x")])
    found = phonseg.changes(tmp_path / "automatic", tmp_path / "corrected")
    assert [one.kind for one in found.changes] == ["reassigned", "moved", "added", "removed"]
    printed = str(found).splitlines()
    assert printed[1] == "reassigned           2.0000-4.0000 s         2.0000-4.0000 s  speaker 2 -> Anna; a"
    assert printed[2] == "moved                5.0000-6.0000 s         4.9000-6.0000 s  Anna; a"
    assert "renamed in a: speaker 1 -> Anna" in printed
    assert any(line.startswith("turns: 1 unchanged, 1 moved, 1 given to another speaker") for line in printed)
    assert (
        "speaking time: 0.60 s added, 1.00 s removed, 2.00 s given to another speaker; 5.60 s after correction"
        in printed
    )
    assert "1 could not be compared:" in printed
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["changes"][0]["before"] == {"start": 2.0, "end": 4.0, "speaker": "speaker 2"}
    assert (told["reassigned"], told["reassigned_seconds"], told["renamed"]) == (1, 2.0, {"a": {"speaker 1": "Anna"}})
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row["change"] for row in rows] == ["reassigned", "moved", "added", "removed"]
    assert (rows[2]["start_before"], rows[2]["end_after"], rows[2]["speaker_after"]) == ("", "7.0", "x")
    assert TurnChange("a", "removed", Turn(7.0, 8.0, "x"), None).to_dict() == told["changes"][3]


def test_nothing_changed(tmp_path: Path) -> None:
    path = write_rttm(tmp_path / "a.rttm", [(0, 1, "x")])
    with pytest.warns(PhonsegWarning, match="is compared with itself"):
        found = phonseg.changes(path, path)
    assert (found.changes, found.unchanged) == ((), 1)
    assert str(found).startswith("turns: 1 unchanged, 0 moved")
