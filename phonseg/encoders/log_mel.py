"""Samples -> log-mel frames, of which nothing is learned."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from phonseg.encoders.base import Samples, TorchEncoder
from phonseg.timeline.grid import FrameGrid

# Frames of which spectra are taken at once. More of them fall out of the processor's cache, and the memory that they
# take goes back to the operating system and must be asked for again each time, which takes as long as the spectra.
IN_CACHE = 256


class LogMel(TorchEncoder):
    """Mel-band power under a Box-Cox compression; nothing is learned and nothing is normalised per recording.

    sample_rate: 16 000 unless said otherwise. window: samples under the Hann window, at most 512 (it sits in the
    middle of a 512-sample frame, so that encoders with different windows share a grid). bands: mel bands from 0 Hz
    to half the sample rate. exponent: power ** exponent / exponent, or log(power + floor) when it is 0.
    floor: power relative to that of the loud frames of a recording (level 1); only the logarithm needs it.
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
        size = 512
        self.grid = FrameGrid(sample_rate, hop, size)
        self.window, self.bands, self.exponent, self.floor = window, bands, exponent, floor
        hann = torch.hann_window(window, periodic=True)
        hann = hann / hann.square().sum().sqrt()
        left = (size - window) // 2
        self.register_buffer("hann", nn.functional.pad(hann, (left, size - window - left)), persistent=False)
        mel = _mel_filters(sample_rate, size, bands)
        self.register_buffer("mel", torch.from_numpy(np.ascontiguousarray(mel)), persistent=False)
        self.register_buffer("mel_of_parts", self.mel.repeat_interleave(2, dim=0), persistent=False)

    def settings(self) -> dict[str, int | float]:
        """See the class."""
        return {
            "window": self.window,
            "bands": self.bands,
            "exponent": self.exponent,
            "floor": self.floor,
            "sample_rate": self.grid.sample_rate,
            "hop": self.grid.hop,
        }

    def power(self, samples: Tensor) -> Tensor:
        """(B, N) samples -> (B, T, bands) mel-band power."""
        frames = samples.unfold(-1, self.grid.window, self.grid.hop)
        return torch.cat([self._power(part) for part in torch.split(frames, IN_CACHE, dim=-2)], dim=-2)

    @torch.inference_mode()
    def power_of(self, samples: Samples) -> Tensor:
        """(N,) samples -> (T, bands) mel-band power, without gradients and on the device of the filters."""
        if self.grid.count(len(samples)) == 0:
            return self.mel.new_zeros(0, self.bands)
        mine = torch.from_numpy(np.require(samples, np.float32, ["C", "W"])).to(self.mel.device)
        return self.power(mine[None])[0]

    def _power(self, frames: Tensor) -> Tensor:
        """(B, T, window) samples -> (B, T, bands)."""
        windowed = frames * self.hann
        # A constant offset under the window would leak into the lowest bands: take out each frame's weighted mean.
        offset = windowed.sum(dim=-1, keepdim=True) / self.hann.sum()
        spectrum = torch.fft.rfft(windowed.addcmul_(offset, self.hann, value=-1))
        # Real and imaginary parts by turns: the sum over a band is that over their squares.
        return torch.view_as_real(spectrum).flatten(-2).square_() @ self.mel_of_parts

    def compress(self, power: Tensor) -> Tensor:
        """Band power -> features, band by band."""
        if self.exponent == 0:
            return torch.log(power + self.floor)
        return power.pow(self.exponent) / self.exponent

    def forward(self, samples: Tensor) -> Tensor:
        """(B, N) samples -> (B, T, bands)."""
        return self.compress(self.power(samples))


def _mel_filters(sample_rate: int, size: int, bands: int) -> NDArray[np.float32]:
    """(size // 2 + 1, bands) how much each frequency adds to each band."""
    with warnings.catch_warnings():  # as it is loaded, a part of librosa's may miss the widgets of a notebook
        warnings.filterwarnings("ignore", message="IProgress not found")
        import librosa

        return np.asarray(librosa.filters.mel(sr=sample_rate, n_fft=size, n_mels=bands).T)
