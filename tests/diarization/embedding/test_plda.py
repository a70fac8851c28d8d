"""Embeddings and their classes -> a projection, and how likely two windows are of one speaker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import multivariate_normal

from phonseg.diarization.embedding.plda import DIMENSIONS, SHRINKAGE, fit_plda, same_speaker_scores

BETWEEN = np.array([9.0, 2.0, 0.3])


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 5))
@settings(max_examples=20)
def test_scores_are_the_ratio_of_the_likelihoods(seed, n, dimensions):
    generator = np.random.default_rng(seed)
    between = generator.uniform(1e-3, 20, dimensions)
    projected = generator.normal(0, 3, (n, dimensions))
    total, shared = np.diag(between + 1), np.diag(between)
    one = multivariate_normal(np.zeros(2 * dimensions), np.block([[total, shared], [shared, total]]))
    alone = multivariate_normal(np.zeros(dimensions), total)
    expected = [
        [one.logpdf(np.concatenate([x, y])) - alone.logpdf(x) - alone.logpdf(y) for y in projected] for x in projected
    ]
    np.testing.assert_allclose(same_speaker_scores(projected, between), expected, rtol=1e-6, atol=1e-6)


def made(classes: int, each: int, *, shift: float = 5.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings that are mixed from independent dimensions, their classes, and the mixing."""
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(3, 3)) + 2 * np.eye(3)
    points = generator.normal(size=(classes, 3)) * np.sqrt(BETWEEN)
    numbers = np.repeat(np.arange(classes), each)
    return (points[numbers] + generator.normal(size=(len(numbers), 3))) @ mixing + shift, numbers, mixing


def test_known_variances_are_recovered_and_the_variance_within_classes_is_1(monkeypatch):
    monkeypatch.setattr("phonseg.diarization.embedding.plda.SHRINKAGE", 0.0)
    embeddings, classes, _ = made(1_500, 6)
    plda = fit_plda(embeddings, classes)
    projected = (embeddings - plda.mean) @ plda.projection
    means = np.stack([projected[classes == k].mean(axis=0) for k in range(1_500)])
    rest = projected - means[classes]
    within = rest.T @ rest / (len(rest) - len(means))
    np.testing.assert_allclose(within, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(plda.between, BETWEEN, rtol=0.15, atol=0.05)
    np.testing.assert_allclose(np.cov(means.T), np.diag(plda.between + 1 / 6), atol=0.05)
    assert (np.diff(plda.between) <= 0).all()


def test_what_is_added_to_the_variance_within_only_lowers_it():
    embeddings, classes, _ = made(300, 6)
    plda = fit_plda(embeddings, classes)
    projected = (embeddings - plda.mean) @ plda.projection
    rest = projected - np.stack([projected[classes == k].mean(axis=0) for k in range(300)])[classes]
    within = np.linalg.eigvalsh(rest.T @ rest / (len(rest) - 300))
    assert 0 < SHRINKAGE < 1
    assert (within > 0).all()
    assert (within <= 1 + 1e-9).all()


def test_projections_point_as_they_should_and_are_as_long_as_is_expected():
    embeddings, classes, _ = made(1_500, 6)
    plda = fit_plda(embeddings, classes)
    plain, found = (embeddings - plda.mean) @ plda.projection, plda.project(embeddings)
    lengths = np.linalg.norm(found, axis=1)
    np.testing.assert_allclose(found / lengths[:, None], plain / np.linalg.norm(plain, axis=1)[:, None], atol=1e-9)
    np.testing.assert_allclose(lengths, np.sqrt((plain**2).sum(axis=1).mean()), rtol=0.03)
    assert np.isfinite(plda.project(plda.mean[None])).all()


def test_the_units_and_the_order_of_the_embeddings_do_not_matter():
    embeddings, classes, _ = made(40, 5)
    plain, scaled = fit_plda(embeddings, classes), fit_plda(embeddings * [1e-3, 1.0, 1e4] - 7, classes + 100)
    np.testing.assert_allclose(scaled.between, plain.between, rtol=1e-4)
    order = np.random.default_rng(0).permutation(len(classes))
    shuffled = fit_plda(embeddings[order], classes[order])
    np.testing.assert_allclose(shuffled.between, plain.between, rtol=1e-6)


def test_dimensions_that_tell_nothing_leave_the_rest_alone():
    embeddings, classes, _ = made(40, 5)
    constant = np.concatenate([embeddings, np.full((len(embeddings), 1), 3.0)], axis=1)
    plda = fit_plda(constant, classes)
    assert np.isfinite(plda.projection).all()
    assert (plda.between > 0).all()
    assert np.isfinite(plda.project(constant)).all()


@pytest.mark.parametrize("dimensions", [1, DIMENSIONS, DIMENSIONS + 5])
def test_there_are_as_many_dimensions_as_are_wanted_or_had(dimensions):
    embeddings = np.random.default_rng(0).normal(size=(200, dimensions))
    plda = fit_plda(embeddings, np.arange(200) // 4)
    assert plda.projection.shape == (dimensions, min(DIMENSIONS, dimensions))
    assert plda.project(embeddings[:0]).shape == (0, min(DIMENSIONS, dimensions))
