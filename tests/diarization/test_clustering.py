"""Windows -> a first guess at who speaks in each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.stats import multivariate_normal

from phonseg.diarization import clustering
from phonseg.diarization.clustering import LEAST_SCORE, WINDOW_SHARE, _cut, first_guess, joined, without_gaps
from phonseg.diarization.embedding.plda import same_speaker_scores

BETWEEN = np.geomspace(60, 1, 12)  # so that windows tell speakers apart about as well as those of a trained model
K = len(BETWEEN)


def windows(n: int, seed: int = 0, speakers: int = 4) -> np.ndarray:
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(speakers, K)) * np.sqrt(BETWEEN)
    return points[generator.integers(0, speakers, n)] + generator.normal(size=(n, K))


def slow_clusters(projected: np.ndarray) -> list[set[int]]:
    """Joins the two clusters whose windows have the highest mean score until it lies below LEAST_SCORE."""
    scores = same_speaker_scores(projected, BETWEEN)
    clusters = [{i} for i in range(len(projected))]
    while len(clusters) > 1:
        means = [
            (np.mean([scores[i, j] for i in one for j in other]), k, m)
            for k, one in enumerate(clusters)
            for m, other in enumerate(clusters[:k])
        ]
        best, k, m = max(means)
        if best < LEAST_SCORE:
            break
        clusters[m] |= clusters.pop(k)
    return clusters


def sets(labels: np.ndarray) -> list[set[int]]:
    return [set(np.flatnonzero(labels == k).tolist()) for k in range(int(labels.max()) + 1)]


@given(st.integers(1, 14), st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_clusters_are_joined_while_their_windows_are_likely_enough_one_speakers(n, seed):
    projected = windows(n, seed)
    found = first_guess(projected, BETWEEN)
    assert sorted(map(sorted, sets(found))) == sorted(map(sorted, slow_clusters(projected)))


@given(st.integers(2, 30), st.integers(0, 2**32 - 1), st.booleans(), st.data())
@settings(max_examples=40)
def test_there_are_exactly_as_many_clusters_as_are_asked_for(n, seed, alike, data):
    wanted = data.draw(st.integers(1, n))
    projected = np.zeros((n, K)) if alike else windows(n, seed)
    found = first_guess(projected, BETWEEN, wanted)
    assert sorted(set(found.tolist())) == list(range(wanted))


@given(st.integers(2, 20), st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_the_cut_of_a_tree_is_that_of_scipy(n, seed):
    tree = linkage(np.random.default_rng(seed).normal(size=(n, 3)), "average")
    for k in range(1, n + 1):
        expected = fcluster(tree, k, "maxclust")  # which gives fewer only where joins are equally far
        assert sets(_cut(tree, k)) == sets(without_gaps(expected))


def test_one_window_is_one_cluster():
    assert first_guess(np.ones((1, K)), BETWEEN).tolist() == [0]
    assert first_guess(np.ones((1, K)), BETWEEN, 1).tolist() == [0]


def test_of_a_long_recording_some_are_clustered_and_the_others_follow_the_nearest(monkeypatch):
    monkeypatch.setattr(clustering, "MOST_CLUSTERED", 12)
    points = np.array([15.0, -15.0])[:, None] * np.eye(1, K)
    who = np.repeat([0, 1, 0, 1], 25)
    projected = points[who] + np.random.default_rng(0).normal(size=(100, K))
    found = first_guess(projected, BETWEEN)
    chosen = np.linspace(0, 99, 12).round().astype(int)
    assert sets(found[chosen]) == sets(first_guess(projected[chosen], BETWEEN))
    for i in range(100):
        assert found[i] in found[chosen[np.abs(chosen - i) == np.abs(chosen - i).min()]]
    assert (found == who).mean() > 0.9
    for k in (1, 2, 5, 12):
        assert sorted(set(first_guess(projected, BETWEEN, k).tolist())) == list(range(k))


# Joining


@given(st.lists(st.integers(-5, 9), min_size=1, max_size=30), st.integers(1, 6), st.integers(0, 99))
@settings(max_examples=40)
def test_clusters_are_joined_until_few_enough_remain_and_never_split(given_labels, most, seed):
    labels = np.array(given_labels)
    found = joined(labels, windows(len(labels), seed), BETWEEN, most)
    assert sorted(set(found.tolist())) == list(range(min(most, len(set(given_labels)))))
    for one in set(given_labels):
        assert len(set(found[labels == one].tolist())) == 1
    if len(set(given_labels)) <= most:
        assert found.tolist() == without_gaps(labels).tolist()


def explained(mean, count):
    """How much likelier windows with this mean are if they share a speaker, from the densities themselves.

    Each window counts as WINDOW_SHARE of one, which is as if there were fewer.
    """
    count = count * WINDOW_SHARE
    shared, apart = BETWEEN + 1 / count, np.full(len(BETWEEN), 1 / count)
    density = multivariate_normal.logpdf
    return density(mean, np.zeros(len(mean)), np.diag(shared)) - density(mean, np.zeros(len(mean)), np.diag(apart))


@given(st.integers(3, 20), st.integers(0, 999))
@settings(max_examples=20)
def test_those_are_joined_whose_windows_one_speaker_explains_best(n, seed):
    projected, labels = windows(n, seed), without_gaps(np.random.default_rng(seed).integers(0, 4, n))
    count = int(labels.max()) + 1

    def of(*clusters):
        inside = np.isin(labels, clusters)
        return explained(projected[inside].mean(axis=0), inside.sum())

    pairs = [(of(i, k) - of(i) - of(k), i, k) for i in range(count) for k in range(i)]
    if pairs:
        _, i, k = max(pairs)
        assert (
            joined(labels, projected, BETWEEN, count - 1).tolist()
            == without_gaps(np.where(labels == i, k, labels)).tolist()
        )


def test_the_most_alike_are_joined_first():
    points = np.array([[15.0, 0], [-15, 0], [-13, 1]]) @ np.eye(2, K)
    who = np.repeat([0, 1, 2], 5)
    assert joined(who, points[who], BETWEEN, 2).tolist() == [0] * 5 + [1] * 10
    assert joined(who, points[who], BETWEEN, 1).tolist() == [0] * 15


@given(st.lists(st.integers(-9, 9), min_size=1))
def test_labels_are_numbered_in_the_order_in_which_they_occur(given_labels):
    names = {label: place for place, label in enumerate(dict.fromkeys(given_labels))}
    found = without_gaps(np.array(given_labels))
    assert found.tolist() == [names[label] for label in given_labels]
    assert found.dtype == np.int64


@pytest.mark.parametrize("n", [2, 5])
def test_windows_that_are_all_alike_are_one_cluster(n):
    assert set(first_guess(np.zeros((n, K)), BETWEEN).tolist()) == {0}
