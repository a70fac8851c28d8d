"""Paths and times -> the targets that a network learns there, and the loss of its scores."""

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

# (B, T + 2 * reach, bands) mel-band power at level 1, and any number of targets, (B, T) each.
SupervisedBatch = tuple[Tensor, list[Tensor]]


@dataclass(frozen=True)
class Supervision:
    """What a network learns of every recording in one stage of training.

    Attributes:
        name: of the stage, for progress bars, messages and checkpoints.
        figure: the name of the held-out loss in the summary of training.
        targets: returns, for a recording and (T,) times in seconds, any number of arrays (T,).
        loss: returns, for (B, T, outputs) scores and the targets, (B, T) each, a scalar in nats.
        augment: returns, for the power of clean speech, its targets and a generator, the degraded power and its
            targets.
        offset: where a frame is judged, in frames from its middle.
        seed: selects the random numbers of the stage, together with the seed of the settings. The stage uses this one
            and the next, so seeds of stages must lie 2 apart.
    """

    name: str
    figure: str
    targets: Callable[[Path, Times], tuple[NDArray[Any], ...]]
    loss: Callable[..., Tensor]
    augment: Callable[[Tensor, list[Tensor], torch.Generator], SupervisedBatch]
    offset: float
    seed: int

    def batch(self, paths: Sequence[Path], times: Sequence[Times]) -> list[Tensor]:
        """Returns the targets of a batch of crops.

        Args:
            paths: (B,) the recording of each crop.
            times: (B,) the times of its frames, (T,) seconds each.

        Returns:
            The targets, (B, T) each.
        """
        of_crops = [self.targets(path, places) for path, places in zip(paths, times, strict=True)]
        return [torch.from_numpy(np.stack(parts)) for parts in zip(*of_crops, strict=True)]
