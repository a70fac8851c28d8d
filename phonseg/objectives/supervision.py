"""What a network of frames is taught: what is wanted of it at every moment of a recording, and the loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phonseg.timeline.grid import Times


@dataclass(frozen=True)
class Supervision:
    """A stage of training on what is known of every recording.

    name: of the stage, for people and for checkpoints. figure: what a model calls the loss on held-out recordings.
    wanted: a recording and (T,) seconds -> what is wanted there, any number of arrays (T,). loss: (B, T, outputs)
    scores, and what is wanted, each (B, T) -> scalar, in nats. harder: (B, T + 2 * reach, bands) mel-band power of
    speech as it was recorded, what is wanted, and a generator -> both as they are learnt from. offset: where a frame is
    judged, in frames from its middle. seed: which random numbers the stage draws (this and the next), so that none are
    drawn twice.
    """

    name: str
    figure: str
    targets: Callable[[Path, Times], tuple[NDArray[Any], ...]]
    loss: Callable[..., Tensor]
    augment: Callable[[Tensor, list[Tensor], torch.Generator], tuple[Tensor, list[Tensor]]]
    offset: float
    seed: int

    def batch(self, paths: Sequence[Path], times: Sequence[Times]) -> list[Tensor]:
        """What is wanted of a batch of crops, each with its recording and its times."""
        each = [self.targets(path, places) for path, places in zip(paths, times, strict=True)]
        return [torch.from_numpy(np.stack(parts)) for parts in zip(*each, strict=True)]
