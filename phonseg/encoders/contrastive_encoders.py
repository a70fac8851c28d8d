"""Samples -> frames of the two encoders that are trained contrastively."""

from __future__ import annotations

from torch import Tensor, nn

from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.layers import Convolution, Normalisation, Projection
from phonseg.encoders.log_mel import LogMel
from phonseg.timeline.grid import FrameGrid


class LogMelNetwork(TorchEncoder):
    """A perceptron with two hidden layers on single log-mel frames: the cheapest trained encoder.

    Args:
        bands: mel bands, at least 1.
        width: channels of the hidden layers, at least 1.
        dimensions: size D of the frames, at least 1.
    """

    name = "log-mel-network"

    def __init__(self, *, bands: int = 40, width: int = 192, dimensions: int = 64) -> None:
        super().__init__()
        self.features = LogMel(window=512, bands=bands)
        self.grid = self.features.grid
        self.bands, self.width, self.dimensions = bands, width, dimensions
        self.layers = nn.Sequential(
            Convolution(bands, width, 1),
            Normalisation(width),
            nn.GELU(),
            Convolution(width, width, 1),
            Normalisation(width),
            nn.GELU(),
            Convolution(width, dimensions, 1),
        )

    def forward(self, samples: Tensor) -> Tensor:
        """Returns the frames of a batch.

        Args:
            samples: (B, N) mono samples at level 1.

        Returns:
            (B, T, dimensions) frames.
        """
        # At level 1, log power lies between log(3e-4) = -8 and about 4; this scales it to about -1 to 3.
        features = (self.features(samples) + 5) / 3
        frames: Tensor = self.layers(features.transpose(1, 2))
        return frames.transpose(1, 2)


class RawWaveformEncoder(TorchEncoder):
    """Five unpadded convolutions without bias on the waveform: kernels 10, 8, 4, 4, 4; strides 5, 4, 2, 2, 2.

    The hop is 160 samples and the window 465. The weights released with the paper have 128 channels, 128 dimensions and
    no projection.

    Args:
        channels: of the hidden layers, at least 1.
        dimensions: channels of the last convolution, at least 1.
        projection: size of a linear projection after a LeakyReLU; 0 for none.
        sample_rate: samples per second, at least 1.

    References:
        Kreuk, Keshet and Adi (2020). Self-supervised contrastive learning for unsupervised phoneme segmentation.
        Interspeech, arXiv 2007.13465.
    """

    name = "raw-waveform"

    def __init__(
        self, *, channels: int = 256, dimensions: int = 256, projection: int = 64, sample_rate: int = 16_000
    ) -> None:
        super().__init__()
        self.grid = FrameGrid(sample_rate, hop=160, window=465)
        self.channels, self.dimensions, self.projection = channels, dimensions, projection
        self.sample_rate = sample_rate
        layers: list[nn.Module] = []
        for inputs, kernel, stride in ((1, 10, 5), (channels, 8, 4), (channels, 4, 2), (channels, 4, 2)):
            convolution = Convolution(inputs, channels, kernel, stride, bias=False)
            layers += [convolution, Normalisation(channels), nn.LeakyReLU()]
        self.layers = nn.Sequential(*layers, Convolution(channels, dimensions, 4, 2, bias=False))
        self.head = nn.Sequential(nn.LeakyReLU(), Projection(dimensions, projection)) if projection else nn.Identity()

    def forward(self, samples: Tensor) -> Tensor:
        """Returns the frames of a batch.

        Args:
            samples: (B, N) mono samples.

        Returns:
            (B, T, projection) frames; (B, T, dimensions) without a projection.
        """
        frames: Tensor = self.head(self.layers(samples[:, None]).transpose(1, 2))
        return frames
