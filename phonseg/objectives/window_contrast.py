"""Vectors of windows, two of each recording -> how far windows of one recording are from being alike and others not."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from phonseg.objectives.barlow_twins import barlow

TEMPERATURE = 0.1
# By how much a window's likeness to itself is lowered, so that it is never its own positive.
NEVER = 1e9


def window_nce(vectors: Tensor, generator: torch.Generator) -> Tensor:
    """Returns the mean of -log softmax(cosines / TEMPERATURE) at the other window of the same recording.

    The softmax runs over all other windows of the group. They share one channel, so that it cannot tell them apart.

    Args:
        vectors: (G, N, 2, D), two windows of each of N recordings in each of G groups.
        generator: not used; other objectives need one.

    Returns:
        A scalar in nats; log(2 N - 1) by chance.

    References:
        Chen, Kornblith, Norouzi and Hinton (2020). A simple framework for contrastive learning of visual
        representations. ICML.
    """
    likeness = _likeness(vectors) / TEMPERATURE
    return functional.cross_entropy(likeness.flatten(0, 1), _partners(vectors).repeat(len(vectors)))


def window_barlow(vectors: Tensor, generator: torch.Generator) -> Tensor:
    """Returns the loss of `phonseg.objectives.barlow_twins` between the two windows of each recording.

    Args:
        vectors: (G, N, 2, D), two windows of each of N recordings in each of G groups.
        generator: not used.

    Returns:
        A scalar.
    """
    return barlow(vectors.flatten(0, 1), generator)


def window_accuracy(vectors: Tensor) -> Tensor:
    """Returns in which share of cases the other window of the recording is the most alike in the group.

    Args:
        vectors: (G, N, 2, D), two windows of each of N recordings in each of G groups.

    Returns:
        A scalar from 0 to 1; 1 / (2 N - 1) by chance.
    """
    return (_likeness(vectors).argmax(-1) == _partners(vectors)).to(torch.float32).mean()


def _likeness(vectors: Tensor) -> Tensor:
    """(G, 2 N, 2 N) cosines; far below -1 between a window and itself."""
    unit = functional.normalize(vectors.flatten(1, 2), dim=-1)
    windows = torch.eye(unit.shape[1], dtype=unit.dtype, device=unit.device)
    return unit @ unit.transpose(1, 2) - NEVER * windows


def _partners(vectors: Tensor) -> Tensor:
    """(2 N,) the place of the other window of the same recording."""
    return torch.arange(2 * vectors.shape[1], device=vectors.device) ^ 1
