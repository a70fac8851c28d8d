from __future__ import annotations

import json
import math
from pathlib import Path

import mir_eval
import numpy as np
import oracle
import pytest
from hypothesis import given, strategies as st
from scipy.stats import binom

from phonseg.errors import ConfigurationError, TextGridError
from phonseg.evaluation.evaluate import bootstrap, evaluate, signed_errors, tolerance_curve
from phonseg.evaluation.score import CorpusScore, Score
from phonseg.timeline.segmentation import Segmentation

# Times on a grid of 10 ms, close enough to each other to compete for partners; in binary most of them are rounded.
milliseconds = st.lists(st.integers(1, 40).map(lambda n: 10 * n), max_size=12).map(sorted)
few_milliseconds = st.lists(st.integers(1, 15).map(lambda n: 10 * n), max_size=5).map(sorted)
tolerances = st.sampled_from([10, 20, 30, 50])


def seconds(times: list[int]) -> list[float]:
    return [time / 1000 for time in times]


def write(path: Path, boundaries: list[float], *, tier: str = "phones") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Segmentation(np.array(boundaries), 10.0).to_textgrid(path, tier=tier)


def counts(score: Score) -> tuple[int, int, int, int]:
    return score.n_reference, score.n_predicted, score.found, score.hits


def corpus(reference: Path, prediction: Path, *, lenient: bool = False, tier: str = "phones") -> CorpusScore:
    score = evaluate(reference, prediction, lenient=lenient, tier=tier)
    assert isinstance(score, CorpusScore)
    return score


@given(milliseconds, milliseconds, tolerances)
def test_counts_equal_the_oracle(reference: list[int], predicted: list[int], tolerance: int) -> None:
    score = evaluate(seconds(reference), seconds(predicted), tolerance=tolerance / 1000, lenient=True)
    pairs = oracle.most_pairs(reference, predicted, tolerance)
    assert counts(score) == (len(reference), len(predicted), pairs, pairs)
    found, hits = oracle.near(reference, predicted, tolerance), oracle.near(predicted, reference, tolerance)
    assert counts(score.lenient) == (len(reference), len(predicted), found, hits)


@given(milliseconds, milliseconds, tolerances)
def test_figures_equal_the_oracle(reference: list[int], predicted: list[int], tolerance: int) -> None:
    strict = evaluate(seconds(reference), seconds(predicted), tolerance=tolerance / 1000, lenient=True)
    for score in (strict, strict.lenient):
        for name, expected in oracle.figures(*counts(score)).items():
            assert getattr(score, name) == pytest.approx(expected, nan_ok=True), name


@given(milliseconds.filter(bool), milliseconds.filter(bool), tolerances)
def test_strict_figures_equal_those_of_mir_eval(reference: list[int], predicted: list[int], tolerance: int) -> None:
    score = evaluate(seconds(reference), seconds(predicted), tolerance=tolerance / 1000)
    window = tolerance / 1000 + 1e-6
    f1, precision, recall = mir_eval.onset.f_measure(np.array(seconds(reference)), np.array(seconds(predicted)), window)
    assert (score.f1, score.precision, score.recall) == pytest.approx((f1, precision, recall))


@given(milliseconds, milliseconds, tolerances)
def test_precision_one_way_is_recall_the_other_way(first: list[int], second: list[int], tolerance: int) -> None:
    there = evaluate(seconds(first), seconds(second), tolerance=tolerance / 1000)
    back = evaluate(seconds(second), seconds(first), tolerance=tolerance / 1000)
    assert there.precision == pytest.approx(back.recall, nan_ok=True)
    assert there.hits == back.hits


@given(milliseconds, milliseconds)
def test_hits_never_fall_as_the_tolerance_grows(reference: list[int], predicted: list[int]) -> None:
    hits = [s.hits for s in tolerance_curve(seconds(reference), seconds(predicted), [0.005, 0.01, 0.02, 0.03, 0.1])]
    assert hits == sorted(hits)


@given(milliseconds.filter(bool))
def test_a_segmentation_against_itself_is_perfect(times: list[int]) -> None:
    score = evaluate(seconds(times), seconds(times))
    assert (score.precision, score.recall, score.f1, score.r_value, score.over_segmentation) == (1, 1, 1, 1, 0)


