"""Samples -> how likely a boundary is before each frame, from a small convolutional network.

Self-training ends with this network (see `phonseg.objectives.pseudo_labels`). It learns what the confident peaks of a
dissimilarity curve have in common, in clean and noisy copies of the same speech. Its frames are the curve.
"""

from __future__ import annotations

import torch
from torch import Tensor

from phonseg.encoders.conv_network import ConvNetwork


class BoundaryNetwork(ConvNetwork):
    """Frames of one value, 0 to 1: how likely there is a boundary between the frame and the one before it.

    Args:
        bands: mel bands of the features, at least 1.
        width: channels of the hidden layers.
    """

    name = "boundary-network"

    def __init__(self, *, bands: int = 40, width: int = 64) -> None:
        super().__init__(bands=bands, width=width, outputs=1)

    def activate(self, scores: Tensor) -> Tensor:
        """Returns the probabilities of log odds.

        Args:
            scores: (..., 1) log odds of a boundary.

        Returns:
            (..., 1) probabilities, 0 to 1.
        """
        return torch.sigmoid(scores)
