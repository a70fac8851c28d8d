"""The error rate against pyannote.metrics, against its definition on a grid, and where it is known."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate
from scipy.optimize import linear_sum_assignment
from turns_of_speakers import LONG, talk, talks, write_rttm

import phonseg
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.evaluation.speakers.evaluate import evaluate_diarization
from phonseg.evaluation.speakers.score import CorpusDiarizationScore
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation

PARTS = ("reference_seconds", "missed_seconds", "false_alarm_seconds", "confusion_seconds")
STEP = 0.01  # seconds

on_grid = st.integers(1, 400).map(lambda n: n * STEP)
anywhere = st.floats(0.001, 5.0)
collars = st.sampled_from([0.0, 0.02, 0.1, 0.25, 0.5, 1.3])


def annotation(turns: Diarization) -> Annotation:
    made = Annotation()
    for track, turn in enumerate(turns):
        made[Segment(turn.start, turn.end), track] = turn.speaker
    return made


@settings(max_examples=150)
@given(talks("abcd", anywhere), talks("wxyz", anywhere), collars)
def test_scores_are_those_of_pyannote_metrics(reference: Diarization, hypothesis: Diarization, collar: float) -> None:
    metric = DiarizationErrorRate(collar=2 * collar, skip_overlap=False)  # which counts both sides together
    whole = Timeline([Segment(-1.0, LONG)])
    told = metric(annotation(reference), annotation(hypothesis), uem=whole, detailed=True)
    score = evaluate_diarization(reference, hypothesis, collar=collar)
    names = ("total", "missed detection", "false alarm", "confusion")
    # pyannote leaves out what is shorter than a microsecond, between any two edges.
    near = 2e-6 * 2 * (1 + len(reference) + len(hypothesis))
    assert [getattr(score, part) for part in PARTS] == pytest.approx([told[name] for name in names], abs=near)
    if told["total"] > 1:
        assert score.error_rate == pytest.approx(told["diarization error rate"], abs=near)
        assert score.error_rate == score.missed + score.false_alarm + score.confusion


def spoken_on_grid(turns: Diarization) -> NDArray[np.bool_]:
    """(speakers, steps) who speaks."""
    spoken = np.zeros((len(turns.speakers), round(LONG / STEP)), bool)
    for start, end, who, _ in turns:
        spoken[turns.speakers.index(who), round(start / STEP) : round(end / STEP)] = True
    return spoken


@settings(max_examples=150)
@given(talks("abcd", on_grid), talks("wxyz", on_grid), st.sampled_from([0, 1, 10, 25]))
def test_scores_are_those_of_the_definition(reference: Diarization, hypothesis: Diarization, steps: int) -> None:
    first, second = spoken_on_grid(reference), spoken_on_grid(hypothesis)
    scored = np.ones(first.shape[1], bool)
    for turn in reference:
        for edge in turn[:2]:
            place = round(edge / STEP)
            scored[max(0, place - steps) : place + steps] = False
    first, second = first[:, scored], second[:, scored]
    together = first.astype(int) @ second.T.astype(int)
    pairs = linear_sum_assignment(together, maximize=True)
    n, m = first.sum(0), second.sum(0)
    expected = [n.sum(), np.maximum(0, n - m).sum(), np.maximum(0, m - n).sum()]
    expected.append(np.minimum(n, m).sum() - together[pairs].sum())
    score = evaluate_diarization(reference, hypothesis, collar=steps * STEP)
    assert [getattr(score, part) / STEP for part in PARTS] == pytest.approx(expected, abs=1e-6)
    assert len(set(score.mapping.values())) == len(score.mapping)
    rows = [reference.speakers.index(name) for name in score.mapping.values()]
    columns = [hypothesis.speakers.index(name) for name in score.mapping]
    assert together[rows, columns].sum() == together[pairs].sum()
    assert (together[rows, columns] > 0).all()


def most_hits(first: list[float], second: list[float]) -> int:
    near = np.abs(np.subtract.outer(first, second)) <= 0.5 + 1e-6
    return int(near[linear_sum_assignment(near, maximize=True)].sum()) if near.size else 0


@given(talks("abc", on_grid), talks("abc", on_grid))
def test_changes_of_speaker_are_paired_one_to_one(reference: Diarization, hypothesis: Diarization) -> None:
    sides = []
    for turns in (reference, hypothesis):
        times = [turns[i].start for i in range(1, len(turns)) if turns[i].speaker != turns[i - 1].speaker]
        sides.append(times)
    score = evaluate_diarization(reference, hypothesis)
    hits = most_hits(*sides)
    assert (score.reference_changes, score.found_changes, score.change_hits) == (*map(len, sides), hits)
    assert score.turn_precision == pytest.approx(hits / len(sides[1]) if sides[1] else math.nan, nan_ok=True)
    assert score.turn_recall == pytest.approx(hits / len(sides[0]) if sides[0] else math.nan, nan_ok=True)


@given(talks("abc", anywhere), collars, st.permutations("abc"))
def test_names_do_not_matter(turns: Diarization, collar: float, names: list[str]) -> None:
    renamed = talk(*((start, end, names["abc".index(who)]) for start, end, who, _ in turns))
    score = evaluate_diarization(turns, renamed, collar=collar)
    assert [getattr(score, part) for part in PARTS[1:]] == [0.0, 0.0, 0.0]  # exactly
    assert score.error_rate == 0 or (math.isnan(score.error_rate) and score.reference_seconds == 0)
    if len({turn[:2] for turn in turns}) == len(turns):  # otherwise names decide which turn comes first
        assert score.change_hits == score.reference_changes == score.found_changes


@given(talks("abc", anywhere), talks("xyz", anywhere))
def test_what_is_missed_one_way_is_a_false_alarm_the_other_way(first: Diarization, second: Diarization) -> None:
    score, back = evaluate_diarization(first, second), evaluate_diarization(second, first)
    assert score.missed_seconds == back.false_alarm_seconds
    assert score.confusion_seconds == back.confusion_seconds
    assert score.change_hits == back.change_hits
    assert (score.reference_speakers, score.found_speakers) == (back.found_speakers, back.reference_speakers)


def test_a_conversation_by_hand() -> None:
    reference = talk((0, 4, "Anna"), (4, 6, "Ben"), (5, 9, "Anna"))
    hypothesis = talk((0, 5, "speaker 1"), (5, 6, "speaker 2"), (6, 8, "speaker 1"), (9, 10, "speaker 3"))
    score = evaluate_diarization(reference, hypothesis)
    assert [getattr(score, part) for part in PARTS] == [10.0, 2.0, 1.0, 1.0]
    assert (score.missed, score.false_alarm, score.confusion, score.error_rate) == (0.2, 0.1, 0.1, 0.4)
    assert score.mapping == {"speaker 1": "Anna", "speaker 2": "Ben"}
    assert (score.reference_speakers, score.found_speakers) == (2, 3)
    assert (score.reference_changes, score.found_changes, score.change_hits) == (2, 3, 1)


def test_a_collar_lies_on_either_side_of_each_reference_turn() -> None:
    reference, hypothesis = talk((1, 3, "a")), talk((1.5, 3.5, "a"))
    score = evaluate_diarization(reference, hypothesis, collar=0.25)
    assert [getattr(score, part) for part in PARTS] == [1.5, 0.25, 0.25, 0.0]
    assert score.without_collar == evaluate_diarization(reference, hypothesis)
    assert score.without_collar is not None
    assert [getattr(score.without_collar, part) for part in PARTS] == [2.0, 0.5, 0.5, 0.0]
    assert "0.25 s on either side of each start and end of a reference turn are not scored" in score.conditions
    assert math.isnan(evaluate_diarization(reference, hypothesis, collar=1).error_rate)  # nothing is left


@pytest.mark.parametrize("collar", [-0.1, math.nan, math.inf, 10, 250, True, "0.25", None])
def test_a_collar_out_of_range_is_refused(collar: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^collar is "):
        evaluate_diarization(talk(), talk(), collar=collar)


def test_figures_of_nothing_are_nan() -> None:
    some = talk((0, 1, "a"))
    nothing = evaluate_diarization(talk(), talk())
    assert all(math.isnan(figure) for figure in (nothing.error_rate, nothing.turn_precision, nothing.turn_recall))
    assert nothing.to_dict()["error_rate"] is None
    json.dumps(nothing.to_dict(), allow_nan=False)
    assert evaluate_diarization(some, talk()).error_rate == 1.0
    assert math.isnan(evaluate_diarization(talk(), some).error_rate)
    assert evaluate_diarization(talk(), some).false_alarm_seconds == 1.0


def test_turns_of_a_sound_that_begins_elsewhere() -> None:
    early = Diarization(((-3.0, -1.0, "a"), (-1.0, 1.0, "b")), 5.0, start=-3.0)
    late = Diarization(((-3.0, 0.0, "x"), (0.0, 1.0, "y")), 5.0, start=-3.0)
    score = evaluate_diarization(early, late, collar=0.5)
    assert [getattr(score, part) for part in PARTS] == [2.0, 0.0, 0.0, 0.5]


def test_thousands_of_turns_are_scored_exactly_and_in_no_time() -> None:
    generator = np.random.default_rng(0)
    edges = np.cumsum(generator.uniform(0.2, 3, 20_001))
    sides = []
    for names in ("abcdef", "uvwxyz"):
        edges = edges + generator.uniform(0, 0.1, len(edges))
        who = generator.choice(list(names), len(edges) - 1)
        sides.append(talk(*zip(edges[:-1], edges[1:], who, strict=True), duration=1e5))
    score = evaluate_diarization(*sides)
    lengths = (turn.end - turn.start for turn in sides[0])
    assert score.reference_seconds == pytest.approx(math.fsum(lengths), abs=1e-4)
    assert score.missed_seconds == pytest.approx(sides[1][0].start - sides[0][0].start, abs=1e-8)


def test_scores_of_folders_are_summed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_rttm(tmp_path / "ref/a.rttm", [(0, 2, "x"), (2, 4, "y")])
    write_rttm(tmp_path / "out/a.rttm", [(0, 4, "speaker_1")])
    write_rttm(tmp_path / "ref/deep/b.rttm", [(0, 6, "x")])
    write_rttm(tmp_path / "out/deep/b.rttm", [(0, 3, "p"), (3, 5, "q"), (5, 6, "r")])
    write_rttm(tmp_path / "ref/only.rttm", [(0, 6, "x")])
    (tmp_path / "ref/bad.rttm").write_text("SPEAKER bad 1 one two <NA> <NA> x <NA> <NA>\n")
    write_rttm(tmp_path / "out/bad.rttm", [(0, 6, "x")])
    score = evaluate_diarization(tmp_path / "ref", tmp_path / "out")
    assert isinstance(score, CorpusDiarizationScore)
    assert list(score.files) == ["a", "deep/b"]
    assert score.files["a"].error_rate == score.files["deep/b"].error_rate == 0.5
    assert [getattr(score, part) for part in PARTS] == [10.0, 0.0, 0.0, 5.0]
    assert (score.reference_speakers, score.found_speakers, score.mapping) == (3, 4, {})
    assert (score.count_exact, score.count_within_one) == (0.0, 0.5)
    assert sorted(score.failed) == ["bad", "only"]
    assert "nothing of that name in" in score.failed["only"]
    assert str(tmp_path / "ref/bad.rttm") in score.failed["bad"]
    printed = str(score)
    assert "number of speakers: right in 0 of 2 files, right or one off in 1" in printed
    assert "seconds and counts summed over 2 files; 2 could not be scored:" in printed
    as_json = json.loads(json.dumps(score.to_dict(), allow_nan=False))
    assert as_json["total"]["count_within_one"] == 0.5
    assert as_json["files"]["a"]["mapping"] in ({"speaker 1": "x"}, {"speaker 1": "y"})


def test_the_error_rate_of_a_corpus_has_an_interval(tmp_path: Path) -> None:
    for i in range(10):
        write_rttm(tmp_path / f"ref/{i}.rttm", [(0, 10, "x")])
        write_rttm(tmp_path / f"out/{i}.rttm", [(0, 9 - 0.5 * i, "y")])
    with warnings.catch_warnings(action="ignore"):
        score = evaluate_diarization(tmp_path / "ref", tmp_path / "out")
    assert isinstance(score, CorpusDiarizationScore)
    generator = np.random.default_rng(0)
    low, high = phonseg.bootstrap(score, lambda score: score.error_rate, generator=generator, n=200)
    assert 0.1 < low < score.error_rate < high < 0.55


def test_a_folder_without_any_scored_file_has_a_score_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.rttm").write_text("SPEAKER a 1 one two <NA> <NA> x <NA> <NA>\n")
    score = evaluate_diarization(tmp_path, tmp_path, collar=0.25)
    assert isinstance(score, CorpusDiarizationScore)
    assert (list(score.failed), math.isnan(score.error_rate), math.isnan(score.count_exact)) == (["a"], True, True)
    assert "collar 0.25 s" in str(score)


def test_an_rttm_file_counts_before_a_textgrid_and_a_note_says_if_they_differ(tmp_path: Path) -> None:
    for folder in ("ref", "out"):
        write_rttm(tmp_path / folder / "a.rttm", [(0, 2, "x"), (2, 3, "y")])
    tiers = talk((0, 2, "x"), (2.5, 3, "y"), duration=4)
    textgrid(tmp_path / "out/a.TextGrid", tiers)
    with pytest.warns(PhonsegWarning, match="which has the same content"):
        score = evaluate_diarization(tmp_path / "ref", tmp_path / "out")
    assert score.error_rate == 0
    assert any("a.TextGrid, beside it, has other turns and does not count" in note for note in score.notes)
    assert evaluate_diarization(tmp_path / "ref/a.rttm", tmp_path / "out/a.TextGrid").missed_seconds == 0.5


def textgrid(path: Path, turns: Diarization) -> None:
    """A TextGrid with a tier for each speaker."""
    for name in turns.speakers:
        own = [turn for turn in turns if turn.speaker == name]
        edges = sorted({edge for turn in own for edge in turn[:2]} - {0.0, turns.duration})
        starts = [0.0, *edges]
        labels = [name if any(turn.start <= start < turn.end for turn in own) else "" for start in starts]
        into = path if path.exists() else None
        Segmentation(edges, turns.duration, labels=labels).to_textgrid(path, tier=name, into=into)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (Segmentation([1.0], 2.0), "hypothesis: a Segmentation has no turns of speakers"),
        ([1.0, 2.0], "hypothesis: a list has no turns"),
        ("", "hypothesis: an empty path"),
        (talk((0, 1, "a"), duration=2e9), "No recording lasts 31 years"),
    ],
)
def test_what_is_no_turns_is_refused(given: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        evaluate_diarization(talk(), given)


def test_a_path_that_does_not_exist_and_a_folder_beside_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TextGridError, match=r"none\.rttm: does not exist"):
        evaluate_diarization(talk(), tmp_path / "none.rttm")
    with pytest.raises(ConfigurationError, match="one of the two is a folder"):
        evaluate_diarization(talk(), tmp_path)


def test_the_table_says_who_is_who(capsys: pytest.CaptureFixture[str]) -> None:
    reference = talk((0, 4, "An\x1bna"), (4, 6, "Ben"))
    print(evaluate_diarization(reference, talk((0, 4, "speaker 1"), (4, 7, "speaker 2")), collar=0.25))
    printed = capsys.readouterr().out
    assert "who is who: speaker 1 = An\\x1bna; speaker 2 = Ben" in printed
    rows = {line[:14].strip(): line[14:].split() for line in printed.splitlines()}
    assert rows["no collar"] == ["16.7", "%", "0.0", "%", "16.7", "%", "0.0", "%"]
    assert rows["collar 0.25 s"][:2] == ["15.0", "%"]  # 0.75 of 5 s


def test_no_warning_is_given_without_a_reason() -> None:
    with warnings.catch_warnings(action="error"):
        score = evaluate_diarization(talk((0, 4, "a"), (4, 50, "b")), talk((0, 5, "speaker 1"), (5, 40, "speaker 2")))
    assert (score.notes, score.warnings) == ((), ())
