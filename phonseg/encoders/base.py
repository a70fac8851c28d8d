"""Samples -> frames: the protocol of all encoders, and the base class of those that come with phonseg.

An encoder gets samples at its own sample rate, already scaled to level 1 (see `phonseg.model.analysis`). It pads
nothing and returns one vector per frame of its grid. Frame i depends only on the samples that the grid gives it, so a
recording can be encoded in chunks.
"""

from __future__ import annotations

from inspect import signature
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from phonseg.timeline.grid import FrameGrid, Samples


@runtime_checkable
class FrameEncoder(Protocol):
    """Anything with these three members can be used as an encoder.

    Attributes:
        name: the name of the kind of encoder in a model file.
        grid: of its frames.
    """

    @property
    def name(self) -> str:
        """The name of the kind of encoder in a model file."""

    @property
    def grid(self) -> FrameGrid:
        """The grid of its frames."""

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """Returns the frames of a signal.

        Args:
            samples: (N,) mono samples at `grid.sample_rate`.

        Returns:
            (grid.count(N), D) frames.
        """


class TorchEncoder(nn.Module):
    """What the encoders of phonseg share: their settings, and `encode` for one signal.

    A subclass keeps each argument of its constructor in an attribute of the same name, and its tensors on one device.
    It has a `forward` for batches and at least one buffer, or an `encode` of its own.

    Attributes:
        name: the name of the kind of encoder in a model file.
        grid: of its frames.
    """

    name: ClassVar[str]
    grid: FrameGrid

    def settings(self) -> dict[str, int | float]:
        """Returns the arguments that construct an encoder of the same shape.

        Returns:
            The names and values of the arguments, in the order of the constructor.
        """
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """Returns the frames of a signal, in evaluation mode and without gradients. The weights do not change.

        Args:
            samples: (N,) mono samples at `grid.sample_rate`.

        Returns:
            (grid.count(N), D) frames; none if N is less than the window.
        """
        count = self.grid.count(len(samples))
        batch = torch.from_numpy(np.array(samples if count else np.zeros(self.grid.window), dtype=np.float32))
        was_training = self.training
        self.eval()
        try:
            with torch.inference_mode():
                frames = self(batch.to(next(self.buffers()).device)[None])[0, :count]
                return np.asarray(frames.cpu().numpy(), dtype=np.float32)
        finally:
            self.train(was_training)