def test_twenty_milliseconds_are_within_twenty_milliseconds_whatever_their_binary_form() -> None:
    assert 0.34 - 0.32 > 0.02
    assert evaluate([0.32], [0.34]).hits == 1
    assert evaluate([0.32], [0.340_002]).hits == 0


def test_three_predictions_around_one_boundary_are_one_hit() -> None:
    score = evaluate([1.0], [0.99, 1.0, 1.01], lenient=True)
    assert (score.precision, score.recall, score.over_segmentation) == (pytest.approx(1 / 3), 1, 2)
    assert (score.lenient.precision, score.lenient.recall, score.lenient.over_segmentation) == (1, 1, 2)


def test_lenient_is_only_given_when_asked_for() -> None:
    assert evaluate([1.0], [1.0]).lenient is None


def test_r_value_by_hand() -> None:
    score = Score(n_reference=100, n_predicted=110, found=80, hits=80, tolerance=0.02)
    assert score.r_value == pytest.approx(1 - (math.sqrt(0.2**2 + 0.1**2) + 0.3 / math.sqrt(2)) / 2)


def test_nothing_predicted() -> None:
    score = evaluate([1.0, 2.0], [])
    assert math.isnan(score.precision)
    assert (score.recall, score.f1, score.over_segmentation) == (0, 0, -1)
    assert score.r_value == pytest.approx(1 - math.sqrt(2) / 2)


def test_no_reference_boundary() -> None:
    score = evaluate([], [1.0])
    assert (score.precision, score.f1) == (0, 0)
    assert all(math.isnan(figure) for figure in (score.recall, score.over_segmentation, score.r_value))


def test_no_boundary_on_either_side() -> None:
    score = evaluate(Segmentation(np.zeros(0), 1.0), Segmentation(np.zeros(0), 1.0), lenient=True)
    figures = (score.precision, score.recall, score.f1, score.over_segmentation, score.r_value)
    assert all(math.isnan(figure) for figure in figures)


