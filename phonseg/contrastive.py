"""The loss: tell the adjacent frame from a random frame of the same recording (Kreuk, Keshet and Adi, 2020).

Three faults of the first implementation are mended here. A negative is never the anchor and never the positive; it
is never padding, since crops have one length; and nothing is drawn inside the loss, so that a validation loss
with fixed negatives can be compared from one epoch to the next.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from phonseg.errors import ConfigurationError


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
