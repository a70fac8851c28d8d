"""A small convolutional network that says, for every frame, how much it looks like a boundary.

It is what self-training ends with (see `phonseg.self_training`): one network that has seen what the confident peaks
of a contrast curve have in common, in clean and in noisy copies of the same speech. Its frames are the curve.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from phonseg.encoder import LogMel, TorchEncoder
from phonseg.timeline import FrameGrid

DILATIONS = (1, 2, 4, 1, 2, 4)
# Power relative to the loud frames. Far lower than a plain contrast can bear: the network has learnt what noise is.
FLOOR = 1e-5


class ResidualBlock(nn.Module):
    """Frames plus what an unpadded dilated convolution makes of them; `dilation` frames fall off at each end."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.change = nn.Sequential(
            nn.Conv1d(width, width, 3, dilation=dilation),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Dropout(0.1),
            nn.Conv1d(width, width, 1),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """(B, width, T) -> (B, width, T - 2 * dilation)."""
        changed: Tensor = frames[..., self.dilation : -self.dilation] + self.change(frames)
        return changed


class BoundaryNetwork(TorchEncoder):
    """Log-mel frames -> the likeness, 0..1, to a boundary between each frame and the one before it.

    width: channels of the hidden layers. Nothing is padded: a value depends on 15 frames to either side.
    """

    name = "boundary-network"

    def __init__(self, *, bands: int = 40, width: int = 64) -> None:
        super().__init__()
        self.features = LogMel(window=512, bands=bands, floor=FLOOR)
        self.bands, self.width = bands, width
        self.reach = 1 + sum(DILATIONS)  # frames of context on either side
        inner = self.features.grid
        self.grid = FrameGrid(inner.sample_rate, inner.hop, inner.window + 2 * self.reach * inner.hop)
        self.layers = nn.Sequential(
            nn.Conv1d(bands, width, 3),
            nn.BatchNorm1d(width),
            nn.GELU(),
            *(ResidualBlock(width, dilation) for dilation in DILATIONS),
            nn.Conv1d(width, 1, 1),
        )

    def settings(self) -> dict[str, int | float]:
        """See the class."""
        return {"bands": self.bands, "width": self.width}

    def logits(self, power: Tensor) -> Tensor:
        """(B, T + 30, bands) mel-band power at level 1 -> (B, T) log odds."""
        features = (self.features.compress(power) + 5) / 3
        odds: Tensor = self.layers(features.transpose(1, 2))
        return odds[:, 0]

    def forward(self, samples: Tensor) -> Tensor:
        """(B, N) samples -> (B, T, 1) likeness to a boundary, 0..1."""
        return torch.sigmoid(self.logits(self.features.power(samples)))[..., None]
