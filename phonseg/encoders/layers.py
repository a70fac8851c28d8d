"""The layers of phonseg's networks. Their numbers are float32, whatever the default of PyTorch is.

On the device "meta" they get shapes alone: no memory, and no random numbers. A network for which weights are at hand
is made there, in half of the time.
"""

from __future__ import annotations

import torch
from torch import nn


class Convolution(nn.Conv1d):
    """An unpadded convolution over time; it takes the arguments of `nn.Conv1d`."""

    def __init__(
        self, inputs: int, outputs: int, taps: int, stride: int = 1, *, dilation: int = 1, bias: bool = True
    ) -> None:
        super().__init__(inputs, outputs, taps, stride, dilation=dilation, bias=bias, dtype=torch.float32)

    def reset_parameters(self) -> None:
        """Draws weights, except on the device "meta"."""
        if not self.weight.is_meta:
            super().reset_parameters()


class Normalisation(nn.BatchNorm1d):
    """A normalisation of each channel over the batch; it takes the number of channels."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, dtype=torch.float32)

    def reset_parameters(self) -> None:
        """Sets the factors to 1 and the offsets to 0, except on the device "meta"."""
        if not self.weight.is_meta:
            super().reset_parameters()


class Projection(nn.Linear):
    """A linear projection; it takes the numbers of values before and after."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, dtype=torch.float32)

    def reset_parameters(self) -> None:
        """Draws weights, except on the device "meta"."""
        if not self.weight.is_meta:
            super().reset_parameters()
