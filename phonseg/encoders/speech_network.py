"""Mel-band power -> how likely speech is, from a small convolutional network that has heard speech in hard places.

Loudness tells speech from silence in a clean recording. In noise, in a room and over the telephone it does not tell
speech from other sounds. This network has learnt to, from the same speech before and after it was made harder (see
`phonseg.training.speech_stage`). It sees a second and a quarter of sound, in steps of 40 ms, which costs little.
"""

from __future__ import annotations

from inspect import signature

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from phonseg.encoders.conv_network import FoldedNetwork, ResidualBlock
from phonseg.encoders.layers import Convolution, Normalisation

SAMPLE_RATE = 16_000  # Hz, of the recordings that the network has heard
# Frames of mel-band power (10 ms) that make one step, and neighbouring bands that make one of its bands.
STEP_FRAMES, JOINED_BANDS = 4, 2
DILATIONS = (1, 2, 4, 8)
FLOOR = 1e-5  # power relative to the loud frames; see `phonseg.encoders.conv_network`
STEPS_AT_ONCE = 2_000


class SpeechNetwork(nn.Module):
    """Log odds of speech in every step. A step depends on `reach` steps to either side; beyond the ends is silence.

    Args:
        bands: of a step, at least 1.
        width: channels of the hidden layers, at least 1.
    """

    def __init__(self, *, bands: int = 20, width: int = 48) -> None:
        super().__init__()
        self.bands, self.width, self.reach = bands, width, 1 + sum(DILATIONS)
        self._folded: FoldedNetwork[SpeechNetwork] | None = None
        self.layers = nn.Sequential(
            Convolution(bands, width, 3),
            Normalisation(width),
            nn.GELU(),
            *(ResidualBlock(width, dilation) for dilation in DILATIONS),
            Convolution(width, 1, 1),
        )

    def train(self, mode: bool = True) -> SpeechNetwork:
        """Brings the network into training or evaluation mode.

        Args:
            mode: true for training.

        Returns:
            The network itself.
        """
        self._folded = None  # the weights may have changed, or will
        return super().train(mode)

    def settings(self) -> dict[str, int]:
        """Returns the arguments that construct a network of the same shape."""
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def scores(self, power: Tensor) -> Tensor:
        """Returns the log odds of speech of a batch, in training or in evaluation mode.

        Args:
            power: (B, T + 2 * reach, bands) power of steps at level 1.

        Returns:
            (B, T) log odds.
        """
        return torch.squeeze(self.layers(self.features_of(power).transpose(1, 2)), 1)

    def features_of(self, power: Tensor) -> Tensor:
        """Returns the features that the layers work on.

        Args:
            power: (..., bands) power at level 1.

        Returns:
            (..., bands) features, about -2 to 3.
        """
        return (torch.log(power + FLOOR) + 5) / 3

    def activate(self, scores: Tensor) -> Tensor:
        """Returns the probabilities of log odds.

        Args:
            scores: (...,) log odds of speech.

        Returns:
            (...,) probabilities, 0 to 1.
        """
        return torch.sigmoid(scores)

    def probability(self, power: NDArray[np.float32], level: float) -> NDArray[np.float32]:
        """Returns the probability of speech in every step of a recording, in evaluation mode.

        The weights must stay the same until the next call of `train` or `eval`. What is made of them is kept, since for
        a word that takes as long as using it.

        Args:
            power: (T, bands) power of steps.
            level: of the recording, above 0.

        Returns:
            (T,) probabilities, 0 to 1.
        """
        folded = self._folded = self._folded or FoldedNetwork(self)
        found = np.zeros(len(power), dtype=np.float32)
        for first in range(0, len(power), STEPS_AT_ONCE):
            start, end = first - self.reach, min(first + STEPS_AT_ONCE, len(power)) + self.reach
            silence = (max(0, -start), max(0, end - len(power))), (0, 0)
            part = np.pad(power[max(0, start) : end] / np.float32(level), silence)
            found[first : first + STEPS_AT_ONCE] = folded.encode_power(torch.from_numpy(part))[:, 0]
        return found


def add_to_steps(steps: NDArray[np.float32], mel: NDArray[np.float32], first: int) -> None:
    """Adds the mel-band power of some frames of a recording to the mean power of their steps, in place.

    Args:
        steps: (S, bands / JOINED_BANDS) power, 0 where no frame has been added yet. What a last step lacks is silence.
        mel: (T, bands) power of neighbouring frames.
        first: number of the first of these frames in the recording.
    """
    numbers = np.arange(first, first + len(mel)) // STEP_FRAMES
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    joined = mel.reshape(len(mel), mel.shape[1] // JOINED_BANDS, JOINED_BANDS).mean(axis=2)
    steps[numbers[starts]] += np.add.reduceat(joined, starts, axis=0) / np.float32(STEP_FRAMES)
