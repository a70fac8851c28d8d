"""Recording -> frames: the one protocol, and the three encoders that come with phonseg.

An encoder sees samples at its own rate whose level has been set (see `phonseg.model.analysis`), pads nothing, and gives
one vector per frame of its grid. Frame i depends on the samples that the grid names and on nothing else, so a recording
may be encoded in pieces.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from phonseg.timeline.grid import FrameGrid

Samples = NDArray[np.float32]


@runtime_checkable
class FrameEncoder(Protocol):
    """Anything with these three plugs in."""

    @property
    def name(self) -> str:
        """What to call it in a model file."""

    @property
    def grid(self) -> FrameGrid:
        """Where its frames lie."""

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """(N,) samples at grid.sample_rate -> (grid.count(N), D) frames."""


class TorchEncoder(nn.Module):
    """What the encoders below share: `forward` on batches for training, `encode` on one signal for use."""

    name: ClassVar[str]
    grid: FrameGrid

    @abstractmethod
    def settings(self) -> dict[str, int | float]:
        """The arguments that make an encoder of the same shape again."""

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """(N,) samples -> (T, D) frames, in evaluation mode and without gradients; the weights stay as they are."""
        device = next(self.buffers()).device
        was_training = self.training
        if was_training:  # to tell all layers so takes time
            self.eval()
        try:
            with torch.inference_mode():
                batch = torch.from_numpy(np.array(samples, dtype=np.float32)).to(device)[None]
                if self.grid.count(batch.shape[1]) == 0:
                    batch = batch.new_zeros(1, self.grid.window)
                    return np.asarray(self(batch)[0, :0].cpu().numpy(), dtype=np.float32)
                return np.asarray(self(batch)[0].cpu().numpy(), dtype=np.float32)
        finally:
            if was_training:
                self.train()
