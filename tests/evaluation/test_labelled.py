"""Scores inside labelled stretches, against the definition taken word by word."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import oracle
import pytest
from hypothesis import given, strategies as st

from phonseg.errors import ConfigurationError, TextGridError
from phonseg.evaluation.evaluate import evaluate, signed_errors, tolerance_curve
from phonseg.evaluation.labelled import labelled_stretches
from phonseg.timeline.segmentation import Segmentation

DURATION = 500  # milliseconds
places = st.lists(st.integers(1, 49).map(lambda n: 10 * n), max_size=12, unique=True).map(sorted)
tolerances = st.sampled_from([10, 20, 30, 50])


@st.composite
def labelled(draw: st.DrawFn) -> tuple[list[int], list[str]]:
    """Boundaries in milliseconds, and a label for each segment, at least one of which is not empty."""
    times = draw(places)
    labels = draw(st.lists(st.sampled_from(["", "a", " "]), min_size=len(times) + 1, max_size=len(times) + 1))
    labels[draw(st.integers(0, len(times)))] = "b"
    return times, labels


def cut(times: list[int], labels: list[str] | None) -> Segmentation:
    return Segmentation(np.array(times) / 1000, DURATION / 1000, labels=labels)


def stretches(times: list[int], labels: list[str]) -> list[tuple[int, int]]:
    """Segment by segment: a stretch grows as long as labels are not empty."""
    edges, found = [0, *times, DURATION], []
    for start, end, label in zip(edges[:-1], edges[1:], labels, strict=True):
        if label.strip():
            begun = found.pop()[0] if found and found[-1][1] == start else start
            found.append((begun, end))
    return found


@given(labelled(), places, tolerances)
def test_what_counts_is_what_the_definition_says(
    reference: tuple[list[int], list[str]], predicted: list[int], tolerance: int
) -> None:
    inside = stretches(*reference)
    inner = [time for time in reference[0] if any(start < time < end for start, end in inside)]
    kept = [
        time
        for time in predicted
        if any(start < time < end and time - start > tolerance and end - time > tolerance for start, end in inside)
        or any(abs(time - other) <= tolerance for other in inner)
    ]
    sides, seconds = (cut(*reference), np.array(predicted) / 1000), tolerance / 1000
    score = evaluate(*sides, tolerance=seconds, labelled_only=True, lenient=True)
    assert (score.n_reference, score.n_predicted) == (len(inner), len(kept))
    assert score.hits == oracle.most_pairs(inner, kept, tolerance)
    assert score.lenient.hits == oracle.near(kept, inner, tolerance)
    assert tolerance_curve(*sides, [seconds], labelled_only=True)[0].hits == score.hits
    assert len(signed_errors(*sides, tolerance=seconds, labelled_only=True)) == score.hits


@given(labelled())
def test_stretches_are_runs_of_labels(reference: tuple[list[int], list[str]]) -> None:
    found = labelled_stretches(cut(*reference))
    assert (1000 * found).round().astype(int).tolist() == [list(pair) for pair in stretches(*reference)]


def test_all_is_labelled_if_there_are_no_labels() -> None:
    assert labelled_stretches(cut([100, 200], None)).tolist() == [[0, 0.5]]
    score = evaluate(cut([100, 200], None), [0.1, 0.21, 0.3], labelled_only=True)
    assert (score.n_reference, score.n_predicted, score.hits) == (2, 3, 2)
    assert score.labelled_only
    assert "inside the labelled stretches" in score.conditions
    assert evaluate([0.1], [0.1]).conditions.endswith("those at silences too")


def test_where_nothing_is_labelled_nothing_can_be_scored(tmp_path: Path) -> None:
    cut([100], ["", ""]).to_textgrid(tmp_path / "a.TextGrid")
    with pytest.raises(TextGridError, match=r'a\.TextGrid: no segment of tier "phones" has a label'):
        evaluate(tmp_path / "a.TextGrid", [0.1], labelled_only=True)
    with pytest.raises(ConfigurationError, match="boundaries alone do not say what is labelled"):
        evaluate([0.1], [0.1], labelled_only=True)


def test_a_reference_that_is_labelled_for_less_than_half_is_worth_a_note() -> None:
    half = cut([100, 150], ["a", "b", ""])
    assert "70 % of it has no label" in evaluate(half, [0.1]).notes[0]
    assert "--labelled-only" in evaluate(half, [0.1]).notes[0]
    assert evaluate(half, [0.1], labelled_only=True).notes == ()
    for fine in (cut([100, 250], ["a", "b", ""]), cut([100], None), cut([100], ["", ""])):
        assert evaluate(fine, [0.1]).notes == ()
    assert "Was it annotated?" in evaluate(cut([], [""]), [0.1]).notes[0]
    assert math.isnan(evaluate(cut([], [""]), []).f1)
