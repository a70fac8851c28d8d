"""Projected windows and a first guess at their speakers -> who speaks in each window, with the uncertainty.

A hidden Markov model whose states are speakers: each speaker is a point that is not known exactly, windows scatter
around it, and a speaker tends to go on speaking. A speaker that the windows do not need disappears.

References:
    Landini, Profant, Diez and Burget (2022). Bayesian HMM clustering of x-vector sequences (VBx) in speaker
    diarization: theory, implementation and analysis on standard tasks. Computer Speech and Language.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.diarization.embedding.windows import Numbers

# Windows overlap, and one vector is made of parts that say nearly the same: each counts as ACOUSTIC_SHARE of a window.
# A speaker costs as much as SPEAKER_COST says: the more, the fewer speakers there are. These and STAYING were chosen on
# conversations of pseudo-speakers, which are put together from unlabelled recordings (see benchmarks/experiments.md).
ACOUSTIC_SHARE, SPEAKER_COST = 0.3, 20.0
STAYING = 0.6  # the probability that the next window has the same speaker
ROUNDS, LEAST_GAIN = 30, 1e-4
LEAST_SHARE = 1e-40  # as good as 0, but a window that fits nobody else can still be of such a speaker
FIRST_CERTAINTY = 5.0  # natural logarithm of how much more likely the first guess is than any other speaker


class Posteriors(NamedTuple):
    """What the model knows in the end.

    Attributes:
        speakers: (W, S) the probability of each speaker in each window; the sum over speakers is 1.
        shares: (S,) how much of the time each speaker is expected to speak; the sum is 1.
    """

    speakers: Numbers
    shares: Numbers


def speakers_of_windows(
    projected: Numbers, between: Numbers, first: NDArray[np.int64], cost: float = SPEAKER_COST
) -> Posteriors:
    """Finds who speaks in each window, by variational Bayes.

    Args:
        projected: (W, K) windows in time order, with the variance 1 within a speaker.
        between: (K,) the variances between speakers.
        first: (W,) the number of each window's speaker, from 0, as a first guess; W is at least 1.
        cost: of a speaker, above 0.

    Returns:
        The posteriors, for as many speakers as there are in the first guess.
    """
    n_speakers = int(first.max()) + 1
    guess = np.where(first[:, None] == np.arange(n_speakers), FIRST_CERTAINTY, 0.0)
    speakers = np.exp(guess) / np.exp(guess).sum(axis=1, keepdims=True)
    shares = np.full(n_speakers, 1 / n_speakers)
    rho, own = projected * np.sqrt(between), -(projected**2).sum(axis=1) / 2
    bound = -np.inf
    for _ in range(ROUNDS):
        ratio = ACOUSTIC_SHARE / cost
        precision = 1 + ratio * speakers.sum(axis=0)[:, None] * between
        points = ratio * (speakers.T @ rho) / precision
        fit = rho @ points.T - (1 / precision + points**2) @ between / 2 + own[:, None]
        evidence, speakers, shares = _smoothed(ACOUSTIC_SHARE * fit, shares)
        prior = cost / 2 * float((1 - np.log(precision) - 1 / precision - points**2).sum())
        if evidence + prior - bound < LEAST_GAIN:
            break
        bound = evidence + prior
    return Posteriors(speakers, shares)


def _smoothed(logs: Numbers, shares: Numbers) -> tuple[float, Numbers, Numbers]:
    """The logarithm of the evidence, (W, S) posteriors and (S,) new shares, from (W, S) log-likelihoods."""
    highest = logs.max(axis=1, keepdims=True)
    likely, shares = np.exp(logs - highest), np.maximum(shares, LEAST_SHARE)
    moves = STAYING * np.eye(len(shares)) + (1 - STAYING) * shares
    forward, scale = np.empty_like(likely), np.empty(len(likely))
    state = shares
    for i, here in enumerate(likely):
        state = here * (state @ moves if i else state)
        scale[i] = state.sum()
        state = state / scale[i]
        forward[i] = state
    backward = np.ones_like(likely)
    for i in range(len(likely) - 2, -1, -1):
        backward[i] = moves @ (likely[i + 1] * backward[i + 1]) / scale[i + 1]
    posteriors = forward * backward
    posteriors /= posteriors.sum(axis=1, keepdims=True)
    entered = (1 - STAYING) * shares * (likely[1:] * backward[1:] / scale[1:, None]).sum(axis=0)
    counts = posteriors[0] + entered
    return float(np.log(scale).sum() + highest.sum()), posteriors, counts / counts.sum()
