"""Cepstra -> i-vectors: how the sounds of a window differ from those of everybody, in a few dimensions.

References:
    Dehak, Kenny, Dehak, Dumouchel and Ouellet (2011). Front-end factor analysis for speaker verification. IEEE
    Transactions on Audio, Speech, and Language Processing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonseg.diarization.embedding.windows import Numbers, Windows

BLOCK = 1_000  # windows whose factors are computed at once
MIXTURE_ROUNDS, FACTOR_ROUNDS = 10, 4
LEAST_VARIANCE = 0.02  # of a Gaussian, as a share of that of all frames
FIRST_LOADING = 0.1  # standard deviation of the random numbers that factor analysis begins with
# Frames beside each other say nearly the same: three of them count as one where factors are learnt.
FRAME_WEIGHT = 1 / 3


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A mixture of Gaussians with diagonal covariances: the sounds of everybody.

    Attributes:
        weights: (C,) above 0, with the sum 1.
        means: (C, D).
        variances: (C, D) above 0.
    """

    weights: Numbers
    means: Numbers
    variances: Numbers

    def posteriors(self, values: Numbers) -> Numbers:
        """Returns how likely each Gaussian is for each frame.

        Args:
            values: (T, D) cepstra.

        Returns:
            (T, C) probabilities; the sum over Gaussians is 1.
        """
        precision = 1 / self.variances
        constant = np.log(self.weights) - 0.5 * (
            np.log(2 * np.pi * self.variances).sum(axis=1) + (self.means**2 * precision).sum(axis=1)
        )
        logs = constant - 0.5 * (values**2 @ precision.T) + values @ (self.means * precision).T
        likely = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def fit_mixture(values: Numbers, gaussians: int, generator: np.random.Generator) -> Mixture:
    """Fits a mixture of Gaussians by expectation and maximisation.

    Args:
        values: (T, D), at least `gaussians` of them.
        gaussians: how many.
        generator: for the values that it begins with.

    Returns:
        The mixture.
    """
    spread = values.var(axis=0)
    means = values[generator.choice(len(values), gaussians, replace=False)]
    mixture = Mixture(np.full(gaussians, 1 / gaussians), means, np.tile(spread, (gaussians, 1)))
    for _ in range(MIXTURE_ROUNDS):
        likely = mixture.posteriors(values)
        counts = likely.sum(axis=0) + 1e-3
        means = likely.T @ values / counts[:, None]
        variances = np.maximum(likely.T @ values**2 / counts[:, None] - means**2, LEAST_VARIANCE * spread)
        mixture = Mixture(counts / counts.sum(), means, variances)
    return mixture


@dataclass(frozen=True, slots=True, eq=False)
class WindowStatistics:
    """What a mixture says of windows.

    Attributes:
        counts: (W, C) how many frames of each window belong to each Gaussian.
        sums: (W, C, D) their sum, less as many means of the Gaussian.
    """

    counts: Numbers
    sums: Numbers


def window_statistics(mixture: Mixture, values: Numbers, windows: Windows) -> WindowStatistics:
    """Gathers what a mixture says of windows.

    Args:
        mixture: of the sounds.
        values: (T, D) cepstra.
        windows: W of them.

    Returns:
        Their statistics.
    """
    likely = mixture.posteriors(values)
    counts = np.array([likely[a:b].sum(axis=0) for a, b in windows]).reshape(-1, len(mixture.weights))
    sums = np.array([likely[a:b].T @ values[a:b] for a, b in windows]).reshape(-1, *mixture.means.shape)
    return WindowStatistics(counts, sums - counts[:, :, None] * mixture.means)


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """The directions in which the means of a mixture differ from speaker to speaker.

    Attributes:
        mixture: of the sounds of everybody.
        loadings: (C, D, R) how much each mean moves with each factor, whose variance is 1.
    """

    mixture: Mixture
    loadings: Numbers

    def i_vectors(self, statistics: WindowStatistics) -> Numbers:
        """Returns the most likely factors of windows.

        Args:
            statistics: of W windows.

        Returns:
            (W, R) factors.
        """
        return self._posterior(statistics)[0]

    def _posterior(self, statistics: WindowStatistics) -> tuple[Numbers, Numbers]:
        """(W, R) the means of the factors, and (W, R, R) their covariances."""
        rank = self.loadings.shape[2]
        scaled = self.loadings / self.mixture.variances[:, :, None]
        squares = np.einsum("cdr,cdq->crq", scaled, self.loadings).reshape(-1, rank * rank)
        covariances, means = [np.zeros((0, rank, rank))], [np.zeros((0, rank))]
        flat = scaled.reshape(-1, rank)
        for first in range(0, len(statistics.counts), BLOCK):
            counts, sums = statistics.counts[first : first + BLOCK], statistics.sums[first : first + BLOCK]
            covariances.append(np.linalg.inv(np.eye(rank) + (counts @ squares).reshape(-1, rank, rank)))
            projected = sums.reshape(len(sums), -1) @ flat
            means.append(np.einsum("nrq,nq->nr", covariances[-1], projected))
        return np.concatenate(means), np.concatenate(covariances)


def fit_factors(mixture: Mixture, statistics: WindowStatistics, rank: int, generator: np.random.Generator) -> Factors:
    """Learns the factors in which recordings differ, by expectation and maximisation.

    Args:
        mixture: of the sounds.
        statistics: of recordings, each taken as one window.
        rank: how many factors.
        generator: for the loadings that it begins with.

    Returns:
        The factors.
    """
    weighted = WindowStatistics(statistics.counts * FRAME_WEIGHT, statistics.sums * FRAME_WEIGHT)
    shape = (*mixture.means.shape, rank)
    loadings = generator.standard_normal(shape) * FIRST_LOADING * np.sqrt(mixture.variances)[:, :, None]
    flat_sums = weighted.sums.reshape(len(weighted.sums), -1)
    for _ in range(FACTOR_ROUNDS):
        means, covariances = Factors(mixture, loadings)._posterior(weighted)
        seconds = covariances + means[:, :, None] * means[:, None]
        inner = (weighted.counts.T @ seconds.reshape(len(seconds), -1)).reshape(-1, rank, rank)
        outer = (flat_sums.T @ means).reshape(shape)
        loadings = np.einsum("cdr,crq->cdq", outer, np.linalg.inv(inner + 1e-3 * np.eye(rank)))
        # The factors get the variance 1 again (minimum divergence).
        loadings = loadings @ np.linalg.cholesky(seconds.mean(axis=0))
    return Factors(mixture, loadings)
