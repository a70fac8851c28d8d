"""A small convolutional network that says which phone-like unit every frame belongs to.

Where the unit changes, a sound does: the contrast of its frames is a curve of its own, which knows sounds and not
edges. Silence is a unit, too, so that the network also tells speech that noise drowns, which its loudness does not.
What the units are, and how they are found without labels, is told in `phonseg.objectives.unit_discovery`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phonseg.encoders.conv_network import ConvNetwork

# More than a half, since a network takes some lasting noise for speech at that.
SPOKEN = 0.6


class UnitNetwork(ConvNetwork):
    """Log-mel frames -> the roots of the probabilities of `units` units, and of silence as the last.

    The distance between two such frames is 0 where they are alike, and the root of 2 where they have no unit in common
    (the Hellinger distance between their distributions, times that root). bands: of the log-mel frames. width: channels
    of the hidden layers.
    """

    name = "unit-network"

    def __init__(self, *, units: int, bands: int = 40, width: int = 64) -> None:
        super().__init__(bands=bands, width=width, outputs=units + 1)
        self.units = units

    def settings(self) -> dict[str, int | float]:
        """See the class."""
        return {"units": self.units, "bands": self.bands, "width": self.width}

    def activate(self, scores: Tensor) -> Tensor:
        """(..., units + 1) logits -> (..., units + 1) frames of length 1."""
        return torch.softmax(scores, dim=-1).sqrt()

    @staticmethod
    def is_speech(frames: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(T, units + 1) frames -> (T,) which of them are speech, with a probability of at least SPOKEN."""
        return np.asarray(np.square(frames[:, -1]) <= 1 - SPOKEN)
