"""Recordings cut into segments."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from choices import chosen_from, times_and_prominences
from hypothesis import given, strategies as st

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates, Choice
from phonseg.timeline.segmentation import Segmentation


@given(times_and_prominences, st.floats(0, 1))
def test_at_takes_times_and_prominences_of_what_is_kept(pair, sensitivity):
    segmentation = chosen_from(*pair).at(sensitivity=sensitivity)
    kept = segmentation.candidates.chosen(Choice(sensitivity))
    chosen = [(time, p / (p + 0.5)) for time, p, is_kept in zip(*pair, kept, strict=True) if is_kept]
    assert list(zip(segmentation.boundaries, segmentation.scores, strict=True)) == chosen
    assert segmentation.duration == 10.0


@given(times_and_prominences, st.floats(0, 20))
def test_choosing_again_does_not_depend_on_what_was_chosen_before(pair, rate):
    first = chosen_from(*pair)
    np.testing.assert_array_equal(
        first.at(sensitivity=0.3).at(rate=rate).boundaries,
        first.at(rate=rate).boundaries,
    )


def test_provenance_names_the_last_choice_and_keeps_the_other_settings():
    segmentation = chosen_from([1.0], [0.5]).at(sensitivity=0.4)
    assert segmentation.provenance.settings == {"channel": "mix", "sensitivity": 0.4}
    assert segmentation.at(rate=3).provenance.settings == {"channel": "mix", "rate": 3.0}


def test_a_recording_may_begin_anywhere():
    segmentation = Segmentation([-1.5, 0.0], 4.0, start=-3)
    assert [one[:2] for one in segmentation] == [(-3.0, -1.5), (-1.5, 0.0), (0.0, 1.0)]
    assert [segmentation[i][:3] for i in range(3)] == [one[:3] for one in segmentation]
    assert (segmentation.start, segmentation.end, segmentation.duration) == (-3.0, 1.0, 4.0)
    assert segmentation.without_labels().start == -3.0
    for boundary in (-3.0, 1.0, 2.0):
        with pytest.raises(ConfigurationError, match=r"outside the recording \(-3 to 1\.0 s, ends excluded\)"):
            Segmentation([boundary], 4.0, start=-3)
    with pytest.raises(ConfigurationError, match=r"start is nan s\. Give seconds"):
        Segmentation([], 4.0, start=float("nan"))


def test_at_wants_one_of_the_two_and_candidates():
    segmentation = chosen_from([1.0], [0.5])
    with pytest.raises(
        ConfigurationError, match=r"^give sensitivity \(0 to 1\) or rate \(boundaries per second of speech\)\.$"
    ):
        segmentation.at()
    with pytest.raises(ConfigurationError, match=r"^sensitivity and rate are both given\. Give one of them\.$"):
        segmentation.at(sensitivity=0.5, rate=3)
    with pytest.raises(ConfigurationError, match="no candidates"):
        Segmentation([1.0], 2.0).at(sensitivity=0.5)


def test_choosing_again_forgets_labels_since_they_named_other_segments():
    candidates = Candidates(np.array([1.0]), np.array([0.9]), 0.5, 1.0)
    labelled = Segmentation([0.5], 2.0, labels=["a", "b"], candidates=candidates)
    assert labelled.at(sensitivity=0.5).labels is None


@given(times_and_prominences)
def test_all_segments_are_the_segments_one_by_one(pair):
    segmentation = chosen_from(*pair)
    one_by_one = [segmentation[i] for i in range(len(segmentation))]
    assert list(map(repr, segmentation)) == list(map(repr, one_by_one)) == list(map(repr, segmentation[:]))


@given(times_and_prominences)
def test_intervals_tile_the_recording(pair):
    segmentation = Segmentation(pair[0], 10.0)
    starts, ends, labels = zip(*segmentation.intervals(), strict=True)
    assert starts[0] == 0
    assert ends[-1] == 10.0
    assert starts[1:] == ends[:-1] == tuple(pair[0])
    assert labels == tuple(str(i) for i in range(1, len(segmentation) + 1))


def test_labels_name_the_intervals():
    segmentation = Segmentation([0.5, 0.7], 1.0, labels=["a", "", "b"])
    assert list(segmentation.intervals()) == [(0.0, 0.5, "a"), (0.5, 0.7, ""), (0.7, 1.0, "b")]
    assert len(segmentation) == 3


def test_scores_left_out_are_nan():
    assert np.isnan(Segmentation([0.5, 0.7], 1.0).scores).tolist() == [True, True]


def test_an_empty_recording_is_one_empty_segment():
    assert list(Segmentation([], 0.0).intervals()) == [(0.0, 0.0, "1")]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"boundaries": [0.5, 0.5]}, "strictly increasing"),
        ({"boundaries": [0.6, 0.5]}, "strictly increasing"),
        ({"boundaries": [0.5, np.nan]}, "finite"),
        ({"boundaries": [np.inf]}, "finite"),
        ({"boundaries": [0.0]}, "outside the recording"),
        ({"boundaries": [1.0]}, "outside the recording"),
        ({"boundaries": [-0.1]}, "outside the recording"),
        ({"boundaries": [8000.0]}, "in samples or milliseconds"),
        ({"boundaries": [[0.5]]}, "scores for"),
        ({"boundaries": [0.5], "scores": [1, 2]}, "scores for"),
        ({"boundaries": [], "duration": -1.0}, "duration is -1.0"),
        ({"boundaries": [], "duration": np.nan}, "duration is nan"),
        ({"boundaries": [0.5], "labels": ["one"]}, "1 labels for 2 segments"),
    ],
)
def test_what_is_no_segmentation_is_refused(arguments, reason):
    with pytest.raises(ConfigurationError, match=reason):
        Segmentation(**{"duration": 1.0, **arguments})


def test_nothing_given_is_changed_and_nothing_held_can_be():
    times, scores = np.array([0.2, 0.4]), np.array([0.5, 0.6])
    candidates = Candidates(times, scores, 0.5, 1.0)
    segmentation = Segmentation(times, 1.0, scores, candidates=candidates)
    times[0], scores[0] = 0.3, 0.1
    assert segmentation.boundaries.tolist() == candidates.times.tolist() == [0.2, 0.4]
    assert segmentation.scores.tolist() == candidates.prominences.tolist() == [0.5, 0.6]
    for held in (segmentation.boundaries, segmentation.scores, candidates.times, candidates.prominences):
        with pytest.raises(ValueError, match="read-only"):
            held[0] = 0.1
    with pytest.raises(FrozenInstanceError):
        segmentation.duration = 3.0


@given(st.lists(st.floats(0.001, 9.999), unique=True, max_size=20), st.booleans())
def test_a_segmentation_is_a_sequence_of_its_segments(times, labelled):
    boundaries = np.array(sorted(times))
    labels = [f"s{i}" for i in range(len(times) + 1)] if labelled else None
    seg = Segmentation(boundaries, 10.0, scores=np.linspace(0.1, 0.9, len(times)), labels=labels)
    assert [segment[:3] for segment in seg] == list(seg.intervals())
    assert len(list(seg)) == len(seg)
    assert np.isnan(seg[0].score)
    assert [segment.score for segment in seg[1:]] == seg.scores.tolist()
    assert [seg[i][:3] for i in range(len(seg))] == [segment[:3] for segment in seg]
    assert seg[-1].end == 10.0
    assert [segment.start for segment in reversed(seg)] == [segment.start for segment in list(seg)[::-1]]
    with pytest.raises(IndexError):
        seg[len(seg)]
