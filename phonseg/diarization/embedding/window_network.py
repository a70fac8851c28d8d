"""Log-mel frames of windows -> vectors, by a small network that learns what stays the same within a recording."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from phonseg.diarization.embedding.windows import FEATURES, LogFrames, Windows
from phonseg.encoders.layers import Convolution, Normalisation, Projection

DILATIONS = (1, 2, 3, 4)
BATCH = 64  # windows that are embedded at once
SHORTEST = 30  # frames; a shorter window is repeated up to this length
LEAST_VARIANCE = 1e-5
SCALE = 0.5  # of the log-mel frames, so that most lie between -2 and 2


class WindowNetwork(nn.Module):
    """Convolutions over the frames of a window, pooled by attention to one vector.

    Args:
        width: channels of the hidden layers, at least 1.
        dimensions: of the vectors, at least 1.

    References:
        Snyder, Garcia-Romero, Sell, Povey and Khudanpur (2018). X-vectors: Robust DNN embeddings for speaker
        recognition. ICASSP. Okabe, Koshinaka and Shinoda (2018). Attentive statistics pooling for deep speaker
        embedding. Interspeech.
    """

    def __init__(self, *, width: int = 128, dimensions: int = 64) -> None:
        super().__init__()
        self.width, self.dimensions = width, dimensions
        self.first, self.first_normalisation = Convolution(FEATURES.bands, width, 5, 2), Normalisation(width)
        self.blocks = nn.ModuleList(Convolution(width, width, 3, dilation=dilation) for dilation in DILATIONS)
        self.normalisations = nn.ModuleList(Normalisation(width) for _ in DILATIONS)
        self.wide, self.wide_normalisation = Convolution(width, 2 * width, 1), Normalisation(2 * width)
        self.attention = nn.Sequential(Convolution(2 * width, 64, 1), nn.Tanh(), Convolution(64, 2 * width, 1))
        self.pooled_normalisation, self.last = Normalisation(4 * width), Projection(4 * width, dimensions)

    def forward(self, frames: Tensor) -> Tensor:
        """Returns the vectors of windows of one length.

        Args:
            frames: (B, T, bands) log-mel frames freed of their channel, times SCALE.

        Returns:
            (B, dimensions).
        """
        hidden = functional.pad(frames.transpose(1, 2), (2, 2))
        hidden = self.first_normalisation(functional.relu(self.first(hidden)))
        for dilation, block, normalisation in zip(DILATIONS, self.blocks, self.normalisations, strict=True):
            changed = functional.relu(block(functional.pad(hidden, (dilation, dilation))))
            hidden = hidden + normalisation(changed)
        hidden = self.wide_normalisation(functional.relu(self.wide(hidden)))
        attention = torch.softmax(self.attention(hidden), dim=-1)
        mean = (attention * hidden).sum(-1)
        variance = (attention * hidden.square()).sum(-1) - mean.square()
        pooled = torch.cat([mean, variance.clamp_min(LEAST_VARIANCE).sqrt()], dim=1)
        vectors: Tensor = self.last(self.pooled_normalisation(pooled))
        return vectors

    @torch.inference_mode()
    def embed(self, frames: LogFrames, windows: Windows) -> NDArray[np.float32]:
        """Returns the vectors of windows, in evaluation mode.

        Args:
            frames: (T, bands) freed of their channel.
            windows: W of them.

        Returns:
            (W, dimensions).
        """
        found = np.zeros((len(windows), self.dimensions), np.float32)
        lengths = windows[:, 1] - windows[:, 0]
        for length in np.unique(lengths):
            places = np.flatnonzero(lengths == length)
            for some in np.array_split(places, -(-len(places) // BATCH)):
                batch = np.stack([_long_enough(frames[first:end]) for first, end in windows[some]])
                found[some] = self(torch.from_numpy(batch * np.float32(SCALE))).numpy()
        return found


def _long_enough(frames: LogFrames) -> LogFrames:
    """The frames of a window, repeated if there are fewer than SHORTEST."""
    return np.tile(frames, (-(-SHORTEST // len(frames)), 1)) if len(frames) < SHORTEST else frames
