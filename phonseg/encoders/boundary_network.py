"""A small convolutional network that says, for every frame, how much it looks like a boundary.

It is what self-training ends with (see `phonseg.objectives.pseudo_labels`): one network that has seen what the
confident peaks of a contrast curve have in common, in clean and in noisy copies of the same speech. Its frames are the
curve.
"""

from __future__ import annotations

import torch
from torch import Tensor

from phonseg.encoders.conv_network import ConvNetwork


class BoundaryNetwork(ConvNetwork):
    """Log-mel frames -> the likeness, 0..1, to a boundary between each frame and the one before it.

    bands: of the log-mel frames. width: channels of the hidden layers.
    """

    name = "boundary-network"

    def __init__(self, *, bands: int = 40, width: int = 64) -> None:
        super().__init__(bands=bands, width=width, outputs=1)

    def settings(self) -> dict[str, int | float]:
        """See the class."""
        return {"bands": self.bands, "width": self.width}

    def activate(self, scores: Tensor) -> Tensor:
        """(..., 1) log odds -> (..., 1) likeness to a boundary, 0..1."""
        return torch.sigmoid(scores)
