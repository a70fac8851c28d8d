"""Windows and a first guess -> who speaks in each."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.special import logsumexp

from phonseg.diarization import hidden_markov_model as module
from phonseg.diarization.hidden_markov_model import (
    ACOUSTIC_SHARE,
    FIRST_CERTAINTY,
    STAYING,
    _smoothed,
    speakers_of_windows,
)


def every_path(logs: np.ndarray, shares: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The evidence, the posteriors and the expected shares, by going along every path of speakers.

    A path begins, and begins anew with the probability 1 - STAYING after each window, with a speaker drawn by shares.
    """
    n, speakers = logs.shape
    total, posteriors, counts = -np.inf, np.full((n, speakers), -np.inf), np.full(speakers, -np.inf)
    for path in product(range(speakers), repeat=n):
        for anew in product([False, True], repeat=n - 1):
            weight = np.log(shares[path[0]]) + logs[0, path[0]]
            for i, fresh in enumerate(anew, start=1):
                if not fresh and path[i] != path[i - 1]:
                    weight = -np.inf
                    break
                weight += np.log(1 - STAYING) + np.log(shares[path[i]]) if fresh else np.log(STAYING)
                weight += logs[i, path[i]]
            total = np.logaddexp(total, weight)
            posteriors[range(n), path] = np.logaddexp(posteriors[range(n), path], weight)
            for drawn in (path[0], *(path[i] for i, fresh in enumerate(anew, start=1) if fresh)):
                counts[drawn] = np.logaddexp(counts[drawn], weight)
    return float(total), np.exp(posteriors - total), np.exp(counts - logsumexp(counts))


@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_smoothing_is_the_sum_over_all_paths(n, speakers, seed):
    generator = np.random.default_rng(seed)
    logs = generator.normal(0, 3, (n, speakers))
    shares = generator.dirichlet(np.ones(speakers))
    evidence, posteriors, new = _smoothed(logs, shares)
    expected = every_path(logs, shares)
    assert evidence == pytest.approx(expected[0], abs=1e-8)
    np.testing.assert_allclose(posteriors, expected[1], atol=1e-8)
    np.testing.assert_allclose(new, expected[2], atol=1e-8)


def test_a_speaker_without_a_share_still_gets_a_window_that_fits_nobody_else():
    logs = np.array([[0.0, -1e6], [-1e6, 0.0], [0.0, -1e6], [0.0, -1e6]])
    evidence, posteriors, shares = _smoothed(logs, np.array([1.0, 0.0]))
    np.testing.assert_allclose(posteriors, [[1, 0], [0, 1], [1, 0], [1, 0]], atol=1e-9)
    assert np.isfinite(evidence)
    assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_a_round_weighs_windows_by_the_speakers_that_the_guess_makes_likely(monkeypatch, seed):
    """The expected log densities of windows, over what the guess tells of the point of each speaker."""
    monkeypatch.setattr(module, "ROUNDS", 1)
    generator = np.random.default_rng(seed)
    projected, between, cost = generator.normal(0, 2, (5, 3)), np.array([4.0, 1.0, 0.2]), 3.0
    guess = np.array([0, 0, 1, 1, 0])
    found = speakers_of_windows(projected, between, guess, cost)
    likely = np.where(guess[:, None] == np.arange(2), np.exp(FIRST_CERTAINTY), 1.0)
    likely /= likely.sum(axis=1, keepdims=True)
    logs = np.zeros((5, 2))
    for speaker in range(2):
        for k, scale in enumerate(np.sqrt(between)):  # a window is scale * y + noise, and y has the variance 1
            weight = ACOUSTIC_SHARE / cost * likely[:, speaker]
            precision = 1 + (weight * scale**2).sum()
            mean = (weight * scale * projected[:, k]).sum() / precision
            logs[:, speaker] -= ((projected[:, k] - scale * mean) ** 2 + scale**2 / precision) / 2
    _, posteriors, shares = every_path(ACOUSTIC_SHARE * logs, np.array([0.5, 0.5]))
    np.testing.assert_allclose(found.speakers, posteriors, atol=1e-8)
    np.testing.assert_allclose(found.shares, shares, atol=1e-8)


@given(st.integers(1, 40), st.integers(1, 5), st.sampled_from([1.0, 100.0, 1e4]), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_the_model_gives_probabilities_for_any_windows(n, speakers, scale, seed):
    generator = np.random.default_rng(seed)
    projected = scale * generator.normal(size=(n, 3))
    first = generator.integers(0, speakers, n)
    found = speakers_of_windows(projected, np.array([50.0, 1.0, 1e-3]), first)
    assert found.speakers.shape == (n, first.max() + 1)
    np.testing.assert_allclose(found.speakers.sum(axis=1), 1)
    assert found.shares.sum() == pytest.approx(1)
    assert (found.speakers >= 0).all()
    assert (found.shares >= 0).all()


BETWEEN = np.full(4, 30.0)


def windows_of(points: np.ndarray, who: np.ndarray, seed: int = 0) -> np.ndarray:
    return points[who] + np.random.default_rng(seed).normal(size=(len(who), points.shape[1]))


POINTS = np.array([[12.0, 0, 0, 0], [-12, 0, 0, 0], [0, 12, 0, 0]])


def test_speakers_who_lie_far_apart_are_found_although_the_first_guess_errs():
    who = np.repeat([0, 1, 2, 0], 15)
    guess = who.copy()
    guess[::5] = (guess[::5] + 1) % 3  # every fifth is wrong
    found = speakers_of_windows(windows_of(POINTS, who), BETWEEN, guess).speakers
    assert found.argmax(axis=1).tolist() == who.tolist()
    assert (found.max(axis=1) > 0.9).all()


def test_a_speaker_whom_nobody_needs_vanishes():
    who = np.zeros(40, np.int64)
    guess = np.arange(40) % 2  # two clusters of windows that are one speaker's
    found = speakers_of_windows(windows_of(POINTS, who), BETWEEN, guess)
    assert len(set(found.speakers.argmax(axis=1).tolist())) == 1
    assert found.shares.min() < 0.05


def test_a_single_window_goes_on_with_the_speaker_beside_it():
    who = np.zeros(21, np.int64)
    projected = windows_of(POINTS * 0.2, who)
    projected[10] = projected[10] * 0.3  # it fits both about equally well
    both = np.concatenate([projected, windows_of(-POINTS * 0.2, np.zeros(21, np.int64), seed=1)])
    found = speakers_of_windows(both, BETWEEN, np.repeat([0, 1], 21)).speakers
    assert found[10].argmax() == found[9].argmax() == found[11].argmax()


def test_one_window_has_one_speaker():
    found = speakers_of_windows(np.array([[3.0, -1.0]]), np.array([5.0, 1.0]), np.zeros(1, np.int64))
    assert found.speakers.tolist() == [[1.0]]
    assert found.shares.tolist() == [1.0]
    evidence, _, _ = _smoothed(np.array([[-3.0]]), np.array([1.0]))
    assert evidence == pytest.approx(-3.0)
