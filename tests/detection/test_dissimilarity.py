"""Frames -> curve, against the slow definition."""

from __future__ import annotations

import math

import numpy as np
import oracle_curve
import pytest
from hypothesis import given, strategies as st

from phonseg.detection.dissimilarity import LeftRightContrast, PrecomputedCurve, cosine, euclidean
from phonseg.errors import ConfigurationError
from phonseg.timeline.grid import FrameGrid, Frames

GRID = FrameGrid(16_000, hop=160, window=512)
lag_sets = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple)


def slow_euclidean(left: np.ndarray, right: np.ndarray) -> float:
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(left, right, strict=True)))


def slow_cosine(left: np.ndarray, right: np.ndarray) -> float:
    lengths = math.sqrt(sum(left**2)) * math.sqrt(sum(right**2))
    return 1 - sum(left * right) / lengths if lengths else 0.0


def random_values(n: int, dimensions: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dimensions)).astype(np.float32)


@pytest.mark.parametrize(("distance", "slow"), [(euclidean, slow_euclidean), (cosine, slow_cosine)])
@given(n=st.integers(0, 20), lags=lag_sets, seed=st.integers(0, 99))
def test_contrast_is_what_it_is_defined_to_be(distance, slow, n, lags, seed):
    values = random_values(n, 3, seed)
    curve = LeftRightContrast(distance, lags)(Frames(values, GRID))
    expected = oracle_curve.left_right_contrast(values.astype(np.float64), slow, lags)
    np.testing.assert_allclose(curve.values, expected, atol=2e-5)
    assert curve.values.dtype == np.float32
    assert curve.grid == GRID


@pytest.mark.parametrize("distance", [euclidean, cosine])
@given(n=st.integers(2, 20), lags=lag_sets, seed=st.integers(0, 99))
def test_time_reversed_the_curve_is_the_same_reversed(distance, n, lags, seed):
    values = random_values(n, 3, seed)
    contrast = LeftRightContrast(distance, lags)
    forwards, backwards = (contrast(Frames(v, GRID)).values for v in (values, values[::-1]))
    np.testing.assert_allclose(backwards[1:], forwards[:0:-1], atol=2e-5)


@given(lags=lag_sets, join=st.integers(8, 22))
def test_a_jump_is_highest_where_it_is_and_as_high_as_it_is(lags, join):
    values = np.zeros((30, 2), np.float32)
    values[join:] = [3, 4]
    curve = LeftRightContrast(euclidean, lags)(Frames(values, GRID)).values
    assert curve.argmax() == join
    assert curve[join] == pytest.approx(5)
    assert np.flatnonzero(curve).tolist() == list(range(join - max(lags) + 1, join + max(lags)))


@given(lags=lag_sets, seed=st.integers(0, 99))
def test_a_value_depends_on_no_frame_beyond_the_reach(lags, seed):
    values = random_values(30, 3, seed)
    contrast = LeftRightContrast(euclidean, lags)
    chunk = contrast(Frames(values[5:25], GRID)).values
    whole = contrast(Frames(values, GRID)).values[5:25]
    inside = slice(contrast.reach, 20 - contrast.reach)
    np.testing.assert_array_equal(chunk[inside], whole[inside])


def test_frames_of_nothing_have_no_angle():
    zero, some = np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)
    assert cosine(zero, some).tolist() == cosine(some, zero).tolist() == cosine(zero, zero).tolist() == [0, 0]


def test_opposite_frames_are_furthest_apart():
    np.testing.assert_allclose(cosine(np.float32([[1, 2]]), np.float32([[-2, -4]])), [2], rtol=1e-6)


@pytest.mark.parametrize("lags", [(), (0,), (2, -1)])
def test_lags_that_are_none_are_refused(lags):
    with pytest.raises(ConfigurationError, match="lags"):
        LeftRightContrast(euclidean, lags)


def test_reach_is_the_largest_lag():
    assert LeftRightContrast(euclidean, (2, 5, 3)).reach == 5
    assert PrecomputedCurve().reach == 0


def test_frames_of_one_value_are_a_curve_as_they_are():
    values = random_values(7, 1, 0)
    curve = PrecomputedCurve()(Frames(values, GRID))
    assert curve.values.tolist() == values[:, 0].tolist()
    assert curve.grid == GRID


def test_frames_of_several_values_are_no_curve():
    with pytest.raises(ConfigurationError, match="frames of 2 values are no curve"):
        PrecomputedCurve()(Frames(random_values(7, 2, 0), GRID))


def test_frames_are_not_changed():
    values = random_values(9, 2, 0)
    values.setflags(write=False)
    before = values.copy()
    LeftRightContrast(cosine, (1, 2))(Frames(values, GRID))
    np.testing.assert_array_equal(values, before)
