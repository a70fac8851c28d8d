"""Where frames lie in time, candidates for boundaries, and segmentations."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonseg.errors import ConfigurationError
from phonseg.timeline import Candidates, Curve, FrameGrid, Provenance, Segmentation

grids = st.builds(
    FrameGrid,
    sample_rate=st.integers(1, 96_000),
    hop=st.integers(1, 500),
    window=st.integers(1, 2000),
    origin=st.integers(-10_000, 10_000),
)
# (times, prominences), as many of the one as of the other.
times_and_prominences = st.lists(
    st.tuples(st.floats(0.001, 9.999), st.floats(0, 1)), unique_by=lambda pair: pair[0], max_size=30
).map(lambda pairs: tuple(map(list, zip(*sorted(pairs), strict=True))) if pairs else ([], []))


def chosen_from(times: list[float], prominences: list[float], speech_seconds: float = 5.0) -> Segmentation:
    provenance = Provenance("1", "a model", "abc", {"channel": "mix"})
    candidates = Candidates(np.array(times), np.array(prominences), 0.5, speech_seconds)
    return Segmentation(np.zeros(0), 10.0, provenance=provenance, candidates=candidates)


# FrameGrid


@given(grid=grids, n_samples=st.integers(0, 3000))
def test_count_is_the_number_of_whole_frames(grid, n_samples):
    whole = [i for i in range(n_samples) if i * grid.hop + grid.window <= n_samples]
    assert grid.count(n_samples) == len(whole)


@given(grid=grids, count=st.integers(0, 1000))
def test_n_samples_is_the_least_that_holds_so_many_frames(grid, count):
    n_samples = grid.n_samples(count)
    assert grid.count(n_samples) == count
    assert grid.count(max(0, n_samples - 1)) == max(0, count - 1)


@given(grid=grids, frame=st.integers(-100, 10_000))
def test_the_centre_of_a_frame_is_midway_between_its_ends(grid, frame):
    start = grid.origin + frame * grid.hop
    assert grid.centre(frame) == pytest.approx((start + start + grid.window) / 2 / grid.sample_rate)


@given(grid=grids, frame=st.integers(-100, 10_000))
def test_a_boundary_lies_midway_between_the_centres_of_its_frames(grid, frame):
    assert grid.boundary(frame) == pytest.approx((grid.centre(frame - 1) + grid.centre(frame)) / 2)


@given(grid=grids, samples=st.integers(-5000, 5000))
def test_a_moved_grid_has_everything_later(grid, samples):
    frames = np.arange(5)
    np.testing.assert_allclose(grid.moved(samples).centre(frames), grid.centre(frames) + samples / grid.sample_rate)


def test_conversions_work_on_whole_arrays():
    grid = FrameGrid(1000, hop=10, window=30, origin=-5)
    np.testing.assert_allclose(grid.boundary([0, 1, 2]), [0.005, 0.015, 0.025])
    np.testing.assert_allclose(Curve(np.zeros(3, np.float32), grid).times(), [0.005, 0.015, 0.025])


@pytest.mark.parametrize("name", ["sample_rate", "hop", "window"])
def test_a_grid_of_nothing_is_refused(name):
    with pytest.raises(ConfigurationError, match=f"{name} is 0"):
        FrameGrid(**{"sample_rate": 1, "hop": 1, "window": 1, name: 0})


# Candidates


@given(times_and_prominences, st.floats(0, 1), st.floats(0, 1))
def test_what_is_kept_at_one_sensitivity_is_kept_at_a_higher_one(pair, one, other):
    candidates = Candidates(np.array(pair[0]), np.array(pair[1]), 0.5, 5.0)
    lower, higher = sorted([one, other])
    assert np.all(candidates.by_sensitivity(lower) <= candidates.by_sensitivity(higher))


@given(times_and_prominences)
def test_sensitivity_one_keeps_all_and_one_half_those_from_the_operating_point(pair):
    candidates = Candidates(np.array(pair[0]), np.array(pair[1]), 0.5, 5.0)
    assert candidates.by_sensitivity(1).all()
    assert candidates.by_sensitivity(0.5).tolist() == [prominence >= 0.5 for prominence in pair[1]]


def test_sensitivity_moves_the_number_of_boundaries_evenly_to_either_side_of_the_operating_point():
    prominences = np.concatenate([np.linspace(0.9, 0.99, 100), np.linspace(0.01, 0.02, 40)])
    candidates = Candidates(np.arange(1.0, 141.0), prominences, 0.5, 5.0)
    counts = [candidates.by_sensitivity(s).sum() for s in (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1)]
    assert counts == [0, 20, 50, 100, 120, 132, 140]


@given(times_and_prominences, st.floats(0, 20), st.floats(0, 10))
def test_a_rate_keeps_that_many_of_the_most_prominent(pair, rate, speech_seconds):
    times, prominences = pair
    kept = Candidates(np.array(times), np.array(prominences), 0.5, speech_seconds).by_rate(rate)
    assert kept.sum() == min(len(times), round(rate * speech_seconds))
    best = sorted(prominences, reverse=True)[: kept.sum()]
    assert sorted(np.array(prominences)[kept], reverse=True) == best


@given(st.lists(st.floats(0, 100), max_size=20), st.floats(0.001, 10))
def test_scores_rise_from_0_to_1_and_pass_one_half_at_the_threshold(prominences, threshold):
    found = Candidates(np.arange(len(prominences)), np.array(prominences), threshold, 1.0).scores
    assert ((found >= 0) & (found < 1)).all()
    assert (found[np.array(prominences) >= threshold] >= 0.5).all()
    assert (found[np.array(prominences) < threshold * (1 - 1e-9)] < 0.5).all()
    assert np.all(np.diff(found[np.argsort(prominences)]) >= 0)
    assert Candidates(np.array([1.0]), np.array([threshold]), threshold, 1.0).scores.tolist() == [0.5]


@pytest.mark.parametrize("sensitivity", [-0.01, 1.01, np.nan])
def test_a_sensitivity_outside_its_range_is_refused(sensitivity):
    with pytest.raises(ConfigurationError, match=r"sensitivity is .* from 0 to 1"):
        chosen_from([1], [0.5]).at(sensitivity=sensitivity)


@pytest.mark.parametrize("rate", [-1, np.nan, np.inf])
def test_a_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ConfigurationError, match=r"rate is .* 0 or more"):
        chosen_from([1], [0.5]).at(rate=rate)


def test_candidates_need_a_prominence_each():
    with pytest.raises(ConfigurationError, match="candidates"):
        Candidates(np.array([1.0, 2.0]), np.array([0.5]), 0.5, 1.0)


# Segmentation


@given(times_and_prominences, st.floats(0, 1))
def test_at_takes_times_and_prominences_of_what_is_kept(pair, sensitivity):
    segmentation = chosen_from(*pair).at(sensitivity=sensitivity)
    kept = segmentation.candidates.by_sensitivity(sensitivity)
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


def test_at_wants_one_of_the_two_and_candidates():
    segmentation = chosen_from([1.0], [0.5])
    with pytest.raises(ConfigurationError, match="either sensitivity"):
        segmentation.at()
    with pytest.raises(ConfigurationError, match="either sensitivity"):
        segmentation.at(sensitivity=0.5, rate=3)
    with pytest.raises(ConfigurationError, match="no candidates"):
        Segmentation([1.0], 2.0).at(sensitivity=0.5)


def test_choosing_again_forgets_labels_since_they_named_other_segments():
    candidates = Candidates(np.array([1.0]), np.array([0.9]), 0.5, 1.0)
    labelled = Segmentation([0.5], 2.0, labels=["a", "b"], candidates=candidates)
    assert labelled.at(sensitivity=0.5).labels is None


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
