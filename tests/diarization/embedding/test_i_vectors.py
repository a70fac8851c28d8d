"""Cepstra -> i-vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from phonseg.diarization.embedding import i_vectors as module
from phonseg.diarization.embedding.i_vectors import (
    LEAST_VARIANCE,
    Factors,
    Mixture,
    WindowStatistics,
    fit_factors,
    fit_mixture,
    window_statistics,
)


def mixture(gaussians: int = 3, dimensions: int = 4, seed: int = 0) -> Mixture:
    generator = np.random.default_rng(seed)
    weights = generator.uniform(0.5, 1, gaussians)
    shape = gaussians, dimensions
    return Mixture(weights / weights.sum(), generator.normal(0, 3, shape), generator.uniform(0.5, 2, shape))


def log_densities(of: Mixture, values: np.ndarray) -> np.ndarray:
    """(T, C) log densities, weights included."""
    parts = [
        np.log(weight) + multivariate_normal(mean, np.diag(variances)).logpdf(values)
        for weight, mean, variances in zip(of.weights, of.means, of.variances, strict=True)
    ]
    return np.stack(parts, axis=1)


def drawn(of: Mixture, count: int, seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    which = generator.choice(len(of.weights), count, p=of.weights)
    return of.means[which] + generator.normal(size=(count, of.means.shape[1])) * np.sqrt(of.variances[which])


def test_posteriors_are_shares_of_the_densities():
    one = mixture()
    values = drawn(one, 50)
    logs = log_densities(one, values)
    np.testing.assert_allclose(one.posteriors(values), np.exp(logs - logsumexp(logs, axis=1, keepdims=True)), atol=1e-9)


def test_posteriors_of_values_that_are_far_from_everything_are_shares_too():
    found = mixture().posteriors(np.array([[1e4, -1e4, 1e4, 0.0]]))
    assert found.sum() == pytest.approx(1)
    assert np.isfinite(found).all()


def test_each_round_raises_the_likelihood_and_known_gaussians_are_found(monkeypatch):
    true = Mixture(np.array([0.6, 0.4]), np.array([[-4.0, 0], [4, 1]]), np.array([[1.0, 0.5], [0.5, 2]]))
    values = drawn(true, 1_500)
    likelihoods, fitted = [], None
    for rounds in range(1, 9):
        monkeypatch.setattr(module, "MIXTURE_ROUNDS", rounds)
        fitted = fit_mixture(values, 2, np.random.default_rng(3))
        likelihoods.append(logsumexp(log_densities(fitted, values), axis=1).mean())
    assert (np.diff(likelihoods) > -1e-4).all()
    assert likelihoods[-1] > likelihoods[0]
    order = np.argsort(fitted.means[:, 0])
    np.testing.assert_allclose(fitted.weights[order], true.weights, atol=0.05)
    np.testing.assert_allclose(fitted.means[order], true.means, atol=0.2)
    np.testing.assert_allclose(fitted.variances[order], true.variances, atol=0.3)


def test_no_variance_falls_below_its_share_of_that_of_everything():
    values = np.repeat(np.random.default_rng(0).normal(size=(4, 3)), 5, axis=0)  # a Gaussian could sit on each point
    fitted = fit_mixture(values, 8, np.random.default_rng(1))
    assert (fitted.variances >= LEAST_VARIANCE * values.var(axis=0) * (1 - 1e-9)).all()
    assert (fitted.weights > 0).all()
    assert fitted.weights.sum() == pytest.approx(1)


def test_statistics_are_those_of_each_window_alone():
    one, windows = mixture(), np.array([[0, 5], [3, 9], [9, 10]])
    values = drawn(one, 10)
    found = window_statistics(one, values, windows)
    likely = one.posteriors(values)
    for row, (first, end) in enumerate(windows):
        for gaussian, mean in enumerate(one.means):
            shares = likely[first:end, gaussian]
            assert found.counts[row, gaussian] == pytest.approx(shares.sum())
            np.testing.assert_allclose(
                found.sums[row, gaussian], (shares[:, None] * (values[first:end] - mean)).sum(axis=0), atol=1e-9
            )
    assert window_statistics(one, values, windows[:0]).sums.shape == (0, *one.means.shape)


def slow_i_vector(factors: Factors, counts: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """The most likely factors of one window: (1 + sum of N T' S T) ^ -1 (sum of T' S F), a Gaussian at a time."""
    rank = factors.loadings.shape[2]
    precision, vector = np.eye(rank), np.zeros(rank)
    for count, some, loadings, variances in zip(counts, sums, factors.loadings, factors.mixture.variances, strict=True):
        precision += count * loadings.T @ np.diag(1 / variances) @ loadings
        vector += loadings.T @ np.diag(1 / variances) @ some
    return np.linalg.solve(precision, vector)


def test_i_vectors_are_those_of_the_formula_for_each_window(monkeypatch):
    generator = np.random.default_rng(0)
    factors = Factors(mixture(), generator.normal(size=(3, 4, 2)))
    statistics = WindowStatistics(generator.uniform(0, 9, (7, 3)), generator.normal(size=(7, 3, 4)))
    monkeypatch.setattr(module, "BLOCK", 3)  # so that there are several blocks, the last not full
    expected = [slow_i_vector(factors, *row) for row in zip(statistics.counts, statistics.sums, strict=True)]
    np.testing.assert_allclose(factors.i_vectors(statistics), expected, atol=1e-9)
    none = WindowStatistics(statistics.counts[:0], statistics.sums[:0])
    assert factors.i_vectors(none).shape == (0, 2)


def test_factors_of_a_known_model_are_recovered(monkeypatch):
    """Each recording moves all means along two directions; the frames tell which, and where it lies on them."""
    monkeypatch.setattr(module, "FRAME_WEIGHT", 1.0)  # the frames made here do not resemble each other
    monkeypatch.setattr(module, "FACTOR_ROUNDS", 25)
    generator = np.random.default_rng(5)
    one = replace(mixture(seed=2), variances=np.ones((3, 4)))
    loadings, truth = generator.normal(size=(3, 4, 2)), generator.normal(size=(120, 2))
    counts = generator.uniform(20, 60, (120, 3))
    shifts = np.einsum("cdr,nr->ncd", loadings, truth)
    sums = counts[:, :, None] * shifts + np.sqrt(counts)[:, :, None] * generator.normal(size=(120, 3, 4))
    statistics = WindowStatistics(counts, sums)
    factors = fit_factors(one, statistics, 2, np.random.default_rng(0))
    found = factors.i_vectors(statistics)
    rotation, *_ = np.linalg.lstsq(found, truth, rcond=None)  # factors are known up to a rotation
    assert np.abs(found @ rotation - truth).mean() < 0.1
    between = np.einsum("cdr,Cer->cdCe", loadings, loadings)  # what no rotation changes
    learnt = np.einsum("cdr,Cer->cdCe", factors.loadings, factors.loadings)
    assert np.abs(learnt - between).mean() < 0.15 * np.abs(between).mean() + 0.1
    np.testing.assert_allclose(found.var(axis=0).mean(), 1, atol=0.3)  # the variance of a factor is 1
