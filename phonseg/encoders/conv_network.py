"""Samples -> frames of a convolutional network on log-mel features: unpadded residual convolutions over time.

The networks are trained on mel-band power, to which noise can be added without a waveform (see
`phonseg.augmentation.spectral`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.layers import Convolution, Normalisation
from phonseg.encoders.log_mel import LogMel
from phonseg.timeline.grid import FrameGrid, Samples

DILATIONS = (1, 2, 4, 8, 4, 2)
# Power relative to the loud frames. It is much lower than a plain contrast allows: a network learns to ignore noise.
FLOOR = 1e-5


class ResidualBlock(nn.Module):
    """Adds to each frame the output of an unpadded dilated convolution; `dilation` frames are lost at each end.

    Args:
        width: channels, at least 1.
        dilation: frames from one tap of the convolution to the next, at least 1.
    """

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.change = nn.Sequential(
            Convolution(width, width, 3, dilation=dilation),
            Normalisation(width),
            nn.GELU(),
            nn.Dropout(0.1),
            Convolution(width, width, 1),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Returns the changed frames.

        Args:
            frames: (B, width, T).

        Returns:
            (B, width, T - 2 * dilation).
        """
        return torch.add(frames[..., self.dilation : -self.dilation], self.change(frames))


class ConvNetwork(TorchEncoder):
    """Scores for each log-mel frame, which `activate` turns into the frames of the encoder.

    It is trained through `scores` and used through `encode` or `folded`; it has no `forward`. Nothing is padded: a
    frame depends on `reach` log-mel frames to either side.

    Args:
        bands: mel bands of the features, at least 1.
        width: channels of the hidden layers.
        outputs: scores for each frame.
        dilations: one residual block for each.
    """

    def __init__(self, *, bands: int, width: int, outputs: int, dilations: Sequence[int] = DILATIONS) -> None:
        super().__init__()
        self.features = LogMel(window=512, bands=bands, floor=FLOOR)
        self.bands, self.width = bands, width
        self.reach = 1 + sum(dilations)  # frames of context on either side
        inner = self.features.grid
        self.grid = FrameGrid(inner.sample_rate, inner.hop, inner.window + 2 * self.reach * inner.hop)
        self.layers = nn.Sequential(
            Convolution(bands, width, 3),
            Normalisation(width),
            nn.GELU(),
            *(ResidualBlock(width, dilation) for dilation in dilations),
            Convolution(width, outputs, 1),
        )

    def activate(self, scores: Tensor) -> Tensor:
        """Returns the frames of the encoder.

        Args:
            scores: (..., outputs).

        Returns:
            (..., D) frames.
        """
        raise NotImplementedError

    def scores(self, power: Tensor) -> Tensor:
        """Returns the scores of a batch, in training or in evaluation mode.

        Args:
            power: (B, T + 2 * reach, bands) mel-band power at level 1.

        Returns:
            (B, T, outputs) scores.
        """
        return torch.transpose(self.layers(self.features_of(power).transpose(1, 2)), 1, 2)

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """Returns the frames of a signal, in evaluation mode and without gradients. The weights do not change.

        Args:
            samples: (N,) mono samples at level 1.

        Returns:
            (grid.count(N), D) frames.
        """
        return self.folded().encode_power(self.features.power_of(samples))

    def folded(self) -> FoldedNetwork[ConvNetwork]:
        """Returns a copy of the network, with its present weights, that only encodes."""
        return FoldedNetwork(self)

    def features_of(self, power: Tensor) -> Tensor:
        """Returns the log-mel features that the layers work on.

        Args:
            power: (..., bands) mel-band power at level 1.

        Returns:
            (..., bands) features, about -2 to 3.
        """
        return (self.features.compress(power) + 5) / 3


class Foldable(Protocol):
    """A network of residual convolutions over time.

    Attributes:
        layers: a convolution, its normalisation and GELU, residual blocks, and a convolution of single frames.
        reach: frames of context on either side.
    """

    layers: nn.Sequential
    reach: int

    def features_of(self, power: Tensor) -> Tensor:
        """Returns what the layers work on.

        Args:
            power: (..., bands) power at level 1.

        Returns:
            (..., bands) features.
        """

    def activate(self, scores: Tensor) -> Tensor:
        """Returns what comes after the layers.

        Args:
            scores: (..., outputs).

        Returns:
            (..., D) frames.
        """


Network = TypeVar("Network", bound=Foldable)


class FoldedNetwork(Generic[Network]):
    """A network for use in evaluation mode only: the same frames in 0.7 of the time.

    A convolution is computed as a sum of matrix products over frames, added up in place, and the normalisation is
    folded into its weights.

    Args:
        network: whose present weights are used.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        first, normalisation, _, *blocks, last = network.layers
        with torch.no_grad():
            self.first = _folded(first, normalisation)
            self.blocks = [_folded_block(block) for block in blocks]
            self.last = _matrix(last)

    @torch.inference_mode()
    def encode_power(self, power: Tensor) -> NDArray[np.float32]:
        """Returns the frames of a signal whose mel-band power is known.

        Args:
            power: (T + 2 * reach, bands) from `features.power_of`, on the device of the weights.

        Returns:
            (T, D) frames; none if the power has 2 * reach frames or fewer.
        """
        least = 2 * self.network.reach + 1
        if len(power) < least:
            return self.encode_power(power.new_zeros(least, power.shape[1]))[:0]
        weights, bias = self.first
        frames = functional.gelu(_convolved(self.network.features_of(power), weights, bias))
        for dilation, weights, bias, mix, mixed_bias in self.blocks:
            inner = functional.gelu(_convolved(frames, weights, bias, dilation))
            frames = frames[dilation:-dilation].addmm_(inner, mix).add_(mixed_bias)
        matrix, bias = self.last
        return np.asarray(self.network.activate(torch.addmm(bias, frames, matrix)).cpu().numpy())


# The layers of a Sequential have no types of their own, hence Any.


def _folded_block(block: Any) -> tuple[int, Tensor, Tensor, Tensor, Tensor]:
    """The dilation, the weights and bias of the convolution, and those of the layer that mixes its channels."""
    convolution, normalisation, _, _, mix = block.change
    return block.dilation, *_folded(convolution, normalisation), *_matrix(mix)


def _folded(convolution: Any, normalisation: Any) -> tuple[Tensor, Tensor]:
    """(taps, inputs, outputs) weights and (outputs,) bias of a convolution with the normalisation after it."""
    scale = normalisation.weight * torch.rsqrt(normalisation.running_var + normalisation.eps)
    bias = (convolution.bias - normalisation.running_mean) * scale + normalisation.bias
    return (convolution.weight * scale[:, None, None]).permute(2, 1, 0).contiguous(), bias


def _matrix(mix: Any) -> tuple[Tensor, Tensor]:
    """(inputs, outputs) weights and (outputs,) bias of a convolution of single frames."""
    return mix.weight[..., 0].T.contiguous(), mix.bias.detach()


def _convolved(frames: Tensor, weights: Tensor, bias: Tensor, dilation: int = 1) -> Tensor:
    """(T, inputs) -> (T - dilation * (taps - 1), outputs)."""
    n = len(frames) - dilation * (len(weights) - 1)
    result = torch.addmm(bias, frames[:n], weights[0])
    for tap in range(1, len(weights)):
        result.addmm_(frames[tap * dilation :][:n], weights[tap])
    return result
