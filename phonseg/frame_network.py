"""Networks of log-mel frames: unpadded residual convolutions over time, which see the same frames of the same sound.

They are trained on mel-band power, which can be made rough without a waveform (see `phonseg.self_training`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from phonseg.encoder import LogMel, Samples, TorchEncoder
from phonseg.timeline import FrameGrid

DILATIONS = (1, 2, 4, 1, 2, 4)
# Power relative to the loud frames. Far lower than a plain contrast can bear: a network learns what noise is.
FLOOR = 1e-5


class ResidualBlock(nn.Module):
    """Frames plus what an unpadded dilated convolution makes of them; `dilation` frames fall off at each end."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.change = nn.Sequential(
            nn.Conv1d(width, width, 3, dilation=dilation),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Dropout(0.1),
            nn.Conv1d(width, width, 1),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """(B, width, T) -> (B, width, T - 2 * dilation)."""
        changed: Tensor = frames[..., self.dilation : -self.dilation] + self.change(frames)
        return changed

    def of_one(self, frames: Tensor) -> Tensor:
        """(T, width) -> (T - 2 * dilation, width): the same of one signal in evaluation mode."""
        convolution, normalisation, activation, mix = cast(
            tuple[nn.Conv1d, nn.BatchNorm1d, nn.GELU, nn.Conv1d], [self.change[place] for place in (0, 1, 2, 4)]
        )
        inner = activation(_convolved(frames, *_folded(convolution, normalisation), self.dilation))
        return _mixed(inner, mix).add_(frames[self.dilation : -self.dilation])


class FrameNetwork(TorchEncoder):
    """Log-mel frames -> scores, of which `judged` makes the frames that come out.

    bands: of the log-mel frames. width: channels of the hidden layers. outputs: scores for each frame. Nothing is
    padded: a frame depends on `reach` log-mel frames to either side.
    """

    def __init__(self, *, bands: int, width: int, outputs: int, dilations: Sequence[int] = DILATIONS) -> None:
        super().__init__()
        self.features = LogMel(window=512, bands=bands, floor=FLOOR)
        self.bands, self.width = bands, width
        self.reach = 1 + sum(dilations)  # frames of context on either side
        inner = self.features.grid
        self.grid = FrameGrid(inner.sample_rate, inner.hop, inner.window + 2 * self.reach * inner.hop)
        self.layers = nn.Sequential(
            nn.Conv1d(bands, width, 3),
            nn.BatchNorm1d(width),
            nn.GELU(),
            *(ResidualBlock(width, dilation) for dilation in dilations),
            nn.Conv1d(width, outputs, 1),
        )

    @abstractmethod
    def judged(self, scores: Tensor) -> Tensor:
        """(..., outputs) scores -> (..., D) frames."""

    def scores(self, power: Tensor) -> Tensor:
        """(B, T + 2 * reach, bands) mel-band power at level 1 -> (B, T, outputs). For training."""
        scores: Tensor = self.layers(self._seen(power).transpose(1, 2))
        return scores.transpose(1, 2)

    def forward(self, samples: Tensor) -> Tensor:
        """(B, N) samples -> (B, T, D) frames, as in evaluation mode."""
        return torch.stack([self.judged(self._scores_of_one(power)) for power in self.features.power(samples)])

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """(N,) samples -> (T, D) frames, without gradients; the weights stay as they are."""
        return self.encode_power(self.features.power_of(samples))

    @torch.inference_mode()
    def encode_power(self, power: Tensor) -> NDArray[np.float32]:
        """The frames of a signal whose `features.power_of` is known: (T + 2 * reach, bands) -> (T, D)."""
        n_frames = max(0, len(power) - 2 * self.reach)
        if n_frames == 0:
            power = power.new_zeros(2 * self.reach + 1, self.bands)
        frames: NDArray[np.float32] = self.judged(self._scores_of_one(power))[:n_frames].cpu().numpy()
        return frames

    def _seen(self, power: Tensor) -> Tensor:
        return (self.features.compress(power) + 5) / 3

    def _scores_of_one(self, power: Tensor) -> Tensor:
        """(T + 2 * reach, bands) -> (T, outputs): `scores` in evaluation mode, in about half the time.

        A convolution is a sum of matrix products, added up in place, and normalisation is a part of it.
        """
        first, normalisation, activation, *blocks, last = self.layers
        frames = _convolved(self._seen(power), *_folded(cast(nn.Conv1d, first), cast(nn.BatchNorm1d, normalisation)))
        frames = activation(frames)
        for block in blocks:
            frames = cast(ResidualBlock, block).of_one(frames)
        return _mixed(frames, cast(nn.Conv1d, last))


def _folded(convolution: nn.Conv1d, normalisation: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """(taps, inputs, outputs) weights and (outputs,) bias of a convolution with the normalisation that follows it."""
    assert normalisation.running_mean is not None
    assert normalisation.running_var is not None
    assert convolution.bias is not None
    scale = normalisation.weight * torch.rsqrt(normalisation.running_var + normalisation.eps)
    bias = (convolution.bias - normalisation.running_mean) * scale + normalisation.bias
    return (convolution.weight * scale[:, None, None]).permute(2, 1, 0).contiguous(), bias


def _convolved(frames: Tensor, weights: Tensor, bias: Tensor, dilation: int = 1) -> Tensor:
    """(T, inputs) -> (T - dilation * (taps - 1), outputs)."""
    n = len(frames) - dilation * (len(weights) - 1)
    result = torch.addmm(bias, frames[:n], weights[0])
    for tap in range(1, len(weights)):
        result.addmm_(frames[tap * dilation :][:n], weights[tap])
    return result


def _mixed(frames: Tensor, mix: nn.Conv1d) -> Tensor:
    """(T, inputs) -> (T, outputs): a convolution that sees one frame at a time."""
    return functional.linear(frames, mix.weight[..., 0], mix.bias)
