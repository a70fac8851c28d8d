"""Candidates for boundaries, and the choice among them."""

from __future__ import annotations

import numpy as np
import pytest
from choices import chosen_from, times_and_prominences
from hypothesis import given, strategies as st

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates, Choice


@given(times_and_prominences, st.floats(0, 1), st.floats(0, 1))
def test_what_is_kept_at_one_sensitivity_is_kept_at_a_higher_one(pair, one, other):
    candidates = Candidates(np.array(pair[0]), np.array(pair[1]), 0.5, 5.0)
    lower, higher = sorted([one, other])
    assert np.all(candidates.chosen(Choice(lower)) <= candidates.chosen(Choice(higher)))


@given(times_and_prominences)
def test_sensitivity_one_keeps_all_and_one_half_those_from_the_operating_point(pair):
    candidates = Candidates(np.array(pair[0]), np.array(pair[1]), 0.5, 5.0)
    assert candidates.chosen(Choice(1)).all()
    assert candidates.chosen(Choice(0.5)).tolist() == [prominence >= 0.5 for prominence in pair[1]]


def test_sensitivity_moves_the_number_of_boundaries_evenly_to_either_side_of_the_operating_point():
    prominences = np.concatenate([np.linspace(0.9, 0.99, 100), np.linspace(0.01, 0.02, 40)])
    candidates = Candidates(np.arange(1.0, 141.0), prominences, 0.5, 5.0)
    counts = [candidates.chosen(Choice(s)).sum() for s in (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1)]
    assert counts == [0, 20, 50, 100, 120, 132, 140]


@given(times_and_prominences, st.floats(0, 20), st.floats(0, 10))
def test_a_rate_keeps_that_many_of_the_most_prominent(pair, rate, speech_seconds):
    times, prominences = pair
    kept = Candidates(np.array(times), np.array(prominences), 0.5, speech_seconds).chosen(Choice(rate=rate))
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


@given(times_and_prominences, st.floats(0, 1))
def test_the_least_prominence_divides_what_is_kept_from_what_is_not(pair, sensitivity):
    candidates = Candidates(np.array(pair[0]), np.array(pair[1]), 0.5, 5.0)
    kept = candidates.chosen(Choice(sensitivity))
    least = candidates.least_prominence(kept)
    if sensitivity == 0.5:
        assert least == 0.5
    if least is None:
        assert not kept.any()
    else:
        assert np.all(candidates.prominences[kept] >= least)
        assert np.all(candidates.prominences[~kept] <= least)


def test_there_is_no_least_prominence_where_something_else_chose():
    candidates = Candidates(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.3, 0.6]), 0.5, 5.0)
    assert candidates.least_prominence(np.array([True, False, True])) is None
    assert candidates.least_prominence(np.array([False, True, True])) == 0.3
