"""Speech -> the same speech spoken or played faster or slower."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def change_speed(power: Tensor, n_frames: int) -> Tensor:
    """(B, T, bands) power -> (B, n_frames, bands): the same speech spoken faster (T > n_frames) or slower."""
    stretched = functional.interpolate(power.transpose(1, 2), size=n_frames, mode="linear", align_corners=True)
    return stretched.transpose(1, 2)
