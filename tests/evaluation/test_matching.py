"""The pairing against the Hungarian algorithm, which is slow, dense and right; and how long hostile input takes."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from phonseg.errors import ConfigurationError
from phonseg.evaluation.matching import SLACK, are_near, count_near, matched_pairs, most_pairs

Times = NDArray[np.float64]

# In any order of distance, close together or far apart, and often the same time twice.
times = st.one_of(
    st.lists(st.floats(0.001, 0.2), max_size=20),
    st.lists(st.floats(0.001, 3), max_size=20),
    st.lists(st.integers(1, 30).map(lambda n: n / 100), max_size=20),
).map(lambda seconds: np.array(sorted(seconds)))
tolerances = st.sampled_from([0.0, 0.005, 0.01, 0.02, 0.05, 0.2])


def best_pairs(reference: Times, predicted: Times, reach: float) -> NDArray[np.intp]:
    """The most pairs, and of those the ones with the smallest total distance, chosen among all pairs at once."""
    distance = np.abs(predicted - reference[:, None])
    cost = np.where(distance <= reach, distance - reach * (1 + min(distance.shape)), 0.0)
    left, right = linear_sum_assignment(cost)
    made = cost[left, right] < 0
    return np.stack([left[made], right[made]], axis=1)


def total(pairs: NDArray[np.intp], reference: Times, predicted: Times) -> float:
    return float(np.abs(reference[pairs[:, 0]] - predicted[pairs[:, 1]]).sum())


@given(times, times, tolerances)
def test_as_many_pairs_as_possible_with_the_smallest_total_distance(
    reference: Times, predicted: Times, tolerance: float
) -> None:
    pairs = matched_pairs(reference, predicted, tolerance=tolerance)
    expected = best_pairs(reference, predicted, tolerance + SLACK)
    assert len(pairs) == len(expected) == most_pairs(reference, predicted, tolerance + SLACK)
    assert total(pairs, reference, predicted) == pytest.approx(total(expected, reference, predicted), abs=1e-12)
    assert np.all(np.diff(pairs, axis=0) > 0)  # none is used twice, and none cross
    assert np.all(np.abs(reference[pairs[:, 0]] - predicted[pairs[:, 1]]) <= tolerance + SLACK)


@given(times, times, tolerances)
def test_what_is_near_has_another_within_reach(some: Times, others: Times, reach: float) -> None:
    near = [any(abs(other - time) <= reach for other in others) for time in some]
    assert are_near(some, others, reach).tolist() == near
    assert count_near(some, others, reach) == sum(near)


@pytest.mark.parametrize(("tolerance", "seconds"), [(0.02, 2.0), (0.05, 2.0), (0.05, 0.5), (0.05, 0.01)])
def test_boundaries_microseconds_apart_are_paired_soon_or_refused(tolerance: float, seconds: float) -> None:
    reference, predicted = np.sort(np.random.default_rng(0).uniform(0, seconds, (2, 40_000)))
    began = time.perf_counter()
    if seconds == 2:
        assert len(matched_pairs(reference, predicted, tolerance=tolerance)) > 39_000
    else:
        with pytest.raises(ConfigurationError, match="lie too close together to be paired"):
            matched_pairs(reference, predicted, tolerance=tolerance)
    assert most_pairs(reference, predicted, tolerance) > 39_000
    assert count_near(reference, predicted, tolerance) == 40_000
    assert time.perf_counter() - began < 10  # on a machine that does other things
