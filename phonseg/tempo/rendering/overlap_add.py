"""Splices -> samples of the new recording: copied from the old one, and cross-faded at the splices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.tempo.rendering.likeness import SILENT
from phonseg.tempo.rendering.old_samples import OldSamples, Sound
from phonseg.tempo.rendering.splices import Splices

# The longest cross-fade, in seconds: a period of the lowest voice.
LONGEST = 0.012


def overlap_add(splices: Splices, old: OldSamples, span: tuple[int, int], offset: int, sample_rate: float) -> Sound:
    """Returns a stretch of the new recording.

    A cross-fade is as long as the splices beside it and the pins allow. Its weights add up to 1 where its two sides are
    alike, and their squares do where they are not, so that the level stays. In no channel does it exceed the peak of
    its two sides, so that what lies within full scale stays there.

    Args:
        splices: within the stretch, in order.
        old: the samples it is made of.
        span: first sample of the stretch, and the one before which it ends.
        offset: what is added before the first splice.
        sample_rate: samples per second.
    """
    new = np.arange(*span)
    gaps = np.diff(splices.places)
    lengths = np.diff(np.r_[span[0], splices.places, span[1]])
    result = old.at(new + np.repeat(np.r_[offset, splices.after], lengths))
    between = np.minimum(np.r_[gaps, span[1]], np.r_[span[1], gaps]) // 2
    half = np.clip(np.minimum(between, splices.room), 0, int(LONGEST * sample_rate / 2))
    which = np.repeat(np.arange(len(half)), 2 * half)
    if not len(which):
        return result
    begins = np.r_[0, np.cumsum(2 * half)[:-1]]
    step = np.arange(len(which)) - begins[which]
    place = splices.places[which] - half[which] + step
    left = old.at(place + splices.before[which])
    right = old.at(place + splices.after[which])
    rise = np.sin(np.pi / 4 * (step + 0.5) / half[which]) ** 2
    alike = _alike(left, right, which, len(half))[which]
    level = np.sqrt(rise**2 + (1 - rise) ** 2 + 2 * alike * rise * (1 - rise))
    faded = left * ((1 - rise) / level)[:, None] + right * (rise / level)[:, None]
    peak = np.maximum.reduceat(np.maximum(np.abs(left), np.abs(right)), begins[half > 0])
    highest = np.repeat(peak, 2 * half[half > 0], axis=0)
    result[place - span[0]] = np.clip(faded, -highest, highest).astype(result.dtype)
    return result


def _alike(left: Sound, right: Sound, which: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """(count,) how alike the two sides of each cross-fade are, from 0 to 1, all channels together."""
    product, before, after = (
        np.bincount(which, (a * b).sum(1, dtype=np.float64), count) + SILENT
        for a, b in ((left, right), (left, left), (right, right))
    )
    return np.clip(product / np.sqrt(before * after), 0, 1)
