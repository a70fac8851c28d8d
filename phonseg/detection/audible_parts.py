"""Loudness and regions of speech -> the audible part of each region: when it has risen, begins to fade and has faded.

The spectrum changes fastest when a sound begins to fade, but annotators place its end later, where it is lost in the
noise. The end of speech is therefore found in the loudness, not in the dissimilarity curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from phonseg.audio.level import SILENT_SHARE
from phonseg.detection.noise_floor import Decibels, smoothed_and_noise
from phonseg.detection.speech_activity import Region
from phonseg.timeline.grid import Curve, FrameGrid

# Speech has faded when its decibels have fallen to this fraction of the range from the noise to the loud frames. Below
# that it is masked by fluctuations of the noise; above that it is still audible.
FADED_SHARE = 1 / 3
# Speech begins to fade at the loudest frame of this many seconds before it has faded.
LONGEST_DYING = 0.120


class AudiblePart(NamedTuple):
    """The audible part of a region of speech.

    Attributes:
        start: seconds at which it has risen out of the noise.
        dying: seconds at which it begins to fade, at most LONGEST_DYING (and a frame) before the end.
        end: seconds at which it has faded away.
    """

    start: float
    dying: float
    end: float


def audible_parts(loudness: Curve, level: float, speech: Sequence[Region]) -> list[AudiblePart]:
    """Finds the audible part of each region of speech.

    Args:
        loudness: decibels of the power of each frame.
        level: `phonseg.audio.level.loud_level` of that power; 0 for digital silence.
        speech: regions in time order, as from `phonseg.detection.speech_activity.speech_regions`.

    Returns:
        Parts in time order, each inside its region. Regions that are too faint throughout are skipped.
    """
    decibels, grid = loudness.values, loudness.grid
    top = 10 * np.log10(level) if level > 0 else np.inf
    active = decibels > top + 10 * np.log10(SILENT_SHARE)
    if not active.any():
        return []
    smooth, noise = smoothed_and_noise(decibels, top, active, grid)
    above = smooth - (noise + FADED_SHARE * (top - noise))
    parts = []
    for region in speech:
        first, end = grid.first_from(region)
        audible = first + np.flatnonzero(above[first:end] > 0)
        if len(audible):
            rising, last = audible[[0, -1]]
            late = max(rising, last - round(LONGEST_DYING * grid.sample_rate / grid.hop))
            dying = float(grid.centre(late + np.argmax(above[late : last + 1])))
            start, faded = _crossing(above, grid, rising, -1), _crossing(above, grid, last, 1)
            parts.append(AudiblePart(max(start, region.start), dying, min(faded, region.end)))
    return parts


def _crossing(above: Decibels, grid: FrameGrid, frame: int, step: int) -> float:
    """Seconds at which the line from a frame above 0 to the next one (step 1) or the one before (step -1) is at 0."""
    beyond = frame + step
    if not 0 <= beyond < len(above) or above[beyond] > 0:
        return float(grid.centre(frame))
    share = above[frame] / (above[frame] - above[beyond])
    return float(grid.centre(frame) + step * share * grid.hop / grid.sample_rate)
