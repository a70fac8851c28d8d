"""Samples -> log-mel frames, which need no training."""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from phonseg.encoders.base import TorchEncoder
from phonseg.timeline.grid import FrameGrid, Samples

WINDOW = 512  # samples of a frame
# Frames whose spectra are computed at once. More do not fit into the processor's cache, and the system would take back
# and hand out their memory each time, which takes as long as the spectra.
CACHED_FRAMES = 256


class LogMel(TorchEncoder):
    """Mel-band power under a Box-Cox compression. Nothing is learned, and nothing is normalised per recording.

    The constant term of the compression is left out, since no difference between frames depends on it.

    Args:
        window: samples under the Hann window, 1 to 512. The window sits in the middle of a frame of 512 samples, so
            that encoders with different windows share a grid.
        bands: mel bands from 0 Hz to half the sample rate, at least 1.
        exponent: 0 or more; the frames are power ** exponent / exponent, or log(power + floor) if the exponent is 0.
        floor: above 0, relative to the power of the loud frames at level 1; only the logarithm uses it.
        sample_rate: samples per second, at least 1.
        hop: samples from one frame to the next, at least 1.

    Attributes:
        mel: (WINDOW // 2 + 1, bands) weight of each frequency in each band.
        mel_of_parts: (WINDOW + 2, bands) the same for the real and the imaginary part of each frequency, in turn.
        hann: (WINDOW,) the Hann window, with zeros on both sides, scaled to the energy 1.
    """

    name = "log-mel"
    mel: Tensor
    mel_of_parts: Tensor
    hann: Tensor

    def __init__(
        self,
        *,
        window: int = 400,
        bands: int = 40,
        exponent: float = 0.0,
        floor: float = 3e-4,
        sample_rate: int = 16_000,
        hop: int = 160,
    ) -> None:
        super().__init__()
        self.grid = FrameGrid(sample_rate, hop, WINDOW)
        self.window, self.bands, self.exponent, self.floor = window, bands, exponent, floor
        self.sample_rate, self.hop = sample_rate, hop
        # On the processor even where networks get shapes alone, since these tensors are in no model file.
        hann = torch.hann_window(window, periodic=True, dtype=torch.float32, device="cpu")
        hann = hann / hann.square().sum().sqrt()
        left = (WINDOW - window) // 2
        self.register_buffer("hann", nn.functional.pad(hann, (left, WINDOW - window - left)), persistent=False)
        self.register_buffer("mel", torch.from_numpy(_mel_filters(sample_rate, bands).copy()), persistent=False)
        self.register_buffer("mel_of_parts", self.mel.repeat_interleave(2, dim=0), persistent=False)

    def power(self, samples: Tensor) -> Tensor:
        """Returns the mel-band power of a batch.

        Args:
            samples: (B, N) mono samples, at least one window of them.

        Returns:
            (B, T, bands) power, 0 or more.
        """
        frames = samples.unfold(-1, WINDOW, self.hop)
        return torch.cat([self._power(part) for part in torch.split(frames, CACHED_FRAMES, dim=-2)], dim=-2)

    @torch.inference_mode()
    def power_of(self, samples: Samples) -> Tensor:
        """Returns the mel-band power of one signal, without gradients.

        Args:
            samples: (N,) mono samples.

        Returns:
            (grid.count(N), bands) power, 0 or more, on the device of the filters.
        """
        if self.grid.count(len(samples)) == 0:
            return self.mel.new_zeros(0, self.bands)
        batch = torch.from_numpy(np.require(samples, np.float32, ["C", "W"])).to(self.mel.device)[None]
        return self.power(batch)[0]

    def _power(self, frames: Tensor) -> Tensor:
        """(B, T, WINDOW) samples -> (B, T, bands)."""
        windowed = frames * self.hann
        # A constant offset under the window would leak into the lowest bands, so each frame's weighted mean is removed.
        offset = windowed.sum(dim=-1, keepdim=True) / self.hann.sum()
        spectrum = torch.fft.rfft(windowed.addcmul_(offset, self.hann, value=-1))
        # Real and imaginary parts alternate; the power of a band is the weighted sum of their squares.
        return torch.view_as_real(spectrum).flatten(-2).square_() @ self.mel_of_parts

    def compress(self, power: Tensor) -> Tensor:
        """Returns the features of mel-band power, each from its band alone.

        Args:
            power: (..., bands) at level 1.

        Returns:
            (..., bands) features.
        """
        if self.exponent == 0:
            return torch.log(power + self.floor)
        return power.pow(self.exponent) / self.exponent

    def forward(self, samples: Tensor) -> Tensor:
        """Returns the frames of a batch.

        Args:
            samples: (B, N) mono samples at level 1, at least one window of them.

        Returns:
            (B, T, bands) frames.
        """
        return self.compress(self.power(samples))


@lru_cache(maxsize=8)
def _mel_filters(sample_rate: int, bands: int) -> NDArray[np.float32]:
    """(WINDOW // 2 + 1, bands) weight of each frequency in each band; for every encoder, a copy."""
    # A library that librosa imports warns if a notebook has no widgets, and librosa does if a band holds no frequency.
    with warnings.catch_warnings(action="ignore"):
        import librosa

        filters = librosa.filters.mel(sr=sample_rate, n_fft=WINDOW, n_mels=bands, dtype=np.float32)
    return np.ascontiguousarray(filters.T)
