"""Recording -> frames: the one protocol, and the three encoders that come with phonseg.

An encoder sees samples at its own rate whose level has been set (see `phonseg.hearing`), pads nothing, and gives one
vector per frame of its grid. Frame i depends on the samples that the grid names and on nothing else, so a
recording may be encoded in pieces.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from phonseg.timeline import FrameGrid

Samples = NDArray[np.float32]

# Frames of which spectra are taken at once. More of them fall out of the processor's cache, and the memory that they
# take goes back to the operating system and must be asked for again each time, which takes as long as the spectra.
IN_CACHE = 256


@runtime_checkable
class FrameEncoder(Protocol):
    """Anything with these three plugs in."""

    @property
    def name(self) -> str:
        """What to call it in a model file."""

    @property
    def grid(self) -> FrameGrid:
        """Where its frames lie."""

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """(N,) samples at grid.sample_rate -> (grid.count(N), D) frames."""


class TorchEncoder(nn.Module):
    """What the encoders below share: `forward` on batches for training, `encode` on one signal for use."""

    name: ClassVar[str]
    grid: FrameGrid

    @abstractmethod
    def settings(self) -> dict[str, int | float]:
        """The arguments that make an encoder of the same shape again."""

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """(N,) samples -> (T, D) frames, in evaluation mode and without gradients; the weights stay as they are."""
        device = next(self.buffers()).device
        was_training = self.training
        if was_training:  # to tell all layers so takes time
            self.eval()
        try:
            with torch.inference_mode():
                batch = torch.from_numpy(np.array(samples, dtype=np.float32)).to(device)[None]
                if self.grid.count(batch.shape[1]) == 0:
                    batch = batch.new_zeros(1, self.grid.window)
                    return np.asarray(self(batch)[0, :0].cpu().numpy(), dtype=np.float32)
                return np.asarray(self(batch)[0].cpu().numpy(), dtype=np.float32)
        finally:
            if was_training:
                self.train()


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


class LogMelNetwork(TorchEncoder):
    """A two-layer perceptron on single log-mel frames: the cheap trained encoder.

    width: of the hidden layers. dimensions: of the frames that come out.
    """

    name = "log-mel-network"

    def __init__(self, *, bands: int = 40, width: int = 192, dimensions: int = 64) -> None:
        super().__init__()
        self.features = LogMel(window=512, bands=bands)
        self.grid = self.features.grid
        self.bands, self.width, self.dimensions = bands, width, dimensions
        self.layers = nn.Sequential(
            nn.Conv1d(bands, width, 1),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Conv1d(width, width, 1),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Conv1d(width, dimensions, 1),
        )

    def settings(self) -> dict[str, int | float]:
        """See the class."""
        return {"bands": self.bands, "width": self.width, "dimensions": self.dimensions}

    def forward(self, samples: Tensor) -> Tensor:
        """(B, N) samples -> (B, T, dimensions)."""
        # Log power at level 1 lies between log(3e-4) = -8 and about 4; this brings it to about -1..3.
        features = (self.features(samples) + 5) / 3
        frames: Tensor = self.layers(features.transpose(1, 2))
        return frames.transpose(1, 2)


class RawWaveformEncoder(TorchEncoder):
    """The convolutional encoder of Kreuk, Keshet and Adi (Interspeech 2020, arXiv 2007.13465), on the waveform.

    Five unpadded convolutions without bias (kernels 10, 8, 4, 4, 4; strides 5, 4, 2, 2, 2): hop 160, window 465
    samples. channels: of the hidden layers. dimensions: of the frames; projection: width of the linear projection
    after a LeakyReLU, 0 for none. The weights released with the paper have 128, 128 and 0.
    """

    name = "raw-waveform"

    def __init__(
        self, *, channels: int = 256, dimensions: int = 256, projection: int = 64, sample_rate: int = 16_000
    ) -> None:
        super().__init__()
        self.grid = FrameGrid(sample_rate, hop=160, window=465)
        self.channels, self.dimensions, self.projection = channels, dimensions, projection
        layers: list[nn.Module] = []
        for i, (kernel, stride) in enumerate(((10, 5), (8, 4), (4, 2), (4, 2))):
            layers.append(nn.Conv1d(1 if i == 0 else channels, channels, kernel, stride, bias=False))
            layers += [nn.BatchNorm1d(channels), nn.LeakyReLU()]
        layers.append(nn.Conv1d(channels, dimensions, 4, 2, bias=False))
        self.layers = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.LeakyReLU(), nn.Linear(dimensions, projection)) if projection else nn.Identity()

    def settings(self) -> dict[str, int | float]:
        """See the class."""
        return {
            "channels": self.channels,
            "dimensions": self.dimensions,
            "projection": self.projection,
            "sample_rate": self.grid.sample_rate,
        }

    def forward(self, samples: Tensor) -> Tensor:
        """(B, N) samples -> (B, T, dimensions or projection)."""
        frames: Tensor = self.head(self.layers(samples[:, None]).transpose(1, 2))
        return frames


def _mel_filters(sample_rate: int, size: int, bands: int) -> NDArray[np.float32]:
    """(size // 2 + 1, bands) how much each frequency adds to each band."""
    with warnings.catch_warnings():  # as it is loaded, a part of librosa's may miss the widgets of a notebook
        warnings.filterwarnings("ignore", message="IProgress not found")
        import librosa

        return np.asarray(librosa.filters.mel(sr=sample_rate, n_fft=size, n_mels=bands).T)
