"""Settings of the analysis: how samples are prepared, which part of the curve counts, which peaks are candidates.

The defaults are phonseg's own. A network from elsewhere was trained with other settings, and gives the results that its
authors published only with those.

References:
    Kreuk, F., Keshet, J. and Adi, Y. (2020). Self-supervised contrastive learning for unsupervised phoneme
    segmentation. Interspeech 2020. Its scaling of the curve is `min_max_scaled`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonseg.detection.peaks import SPAN_SECONDS
from phonseg.timeline.grid import Curve

# A curve whose values differ by less than this is flat: only rounding tells its frames apart.
FLAT = 1e-5


@dataclass(frozen=True)
class AnalysisSettings:
    """How a recording is analysed, and which peaks of its curve are candidates.

    Attributes:
        level_normalised: whether the samples are scaled to level 1. If not, they keep the level of the recording.
        padded_with_silence: whether the recording is padded with silence. If not, only frames that lie wholly inside
            the recording count.
        min_max_scaled: whether the curve of each recording is scaled to run from 0 to 1.
        sub_frame: whether the times of peaks are refined to fractions of a frame.
        speech_only: whether peaks outside speech are left out.
        span: seconds within which prominence is measured, half on either side; None for the whole recording.
        minimum_gap: seconds. Candidates are at least this far from each other and from both ends of the recording.
    """

    level_normalised: bool = True
    padded_with_silence: bool = True
    min_max_scaled: bool = False
    sub_frame: bool = True
    speech_only: bool = True
    span: float | None = SPAN_SECONDS
    minimum_gap: float = 0.020

    def gain(self, level: float) -> float:
        """Returns the factor that brings the samples of a recording to the level that the encoders expect.

        Args:
            level: power of the loud frames of the recording, 0 or more; 0 for digital silence.

        Returns:
            The factor, 0 or more: 0 for digital silence, and always 1 if `level_normalised` is false.
        """
        if not self.level_normalised:
            return 1.0
        return float(1 / np.sqrt(level)) if level > 0 else 0.0

    def counted_part(self, curve: Curve, reach: int, n_samples: int) -> Curve:
        """Returns the part of a curve that counts, scaled if these settings say so.

        Args:
            curve: of a recording that was padded with silence, on a grid with a frame that starts at sample 0.
            reach: of the contrast that made the curve, in frames.
            n_samples: length of the recording, in samples at the rate of the grid.

        Returns:
            The part that counts, on its own grid.
        """
        if not self.padded_with_silence:
            curve = _inside_recording(curve, reach, n_samples)
        return _from_0_to_1(curve) if self.min_max_scaled else curve


PHONSEG_SETTINGS = AnalysisSettings()


def _inside_recording(curve: Curve, reach: int, n_samples: int) -> Curve:
    """Keeps the values that depend only on frames inside the recording."""
    grid = curve.grid
    before = -grid.origin // grid.hop  # frames that start before the recording does
    # Value t of a contrast depends on frames t - reach .. t + reach - 1, or on frame t alone if the reach is 0.
    first, end = before + reach, before + grid.count(n_samples) + 1 - max(1, reach)
    return Curve(curve.values[first : max(first, end)], grid.moved(first * grid.hop))


def _from_0_to_1(curve: Curve) -> Curve:
    """Scales a curve to 0..1 as Kreuk, Keshet and Adi (2020) do, but a flat one, which is rounding errors, to 0."""
    lowest, highest = curve.values.min(initial=np.inf), curve.values.max(initial=-np.inf)
    if highest - lowest < FLAT:
        return Curve(np.zeros_like(curve.values), curve.grid)
    return Curve((curve.values - lowest) / (highest - lowest), curve.grid)
