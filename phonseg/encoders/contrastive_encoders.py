"""Samples -> frames of the two encoders that contrastive training teaches."""

from __future__ import annotations

from torch import Tensor, nn

from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.log_mel import LogMel
from phonseg.timeline.grid import FrameGrid


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
