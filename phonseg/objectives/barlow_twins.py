"""Frames of an encoder -> the loss of Barlow Twins: neighbours agree, and no two dimensions carry the same information.

No frame is pushed away from another.
"""

from __future__ import annotations

import torch
from torch import Tensor

# The weight of redundancy between two dimensions, against disagreement in one (Zbontar et al., 2021).
REDUNDANCY = 5e-3


def barlow(frames: Tensor, generator: torch.Generator) -> Tensor:
    """Returns the loss of Barlow Twins between neighbours.

    It is the sum of (1 - C_ii)^2 and of REDUNDANCY * C_ij^2 over all i and j != i, divided by D. C is the
    cross-correlation, over all pairs of a frame and the next, of the D dimensions of one with those of the other.

    Args:
        frames: (B, T, D) frames of B crops.
        generator: not used; it is there since `nce` needs one.

    Returns:
        A scalar: 0 if neighbours are equal and no dimension predicts another; about 1 if frames do not depend on their
        neighbours.

    References:
        Zbontar, Jing, Misra, LeCun and Deny (2021). Barlow Twins: Self-supervised learning via redundancy reduction.
        ICML.
    """
    before, after = (_standardised(side.flatten(0, 1)) for side in (frames[:, :-1], frames[:, 1:]))
    correlation = before.T @ after / len(before)
    agreement = torch.diagonal(correlation)
    redundancy = correlation.square().sum() - agreement.square().sum()
    return ((1 - agreement).square().sum() + REDUNDANCY * redundancy) / len(correlation)


def _standardised(values: Tensor) -> Tensor:
    """(N, D) -> the same with mean 0 and standard deviation 1 in each dimension (0 in constant dimensions)."""
    centred = values - values.mean(dim=0)
    return centred / centred.square().mean(dim=0).add(1e-8).sqrt()
