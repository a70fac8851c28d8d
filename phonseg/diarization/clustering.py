"""Projected windows -> a first guess at who speaks in each, by joining what is most likely one speaker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.diarization.embedding.plda import same_speaker_scores
from phonseg.diarization.embedding.windows import Numbers

Labels = NDArray[np.int64]  # (W,) numbers of speakers from 0, without gaps

# Clusters are joined while their windows are on average likelier to be of one speaker than this (a logarithm). Like the
# constants of the hidden Markov model, it was chosen on conversations of pseudo-speakers, without labels. There are
# still too many clusters: what is one speaker is found later, and what is joined stays joined.
LEAST_SCORE = -2.0
# Windows that are clustered; of a longer recording, as many at equal distances. Time and memory grow with the square.
MOST_CLUSTERED = 1_500
# Windows overlap, and their vectors say nearly the same several times: each counts as this share of a window.
WINDOW_SHARE = 0.2


def first_guess(projected: Numbers, between: Numbers, clusters: int | None = None) -> Labels:
    """Clusters windows by average linkage.

    Args:
        projected: (W, K) windows in time order, W at least 1.
        between: (K,) the variances between speakers.
        clusters: how many clusters, at most W; None for as many as remain at LEAST_SCORE.

    Returns:
        The number of the cluster of each window. Those that were not clustered get that of the nearest which was.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(projected) == 1:
        return np.zeros(1, np.int64)
    chosen = np.linspace(0, len(projected) - 1, min(len(projected), MOST_CLUSTERED)).round().astype(int)
    scores = same_speaker_scores(projected[chosen], between)
    highest = scores.max()
    distances = highest - (scores + scores.T) / 2
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "average")
    found = fcluster(tree, highest - LEAST_SCORE, "distance") if clusters is None else _cut(tree, clusters)
    nearest = np.searchsorted((chosen[1:] + chosen[:-1]) / 2, np.arange(len(projected)))
    return without_gaps(found[nearest])


def _cut(tree: Numbers, clusters: int) -> Labels:
    """Undoes the last joins of a tree, so that exactly this many clusters remain."""
    n = len(tree) + 1
    parents = np.arange(2 * n - 1)
    for i, (left, right, *_) in enumerate(tree[: n - clusters]):
        parents[[int(left), int(right)]] = n + i
    roots = np.arange(n)
    while (parents[roots] != roots).any():
        roots = parents[roots]
    return without_gaps(roots)


def joined(labels: Labels, projected: Numbers, between: Numbers, clusters: int) -> Labels:
    """Joins clusters until few enough remain: each time the two whose windows one speaker explains best.

    Args:
        labels: of the windows.
        projected: (W, K) the windows.
        between: (K,) the variances between speakers.
        clusters: how many may remain, at least 1.

    Returns:
        The labels, of at most that many clusters.
    """
    labels = without_gaps(labels)
    counts = np.bincount(labels).astype(np.float64)
    sums = np.zeros((len(counts), projected.shape[1]))
    np.add.at(sums, labels, projected)
    alone = _explained(counts, sums, between)
    there = np.ones(len(counts), dtype=np.bool_)

    def gains_with(cluster: int) -> Numbers:
        together = _explained(counts + counts[cluster], sums + sums[cluster], between)
        others = there & (np.arange(len(counts)) != cluster)
        return np.where(others, together - alone - alone[cluster], -np.inf)

    gains = np.array([gains_with(cluster) for cluster in range(len(counts))])
    while there.sum() > clusters:
        first, second = sorted(divmod(int(gains.argmax()), len(counts)))
        labels = np.where(labels == second, first, labels)
        counts[first] += counts[second]
        sums[first] += sums[second]
        alone[first] = _explained(counts[first : first + 1], sums[first : first + 1], between)[0]
        there[second] = False
        gains[second] = gains[:, second] = -np.inf
        gains[first] = gains[:, first] = gains_with(first)
    return without_gaps(labels)


def _explained(counts: Numbers, sums: Numbers, between: Numbers) -> Numbers:
    """(N,) logarithms: how much likelier N sets of windows, with (N, K) sums, are if each has one speaker."""
    # A speaker is a point with the variance `between` around 0; windows scatter around it with the variance 1.
    precision = 1 + WINDOW_SHARE * counts[:, None] * between
    return np.asarray((WINDOW_SHARE**2 * between * sums**2 / precision - np.log(precision)).sum(axis=1) / 2)


def without_gaps(labels: NDArray[np.integer]) -> Labels:
    """Returns labels numbered from 0 in the order in which they first occur.

    Args:
        labels: (W,) whole numbers.
    """
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[place]
