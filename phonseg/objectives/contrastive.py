"""Frames of an encoder -> the loss that trains it: frames that lie side by side should be alike, others should not.

`nce`: the encoder learns to tell the adjacent frame from a random frame of the same recording (Kreuk, Keshet and Adi,
2020). Three faults of the authors' implementation are corrected here. A negative is never the anchor or the positive;
it is never padding, since crops have one length; and the negatives of a validation loss are kept, so that losses can be
compared from step to step and between objectives.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from phonseg.errors import ConfigurationError


def draw_negatives(n_crops: int, n_frames: int, n_negatives: int, generator: torch.Generator) -> Tensor:
    """Draws negatives for each anchor frame but the last of each crop: other frames of the crop, except the next.

    Args:
        n_crops: how many crops.
        n_frames: in each crop, at least 3.
        n_negatives: for each anchor, 1 or more.
        generator: for the draw.

    Returns:
        (n_crops, n_frames - 1, n_negatives) int64 indices of frames. Each of the other n_frames - 2 frames is equally
        likely.

    Raises:
        ConfigurationError: if the crops have fewer than 3 frames.
    """
    if n_frames < 3:
        raise ConfigurationError(f"contrastive loss: crops of {n_frames} frames. Use crops of at least 3 frames.")
    shape, device = (n_crops, n_frames - 1, n_negatives), generator.device
    drawn = torch.randint(n_frames - 2, shape, generator=generator, device=device)
    # Skipping over the pair (anchor, anchor + 1) keeps the draw uniform over all other frames.
    return drawn + 2 * (drawn >= torch.arange(n_frames - 1, device=device)[None, :, None])


def adjacent_frame_loss(frames: Tensor, negatives: Tensor) -> Tensor:
    """Returns the mean over anchors t of -log softmax([cos(z_t, z_t+1), cos(z_t, z_negative), ...])[0].

    There is no temperature, as in the paper.

    Args:
        frames: (B, T, D).
        negatives: (B, T - 1, K) from `draw_negatives`.

    Returns:
        A scalar in nats: log(K + 1) if the adjacent frame is no more like the anchor than the negatives are.

    References:
        Kreuk, Keshet and Adi (2020). Self-supervised contrastive learning for unsupervised phoneme segmentation.
        Interspeech.
    """
    return -functional.log_softmax(_similarities(frames, negatives), dim=-1)[..., 0].mean()


def adjacent_frame_accuracy(frames: Tensor, negatives: Tensor) -> Tensor:
    """Returns the share of pairs in which the adjacent frame is more like the anchor than a negative is.

    Args:
        frames: (B, T, D).
        negatives: (B, T - 1, K) from `draw_negatives`.

    Returns:
        A scalar from 0 to 1; 0.5 by chance.
    """
    similarities = _similarities(frames, negatives)
    return (similarities[..., :1] > similarities[..., 1:]).to(torch.float32).mean()


def _similarities(frames: Tensor, negatives: Tensor) -> Tensor:
    """(B, T - 1, 1 + K) cosines of each anchor with the adjacent frame (first) and with its negatives."""
    unit = functional.normalize(frames, dim=-1)
    anchors = unit[:, :-1]
    crops = torch.arange(len(unit), device=unit.device)[:, None, None]
    others = unit[crops, negatives.to(unit.device)]
    adjacent = (anchors * unit[:, 1:]).sum(-1, keepdim=True)
    return torch.cat([adjacent, torch.einsum("btd,btkd->btk", anchors, others)], dim=-1)


def nce(frames: Tensor, generator: torch.Generator) -> Tensor:
    """Returns `adjacent_frame_loss` with one negative for each anchor.

    Args:
        frames: (B, T, D) frames of B crops.
        generator: for the negatives.

    Returns:
        A scalar in nats; log(2) by chance.

    Raises:
        ConfigurationError: if the crops have fewer than 3 frames.
    """
    crops, n_frames, _ = frames.shape
    return adjacent_frame_loss(frames, draw_negatives(crops, n_frames, 1, generator))
