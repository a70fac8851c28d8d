"""Embeddings and the classes they come from -> a space in which distances say how likely two speakers are the same.

Probabilistic linear discriminant analysis needs classes. No label is used: one recording is one class, which is true
of most recordings that are short, and is the assumption that contrastive learning makes, too.

References:
    Ioffe (2006). Probabilistic linear discriminant analysis. ECCV.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from phonseg.diarization.embedding.windows import Numbers

DIMENSIONS = 32
# This share of the mean variance within classes is added in every direction: directions in which the training
# recordings hardly vary may vary elsewhere.
SHRINKAGE = 0.05
LEAST_BETWEEN, LEAST_LENGTH = 1e-3, 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Plda:
    """A projection after which embeddings have the variance 1 within classes, and another one between classes.

    Attributes:
        mean: (D,) of all embeddings.
        projection: (D, K).
        between: (K,) the variances between classes, in falling order.
    """

    mean: Numbers
    projection: Numbers
    between: Numbers

    def project(self, embeddings: Numbers) -> Numbers:
        """Projects embeddings, and gives all projections the length that is expected of them.

        Noise and short windows change the length more than the direction.

        Args:
            embeddings: (W, D).

        Returns:
            (W, K) projections.

        References:
            Garcia-Romero and Espy-Wilson (2011). Analysis of i-vector length normalization in speaker recognition
            systems. Interspeech.
        """
        projected = (embeddings - self.mean) @ self.projection
        lengths = np.linalg.norm(projected, axis=1, keepdims=True)
        expected = np.sqrt((1 + self.between).sum())
        return np.asarray(projected * (expected / np.maximum(lengths, LEAST_LENGTH)))


def fit_plda(embeddings: Numbers, classes: NDArray[np.int64]) -> Plda:
    """Fits the projection.

    Args:
        embeddings: (W, D).
        classes: (W,) the number of the class of each; at least two classes, and fewer than W.

    Returns:
        The projection, into DIMENSIONS dimensions or into D if there are fewer.
    """
    scale = embeddings.std(axis=0) + 1e-9
    _, place = np.unique(classes, return_inverse=True)
    counts = np.bincount(place)
    mean = embeddings.mean(axis=0)
    values = (embeddings - mean) / scale
    means = np.zeros((len(counts), values.shape[1]))
    np.add.at(means, place, values)
    means /= counts[:, None]
    rest = values - means[place]
    within = rest.T @ rest / (len(values) - len(counts))
    within += SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    between = (means * counts[:, None]).T @ means / counts.sum() - within / counts.mean()
    variances, directions = eigh(between, within)
    order = np.argsort(-variances)[:DIMENSIONS]
    variances = np.maximum(variances[order], LEAST_BETWEEN)
    return Plda(mean, directions[:, order] / scale[:, None], variances)


def same_speaker_scores(projected: Numbers, between: Numbers) -> Numbers:
    """Returns how much more likely each pair of windows is if one speaker has spoken both.

    Args:
        projected: (W, K) as `Plda.project` returns them.
        between: (K,) the variances between classes.

    Returns:
        (W, W) natural logarithms of the ratio of the likelihoods; above 0 for one speaker.
    """
    total = between + 1
    determinant = total**2 - between**2
    own = (projected**2 * (1 / total - total / determinant)).sum(axis=1) / 2
    constant = np.sum(np.log(total) - 0.5 * np.log(determinant))
    return np.asarray(own[:, None] + own + (projected * (between / determinant)) @ projected.T + constant)
