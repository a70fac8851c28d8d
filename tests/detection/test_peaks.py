"""Curve -> peaks, against the slow definition, and which of them are far enough apart."""

from __future__ import annotations

from time import process_time

import numpy as np
import oracle_curve
import pytest
from hypothesis import given, strategies as st
from scipy.signal import find_peaks

from phonseg.detection.peaks import SPAN_SECONDS, apart, candidate_peaks
from phonseg.timeline.grid import Curve, FrameGrid

COARSE = FrameGrid(16_000, hop=1600, window=3200)  # ten values a second, so that short curves reach beyond the span
REACH = round(SPAN_SECONDS / 2 * 10)
FINE = FrameGrid(16_000, hop=160, window=512)

# Few different values, so that there are plateaus and equal peaks.
levels = st.lists(st.integers(0, 5).map(float), max_size=60)
curves = levels | st.lists(st.floats(0, 1, width=32), max_size=60)
prominence_lists = st.lists(st.floats(0.001, 10), max_size=40)
# Whole seconds, so that distances are exact.
events = st.lists(st.integers(0, 100), unique=True, max_size=25).flatmap(
    lambda times: st.tuples(
        st.just(np.array(sorted(times), dtype=np.float64)),
        st.lists(st.integers(1, 8).map(float), min_size=len(times), max_size=len(times)).map(np.array),
    )
)


def as_curve(values: list[float], grid: FrameGrid = COARSE) -> Curve:
    return Curve(np.array(values, dtype=np.float32), grid)


# candidate_peaks


@given(curves)
def test_peaks_and_prominences_are_what_they_are_defined_to_be(values):
    times, prominences = candidate_peaks(as_curve(values))
    expected = oracle_curve.peaks(values, REACH)
    assert prominences.tolist() == pytest.approx([prominence for _, prominence in expected])
    offsets = [oracle_curve.vertex(*values[place - 1 : place + 2]) for place, _ in expected]
    places = np.array([place for place, _ in expected]) + offsets
    np.testing.assert_allclose(times, COARSE.boundary(places), atol=1e-6)


def test_prominence_is_measured_within_its_span():
    # The lower peak stands on a plain that only rises beyond the span, and falls to 0 beyond that.
    values = [0.0] + [1.0] * REACH + [3.0] + [1.0] * REACH + [0.0]
    assert candidate_peaks(as_curve(values))[1].tolist() == [2.0]
    assert candidate_peaks(as_curve([0.0, *values[2:-2], 0.0]))[1].tolist() == [3.0]


@given(st.lists(st.integers(0, 9) | st.floats(-1, 1, width=32), max_size=300))
def test_prominence_on_the_whole_curve_is_that_of_scipy_to_the_last_bit(values):
    _, prominences = candidate_peaks(as_curve(values), span=None)
    values = np.array(values, np.float32).astype(np.float64)
    assert prominences.tolist() == find_peaks(values, prominence=(None, None))[1]["prominences"].tolist()


@pytest.mark.parametrize("rises", [1, -1, 0])
def test_peaks_on_a_curve_of_hours_that_rises_all_along_are_measured_at_once(rises):
    n = 1_000_000
    values = rises * np.linspace(0, 1, n) + np.random.default_rng(0).random(n) * 1e-5
    begun = process_time()
    times, _ = candidate_peaks(Curve(values.astype(np.float32), FINE), span=None)
    assert len(times) > n / 10
    assert process_time() - begun < 10  # scipy takes an hour


@given(curves)
def test_without_a_span_prominence_is_measured_on_the_whole_curve(values):
    times, prominences = candidate_peaks(as_curve(values), span=None, sub_frame=False)
    expected = oracle_curve.peaks(values, len(values))
    assert prominences.tolist() == pytest.approx([prominence for _, prominence in expected])
    np.testing.assert_array_equal(times, COARSE.boundary([place for place, _ in expected]))


@given(vertex=st.floats(3, 30), sharpness=st.floats(0.01, 1))
def test_the_top_of_a_parabola_is_found_between_the_frames(vertex, sharpness):
    values = 5 - sharpness * (np.arange(34) - vertex) ** 2
    times, _ = candidate_peaks(Curve(values, FINE))
    np.testing.assert_allclose(times, [FINE.boundary(vertex)], rtol=0, atol=1e-7)


@given(curves)
def test_reversed_in_time_a_curve_has_the_same_peaks_reversed(values):
    # But on a plateau of an even number of values, whose middle lies between two of them.
    distinct = np.array(values) + np.linspace(0, 1e-3, len(values))
    forwards, backwards = (candidate_peaks(Curve(v, COARSE)) for v in (distinct, distinct[::-1]))
    ends = COARSE.boundary(0) + COARSE.boundary(len(values) - 1)
    np.testing.assert_allclose((ends - backwards[0])[::-1], forwards[0], atol=1e-9)
    np.testing.assert_allclose(backwards[1][::-1], forwards[1], atol=1e-9)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [1.0] * 9, list(range(9)), list(range(9, 0, -1))])
def test_what_never_falls_on_both_sides_has_no_peak(values):
    times, prominences = candidate_peaks(as_curve(values))
    assert len(times) == len(prominences) == 0


# apart


@given(events, st.integers(1, 30))
def test_the_strongest_drive_out_what_is_too_near(pair, gap):
    times, strengths = pair
    kept = apart(times, strengths, gap)
    expected: list[int] = []
    for peak in sorted(range(len(times)), key=lambda i: (-strengths[i], i)):
        if all(abs(times[peak] - times[other]) >= gap for other in expected):
            expected.append(peak)
    assert np.flatnonzero(kept).tolist() == sorted(expected)


@given(events, st.integers(1, 30))
def test_what_is_kept_is_apart_and_nothing_could_be_added(pair, gap):
    times, strengths = pair
    kept = apart(times, strengths, gap)
    assert np.all(np.diff(times[kept]) >= gap)
    for dropped in np.flatnonzero(~kept):
        near = kept & (np.abs(times - times[dropped]) < gap)
        assert strengths[near].max() >= strengths[dropped]


@given(events, st.integers(1, 30), st.floats(0, 9))
def test_the_choice_of_a_threshold_commutes_with_the_gap(pair, gap, threshold):
    times, strengths = pair
    kept = apart(times, strengths, gap)
    high = strengths >= threshold
    np.testing.assert_array_equal(apart(times[high], strengths[high], gap), kept[high])


def test_a_plateau_longer_than_the_span_is_no_peak():
    grid = FrameGrid(16_000, 160, 512)
    values = np.concatenate([np.zeros(20), np.full(400, 0.5), np.zeros(20), [1.0], np.zeros(5)])
    times, prominences = candidate_peaks(Curve(values.astype(np.float32), grid))
    assert times == pytest.approx(grid.boundary([440]))
    assert prominences.tolist() == [1.0]
    without = candidate_peaks(Curve(values.astype(np.float32), grid), span=None)[1]
    assert without.tolist() == [0.5, 1.0]