def test_the_start_and_the_end_of_a_file_never_count(tmp_path: Path) -> None:
    write(tmp_path / "a.TextGrid", [1.0, 2.0])
    assert evaluate(tmp_path / "a.TextGrid", [1.0]).n_reference == 2


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([2.0, 1.0], "sorted"),
        ([-1.0, 1.0], "sorted"),
        ([1.0, math.nan], "sorted"),
        ([1.0, math.inf], "sorted"),
        ([[1.0], [2.0]], "sorted"),
        ([0.0, 1.0], "the start of a recording is no boundary"),
        ([16_000, 100_000], "Are they in samples or milliseconds"),
        (["one"], "not numbers"),
    ],
)
def test_times_that_cannot_be_boundaries_are_refused(times: list[float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        evaluate([1.0], times)
    with pytest.raises(ConfigurationError, match=message):
        evaluate(np.array(times), [1.0])


@pytest.mark.parametrize("tolerance", [0, -0.02, math.nan, math.inf])
def test_a_tolerance_must_be_seconds_above_zero(tolerance: float) -> None:
    message = f"tolerance is {tolerance}. Give seconds"
    with pytest.raises(ConfigurationError, match=message):
        evaluate([1.0], [1.0], tolerance=tolerance)
    with pytest.raises(ConfigurationError, match=message):
        tolerance_curve([1.0], [1.0], [0.02, tolerance])
    with pytest.raises(ConfigurationError, match=message):
        signed_errors([1.0], [1.0], tolerance=tolerance)


def test_counts_are_summed_over_files_before_any_ratio(tmp_path: Path) -> None:
    write(tmp_path / "ref/speaker/long.TextGrid", [1.0, 2.0, 3.0, 4.0])
    write(tmp_path / "hyp/speaker/long.TextGrid", [1.0, 2.0, 3.0, 4.0])
    write(tmp_path / "ref/short.TextGrid", [1.0])
    write(tmp_path / "hyp/short.TextGrid", [5.0])
    score = corpus(tmp_path / "ref", tmp_path / "hyp", lenient=True)
    assert (score.precision, score.recall) == (4 / 5, 4 / 5)
    assert {name: file.hits for name, file in score.files.items()} == {"short": 0, "speaker/long": 4}
    assert counts(score.lenient) == (5, 5, 4, 4)
    assert score.total == Score(5, 5, 4, 4, 0.02, lenient=Score(5, 5, 4, 4, 0.02, one_to_one=False))


def test_what_cannot_be_scored_is_listed_and_changes_nothing_else(tmp_path: Path) -> None:
    for name in ("a", "missing", "damaged", "other tier"):
        write(tmp_path / f"ref/{name}.TextGrid", [1.0, 2.0])
    write(tmp_path / "hyp/a.TextGrid", [1.0])
    write(tmp_path / "hyp/stray.TextGrid", [1.0])
    (tmp_path / "hyp/damaged.TextGrid").write_text("<html>")
    write(tmp_path / "ref/other tier.TextGrid", [1.0, 2.0], tier="words")
    write(tmp_path / "hyp/other tier.TextGrid", [1.0, 2.0])
    score = corpus(tmp_path / "ref", tmp_path / "hyp")
    assert counts(score) == (2, 1, 1, 1)
    assert list(score.files) == ["a"]
    assert score.failed.keys() == {"missing", "damaged", "stray", "other tier"}
    assert "nothing of that name" in score.failed["missing"]
    assert "not a Praat TextGrid" in score.failed["damaged"]
    assert "no reference of that name" in score.failed["stray"]
    assert 'no tier is called "phones" (tiers: 1 "words" (intervals))' in score.failed["other tier"]


def test_a_corpus_of_which_nothing_can_be_scored_has_no_figures(tmp_path: Path) -> None:
    write(tmp_path / "ref/a.TextGrid", [1.0])
    (tmp_path / "hyp").mkdir()
    (tmp_path / "hyp/a.TextGrid").write_text("<html>")
    score = corpus(tmp_path / "ref", tmp_path / "hyp", lenient=True)
    assert counts(score) == (0, 0, 0, 0)
    assert math.isnan(score.f1)
    assert score.failed.keys() == {"a"}


def test_a_prediction_with_a_single_tier_may_call_it_otherwise(tmp_path: Path) -> None:
    write(tmp_path / "ref.TextGrid", [1.0], tier="segments")
    write(tmp_path / "hyp.TextGrid", [1.0])
    assert evaluate(tmp_path / "ref.TextGrid", tmp_path / "hyp.TextGrid", tier="segments").f1 == 1
    with pytest.raises(TextGridError, match='no tier is called "phones"'):
        evaluate(tmp_path / "ref.TextGrid", tmp_path / "hyp.TextGrid")


def test_a_folder_is_scored_against_a_folder_only(tmp_path: Path) -> None:
    write(tmp_path / "a.TextGrid", [1.0])
    with pytest.raises(ConfigurationError, match="Give two folders"):
        evaluate(tmp_path, tmp_path / "a.TextGrid")
    with pytest.raises(ConfigurationError, match="Give two folders"):
        evaluate([1.0], tmp_path)


def test_a_score_prints_its_conditions_and_both_kinds_of_matching() -> None:
    lines = str(evaluate([1.0], [0.99, 1.0, 1.01], lenient=True)).splitlines()
    assert lines[0].startswith("within 20 ms, one-to-one; all interior boundaries count")
    assert " ".join(lines[2].split()) == "strict 33.3 % 100.0 % 50.0 % -70.7 % 200.0 % 1 3 1"
    assert " ".join(lines[3].split()) == "lenient 100.0 % 100.0 % 100.0 % -70.7 % 200.0 % 1 3 3"
    assert str(evaluate([1.0], [])).splitlines()[2].split()[:2] == ["strict", "-"]


def test_a_corpus_prints_how_many_files_were_pooled_and_what_failed(tmp_path: Path) -> None:
    write(tmp_path / "ref/a.TextGrid", [1.0])
    write(tmp_path / "ref/b.TextGrid", [1.0])
    write(tmp_path / "hyp/a.TextGrid", [1.0])
    text = str(corpus(tmp_path / "ref", tmp_path / "hyp"))
    assert 'tier "phones"; counts summed over 1 file; 1 could not be scored:\n' in text
    assert text.splitlines()[-1] == f"  {tmp_path / 'ref/b.TextGrid'}: nothing of that name in {tmp_path / 'hyp'}."


def test_json_holds_no_nan(tmp_path: Path) -> None:
    write(tmp_path / "ref/a.TextGrid", [1.0])
    write(tmp_path / "hyp/a.TextGrid", [])
    read = json.loads(json.dumps(corpus(tmp_path / "ref", tmp_path / "hyp", lenient=True).to_dict(), allow_nan=False))
    assert (read["tier"], read["failed"]) == ("phones", {})
    assert read["total"] == read["files"]["a"]
    assert (read["total"]["precision"], read["total"]["recall"], read["total"]["n_reference"]) == (None, 0, 1)
    assert read["total"]["lenient"]["conditions"].startswith("within 20 ms, any boundary within the tolerance counts")


def test_the_curve_is_the_score_at_each_tolerance(tmp_path: Path) -> None:
    write(tmp_path / "ref/a.TextGrid", [1.0, 2.0])
    write(tmp_path / "hyp/a.TextGrid", [1.015, 2.03])
    curve = tolerance_curve(tmp_path / "ref", tmp_path / "hyp", [0.01, 0.02, 0.04])
    assert [(score.tolerance, score.hits) for score in curve] == [(0.01, 0), (0.02, 1), (0.04, 2)]


def test_a_late_prediction_has_a_positive_error(tmp_path: Path) -> None:
    write(tmp_path / "ref/a.TextGrid", [1.0, 2.0, 3.0])
    write(tmp_path / "hyp/a.TextGrid", [1.01, 1.5, 1.985])
    assert signed_errors(tmp_path / "ref", tmp_path / "hyp") == pytest.approx([0.01, -0.015])


def test_of_two_predictions_the_closer_one_is_matched() -> None:
    assert signed_errors([1.0], [0.99, 1.0]).tolist() == [0.0]


@given(few_milliseconds, few_milliseconds, tolerances)
def test_errors_are_those_of_the_closest_of_the_largest_matchings(
    reference: list[int], predicted: list[int], tolerance: int
) -> None:
    errors = signed_errors(seconds(reference), seconds(predicted), tolerance=tolerance / 1000)
    pairs, distance = oracle.least_distance(reference, predicted, tolerance)
    assert len(errors) == pairs == evaluate(seconds(reference), seconds(predicted), tolerance=tolerance / 1000).hits
    assert np.abs(errors).sum() == pytest.approx(distance / 1000)


def all_or_nothing(n_files: int, n_right: int) -> CorpusScore:
    """Files of one boundary each, found in `n_right` of them."""
    files = {str(i): Score(1, 1, int(i < n_right), int(i < n_right), 0.02) for i in range(n_files)}
    return CorpusScore(n_files, n_files, n_right, n_right, 0.02, files=files, failed={}, tier="phones")


def test_the_bootstrap_interval_is_that_of_the_binomial_distribution() -> None:
    interval = bootstrap(all_or_nothing(50, 35), lambda s: s.recall, generator=np.random.default_rng(0), n=4000)
    expected = binom.ppf([0.025, 0.975], 50, 0.7) / 50
    assert interval == pytest.approx(tuple(expected), abs=0.021)


def test_the_bootstrap_depends_on_its_generator_alone() -> None:
    score = all_or_nothing(20, 10)
    first, again, other = (
        bootstrap(score, lambda s: s.f1, generator=np.random.default_rng(seed), n=37) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_the_bootstrap_needs_two_files_and_a_figure() -> None:
    with pytest.raises(ConfigurationError, match="1 scored files"):
        bootstrap(all_or_nothing(1, 1), lambda s: s.f1, generator=np.random.default_rng(0))
    with pytest.raises(ConfigurationError, match="NaN in every draw"):
        bootstrap(all_or_nothing(3, 1), lambda s: math.nan, generator=np.random.default_rng(0), n=5)
