"""What a frame encoder is trained towards: frames that lie side by side are alike, others are not.

`nce`: tell the adjacent frame from a random frame of the same recording (Kreuk, Keshet and Adi, 2020). Three faults
of the first implementation are mended here. A negative is never the anchor and never the positive; it is never
padding, since crops have one length; and the negatives of a validation loss can be kept, so that it can be compared
from one step to the next, and from one objective to the other.

`barlow`: make neighbours agree in every dimension while no two dimensions say the same (Zbontar, Jing, Misra, LeCun
and Deny, 2021); no frame is pushed away from another.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from phonseg.errors import ConfigurationError

# What the agreement of two different dimensions costs, against the disagreement of one (Zbontar et al., 2021).
REDUNDANCY = 5e-3


class Objective(Protocol):
    """What the two objectives have in common."""

    def __call__(self, frames: Tensor, generator: torch.Generator) -> Tensor:
        """(B, T, D) frames of B crops -> scalar loss; whatever is random comes from the generator."""


def draw_negatives(n_crops: int, n_frames: int, n_negatives: int, generator: torch.Generator) -> Tensor:
    """Draw, for each anchor frame 0..T-2 of each crop, frames of the same crop that are neither it nor the next.

    Returns (n_crops, n_frames - 1, n_negatives) int64 indices of frames, each of the other n_frames - 2 frames
    equally likely. Raises ConfigurationError for crops of under 3 frames, which have no other frame.
    """
    if n_frames < 3:
        raise ConfigurationError(f"contrastive loss: crops of {n_frames} frames. Use crops of at least 3 frames.")
    shape = (n_crops, n_frames - 1, n_negatives)
    drawn = torch.randint(n_frames - 2, shape, generator=generator)
    anchor = torch.arange(n_frames - 1)[None, :, None]
    # Skipping over the pair (anchor, anchor + 1) keeps the draw uniform over all that is left.
    return drawn + 2 * (drawn >= anchor)


def adjacent_frame_loss(frames: Tensor, negatives: Tensor) -> Tensor:
    """Mean over anchors of -log softmax([cos(z_t, z_t+1), cos(z_t, z_negative), ...])[0].

    frames: (B, T, D). negatives: (B, T - 1, K) from `draw_negatives`. Returns a scalar in nats: log(K + 1) when the
    adjacent frame looks no more like the anchor than the others do. No temperature, as in the paper.
    """
    similarities = _similarities(frames, negatives)
    return -functional.log_softmax(similarities, dim=-1)[..., 0].mean()


def adjacent_frame_accuracy(frames: Tensor, negatives: Tensor) -> Tensor:
    """The share (0..1, chance 0.5) of pairs in which the adjacent frame is nearer to the anchor than a negative."""
    similarities = _similarities(frames, negatives)
    return (similarities[..., :1] > similarities[..., 1:]).float().mean()


def _similarities(frames: Tensor, negatives: Tensor) -> Tensor:
    """(B, T - 1, 1 + K) cosines of each anchor to the adjacent frame (first) and to its negatives."""
    unit = functional.normalize(frames, dim=-1)
    anchors = unit[:, :-1]
    crops = torch.arange(len(unit), device=unit.device)[:, None, None]
    others = unit[crops, negatives.to(unit.device)]
    adjacent = (anchors * unit[:, 1:]).sum(-1, keepdim=True)
    return torch.cat([adjacent, torch.einsum("btd,btkd->btk", anchors, others)], dim=-1)


def nce(frames: Tensor, generator: torch.Generator) -> Tensor:
    """`adjacent_frame_loss` with one negative for each anchor."""
    crops, n_frames, _ = frames.shape
    return adjacent_frame_loss(frames, draw_negatives(crops, n_frames, 1, generator))


def barlow(frames: Tensor, generator: torch.Generator) -> Tensor:
    """Barlow Twins between neighbours: sum over (1 - C_ii)^2 + REDUNDANCY * sum over i != j of C_ij^2, divided by D.

    frames: (B, T, D). C is the cross-correlation, over all pairs of a frame and the next, of the D dimensions of one
    with those of the other. 0 for neighbours that are equal in dimensions that tell nothing of each other; about 1
    for frames that do not depend on their neighbours. Nothing is drawn.
    """
    before, after = (_standardised(side.flatten(0, 1)) for side in (frames[:, :-1], frames[:, 1:]))
    correlation = before.T @ after / len(before)
    agreement = torch.diagonal(correlation)
    redundancy = correlation.square().sum() - agreement.square().sum()
    return ((1 - agreement).square().sum() + REDUNDANCY * redundancy) / len(correlation)


def _standardised(values: Tensor) -> Tensor:
    """(N, D) -> the same with mean 0 and standard deviation 1 in each dimension (0 where nothing varies)."""
    centred = values - values.mean(dim=0)
    return centred / centred.square().mean(dim=0).add(1e-8).sqrt()


OBJECTIVES: dict[str, Objective] = {"nce": nce, "barlow": barlow}
