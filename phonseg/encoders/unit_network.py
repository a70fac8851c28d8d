"""Samples -> the phone-like unit that each frame belongs to, from a small convolutional network.

The sound changes where the unit changes, so the contrast of these frames is a dissimilarity curve of its own: one that
depends on which sounds follow each other, not on how sharp the edge between them is. Silence is a unit, too, so the
network also detects speech that is masked by noise, which loudness cannot do. What the units are, and how they are
found without labels, is described in `phonseg.objectives.unit_discovery`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phonseg.encoders.conv_network import ConvNetwork

# The least probability of speech. It is above a half, because a network gives some lasting noises about a half.
LEAST_SPEECH = 0.6


class UnitNetwork(ConvNetwork):
    """Frames of units + 1 values: the square roots of the probabilities of all units, and of silence as the last.

    The Euclidean distance between two frames is 0 if their probabilities are equal, and the square root of 2 if they
    have no unit in common. It is the Hellinger distance between the two distributions times that square root.

    Args:
        units: how many units there are, besides silence, at least 1.
        bands: mel bands of the features, at least 1.
        width: channels of the hidden layers, at least 1.
    """

    name = "unit-network"

    def __init__(self, *, units: int, bands: int = 40, width: int = 64) -> None:
        super().__init__(bands=bands, width=width, outputs=units + 1)
        self.units = units

    def activate(self, scores: Tensor) -> Tensor:
        """Returns the square roots of the probabilities.

        Args:
            scores: (..., units + 1) logits.

        Returns:
            (..., units + 1) frames of length 1; each value is 0 to 1.
        """
        return torch.softmax(scores, dim=-1).sqrt()

    @staticmethod
    def is_speech(frames: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Returns which frames are speech.

        Args:
            frames: (T, units + 1), as from `encode`.

        Returns:
            (T,) whether the probability of speech is at least LEAST_SPEECH.
        """
        return np.asarray(np.square(frames[:, -1]) <= 1 - LEAST_SPEECH)
