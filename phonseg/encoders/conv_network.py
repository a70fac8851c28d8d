"""Networks of log-mel frames: unpadded residual convolutions over time, which see the same frames of the same sound.

They are trained on mel-band power, which can be made rough without a waveform (see `phonseg.augmentation.spectral`).
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

from phonseg.encoders.base import Samples, TorchEncoder
from phonseg.encoders.log_mel import LogMel
from phonseg.timeline.grid import FrameGrid

DILATIONS = (1, 2, 4, 8, 4, 2)
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


class ConvNetwork(TorchEncoder):
    """Log-mel frames -> scores, of which `judged` makes the frames that come out.

    It is trained through `scores` and used through `encode` or `ready`; there is no `forward`.

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
    def activate(self, scores: Tensor) -> Tensor:
        """(..., outputs) scores -> (..., D) frames."""

    def scores(self, power: Tensor) -> Tensor:
        """(B, T + 2 * reach, bands) mel-band power at level 1 -> (B, T, outputs); for training, in either mode."""
        scores: Tensor = self.layers(self.features_of(power).transpose(1, 2))
        return scores.transpose(1, 2)

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """(N,) samples -> (T, D) frames, without gradients; the weights stay as they are."""
        return self.folded().encode_power(self.features.power_of(samples))

    def folded(self) -> FoldedNetwork:
        """The network with the weights that it has now, for use in evaluation mode."""
        return FoldedNetwork(self)

    def features_of(self, power: Tensor) -> Tensor:
        """(..., bands) mel-band power at level 1 -> the log-mel frames that the layers see, about -2..3."""
        return (self.features.compress(power) + 5) / 3


class FoldedNetwork:
    """A network that is only used: the same numbers in 0.7 of the time.

    A convolution is a sum of matrix products over frames, added up in place, and normalisation is a part of it.
    """

    def __init__(self, network: ConvNetwork) -> None:
        self.network = network
        first, normalisation, _, *blocks, last = network.layers
        with torch.no_grad():
            self.first = _folded(first, normalisation)
            self.blocks = [_folded_block(cast(ResidualBlock, block)) for block in blocks]
            self.last = _matrix(last)

    @torch.inference_mode()
    def encode_power(self, power: Tensor) -> NDArray[np.float32]:
        """The frames of a signal whose `features.power_of` is known: (T + 2 * reach, bands) -> (T, D)."""
        least = 2 * self.network.reach + 1
        if len(power) < least:
            return self.encode_power(power.new_zeros(least, power.shape[1]))[:0]
        weights, bias = self.first
        frames = functional.gelu(_convolved(self.network.features_of(power), weights, bias))
        for dilation, weights, bias, mix, mixed_bias in self.blocks:
            inner = functional.gelu(_convolved(frames, weights, bias, dilation))
            frames = frames[dilation:-dilation].addmm_(inner, mix).add_(mixed_bias)
        matrix, bias = self.last
        activate: NDArray[np.float32] = self.network.activate(torch.addmm(bias, frames, matrix)).cpu().numpy()
        return activate


def _folded_block(block: ResidualBlock) -> tuple[int, Tensor, Tensor, Tensor, Tensor]:
    """Dilation, weights and bias of the convolution, and those of what mixes its channels."""
    convolution, normalisation, _, _, mix = block.change
    return block.dilation, *_folded(convolution, normalisation), *_matrix(mix)


def _folded(convolution: nn.Module, normalisation: nn.Module) -> tuple[Tensor, Tensor]:
    """(taps, inputs, outputs) weights and (outputs,) bias of a convolution with the normalisation that follows it."""
    convolution, normalisation = cast(nn.Conv1d, convolution), cast(nn.BatchNorm1d, normalisation)
    assert normalisation.running_mean is not None
    assert normalisation.running_var is not None
    assert convolution.bias is not None
    scale = normalisation.weight * torch.rsqrt(normalisation.running_var + normalisation.eps)
    bias = (convolution.bias - normalisation.running_mean) * scale + normalisation.bias
    return (convolution.weight * scale[:, None, None]).permute(2, 1, 0).contiguous(), bias


def _matrix(mix: nn.Module) -> tuple[Tensor, Tensor]:
    """(inputs, outputs) and (outputs,) of a convolution that sees one frame at a time."""
    mix = cast(nn.Conv1d, mix)
    assert mix.bias is not None
    return mix.weight[..., 0].T.contiguous(), mix.bias.detach()


def _convolved(frames: Tensor, weights: Tensor, bias: Tensor, dilation: int = 1) -> Tensor:
    """(T, inputs) -> (T - dilation * (taps - 1), outputs)."""
    n = len(frames) - dilation * (len(weights) - 1)
    result = torch.addmm(bias, frames[:n], weights[0])
    for tap in range(1, len(weights)):
        result.addmm_(frames[tap * dilation :][:n], weights[tap])
    return result
