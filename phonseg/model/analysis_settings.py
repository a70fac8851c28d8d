"""What a recording is taken for, and which places of its curve can be boundaries.

phonseg's own conventions are the default. A network that others trained was made for other ones, and gives what its
authors published with those alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonseg.detection.peaks import SPAN_SECONDS
from phonseg.timeline.grid import Curve

# The dissimilarities of frames that are all the same differ by less than this, from rounding.
FLAT = 1e-5


@dataclass(frozen=True)
class AnalysisSettings:
    """How a recording is heard, and which peaks are candidates.

    levelled: whether the samples are brought to level 1, or taken as they were recorded. in_silence: whether the
    recording is taken to lie in endless silence, or only frames that lie wholly within it count. stretched: whether
    the curve of each recording is made to run from 0 to 1 (min-max). sub_frame: whether times are refined below
    the frame. speech_only: whether peaks outside the speech are left out. span: seconds within which prominence is
    measured, half on either side; None for the whole recording. minimum_gap: boundaries nearer than this, in seconds,
    to each other or to the ends of the recording are one event, seen twice.
    """

    level_normalised: bool = True
    padded_with_silence: bool = True
    min_max_scaled: bool = False
    sub_frame: bool = True
    speech_only: bool = True
    span: float | None = SPAN_SECONDS
    minimum_gap: float = 0.020

    def gain(self, level: float) -> float:
        """What the samples of a recording are multiplied by. level: power of its loud frames, 0 for silence."""
        if not self.level_normalised:
            return 1.0
        return float(1 / np.sqrt(level)) if level > 0 else 0.0

    def counted_part(self, curve: Curve, reach: int, n_samples: int) -> Curve:
        """What counts of the curve of a recording in silence.

        curve: on a grid with a frame that starts at sample 0. reach: of the contrast that made it. n_samples: of the
        recording, at the rate of the grid.
        """
        if not self.padded_with_silence:
            curve = _within(curve, reach, n_samples)
        return _from_0_to_1(curve) if self.min_max_scaled else curve


PHONSEG_SETTINGS = AnalysisSettings()


def _within(curve: Curve, reach: int, n_samples: int) -> Curve:
    """The values that depend on no frame that reaches beyond the recording."""
    grid = curve.grid
    before = -grid.origin // grid.hop  # frames that start before the recording does
    # Value t of a contrast depends on frames t - reach .. t + reach - 1, or without reach on frame t.
    first, end = before + reach, before + grid.count(n_samples) + 1 - max(1, reach)
    return Curve(curve.values[first : max(first, end)], grid.moved(first * grid.hop))


def _from_0_to_1(curve: Curve) -> Curve:
    """Min-max, as in Kreuk et al. (2020); a flat curve becomes 0, where theirs shows the rounding of the computer."""
    lowest, highest = curve.values.min(initial=np.inf), curve.values.max(initial=-np.inf)
    if highest - lowest < FLAT:
        return Curve(np.zeros_like(curve.values), curve.grid)
    return Curve((curve.values - lowest) / (highest - lowest), curve.grid)
