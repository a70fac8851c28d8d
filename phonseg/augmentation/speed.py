"""Samples or mel-band power -> the same speech, faster or slower; and the times in it -> those in the original."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from torch import Tensor
from torch.nn import functional

from phonseg.timeline.grid import Samples, Times


@dataclass(frozen=True, slots=True)
class PlaybackSpeed:
    """Recordings played at another speed, as a tape would be: pitch and formants move too, as between speakers.

    Attributes:
        factor: above 0; above 1 is faster. At 2 a recording takes half the time and sounds an octave higher.

    >>> PlaybackSpeed(1.25).original_times(np.array([2.0, 4.0]))
    array([2.5, 5. ])
    """

    factor: float

    def played(self, samples: Samples, sample_rate: int) -> Samples:
        """Returns the samples played at this speed.

        Args:
            samples: (N,) mono samples.
            sample_rate: samples per second, before and after.

        Returns:
            (N / factor,) samples, give or take one; what was at time t is at t / factor.

        Raises:
            ValueError: if the factor is not above 0.
        """
        return np.asarray(soxr.resample(samples, sample_rate * self.factor, sample_rate, quality="HQ"))

    def original_times(self, times: Times) -> Times:
        """Returns the times in the recording of events in the played copy.

        Args:
            times: (M,) seconds in the copy.

        Returns:
            (M,) seconds in the recording.
        """
        return times * self.factor


def change_speed(power: Tensor, n_frames: int) -> Tensor:
    """Returns the mel-band power of the same speech spoken faster or slower. Pitch and formants stay.

    Args:
        power: (B, T, bands) power.
        n_frames: of the result, at least 1; fewer than T for faster speech.

    Returns:
        (B, n_frames, bands) power, interpolated linearly between the first and the last frame.
    """
    stretched = functional.interpolate(power.transpose(1, 2), size=n_frames, mode="linear", align_corners=True)
    return stretched.transpose(1, 2)
