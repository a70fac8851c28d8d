"""Peaks of a segmenter's curve -> targets for a network, and the loss of its scores.

The most prominent peaks are nearly always boundaries, and the flattest stretches of the curve hardly ever hold one. A
network that learns from these alone finds boundaries that the curve does not show (self-training on pseudo-labels; for
boundaries see Strgar and Harwath, 2022). No label is involved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from phonseg.augmentation.spectral import augment_spectrum, mix_talkers
from phonseg.objectives.supervision import SupervisedBatch, Supervision
from phonseg.timeline.grid import Curve, Times

# Seconds: standard deviation of a target around its boundary, and half of the zone around a doubtful peak in which
# frames do not count.
TARGET_SPREAD, UNSURE_ZONE = 0.007, 0.025
# Targets below the first are set to 0; in the zone of a doubtful peak, frames with one below the second do not count.
LEAST_TARGET, NEARLY_ZERO = 0.05, 0.3
# An analysis window includes a sound as soon as it overlaps it. So where a louder sound follows abruptly, the curve
# peaks before loudness rises: by up to EARLY seconds, and by three quarters of that if the RISE_SECONDS after the peak
# are STEEP decibels louder than the RISE_SECONDS before it.
EARLY, STEEP, RISE_SECONDS = 0.005, 8.0, 0.03
# Power, relative to that of the loud frames, that is added to all frames before a rise is measured.
POWER_FLOOR = 3e-5
# Out of silence, loudness rises gradually. Within this many seconds of a beginning of speech the curve does not peak
# early.
SWELL = 0.040


@dataclass(frozen=True)
class Peaks:
    """The peaks of one recording.

    Attributes:
        times: (M,) seconds, increasing.
        prominences: (M,) 0 or more; infinite for a boundary that is certain.
    """

    times: Times
    prominences: Times


def move_to_rises(times: Times, loudness: Curve, level: float, beginnings: Times) -> Times:
    """Moves peaks later, to where sounds begin: by up to EARLY seconds, and more for a steeper rise of loudness.

    Peaks where loudness falls are not moved. At an abrupt fall the curve peaks equally late there, but most sounds fade
    slowly.

    Args:
        times: (M,) seconds of the peaks, increasing.
        loudness: decibels of each frame.
        level: power of the loud frames, above 0.
        beginnings: (K,) seconds at which speech begins, increasing. Peaks within SWELL of one are not moved.

    Returns:
        (M,) seconds.
    """
    if not len(times):
        return times
    power = 10 ** (loudness.values.astype(np.float64) / 10) / level + POWER_FLOOR
    total = np.concatenate([[0.0], np.cumsum(power)])
    grid = loudness.grid
    width = round(RISE_SECONDS * grid.sample_rate / grid.hop)
    at = np.clip(np.searchsorted(grid.centre(np.arange(len(power))), times), width, len(power) - width)
    rise = 10 * np.log10((total[at + width] - total[at]) / (total[at] - total[at - width]))
    rising = to_nearest(times, beginnings) > SWELL
    return np.asarray(times + rising * EARLY * np.tanh(np.maximum(rise, 0) / STEEP))


@dataclass(frozen=True)
class Thresholds:
    """Which peaks count as boundaries, and which do not; frames near the peaks in between are ignored.

    Attributes:
        sure: prominence from which a peak is a boundary.
        doubtful: prominence up to which a peak is not a boundary; below `sure`.
    """

    sure: float = 0.5
    doubtful: float = 0.1


def boundary_targets(
    peaks: Peaks, thresholds: Thresholds, times: Times
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns what a network should answer at some times.

    Args:
        peaks: of the recording.
        thresholds: which of them are boundaries.
        times: (T,) seconds.

    Returns:
        (T,) targets from 0 to 1, bells around boundaries; and (T,) weights, 1 or 0.
    """
    sure = peaks.prominences >= thresholds.sure
    doubtful = (peaks.prominences > thresholds.doubtful) & ~sure
    targets = np.exp(-0.5 * np.square(to_nearest(times, peaks.times[sure]) / TARGET_SPREAD))
    targets[targets < LEAST_TARGET] = 0
    unsure = (to_nearest(times, peaks.times[doubtful]) <= UNSURE_ZONE) & (targets < NEARLY_ZERO)
    return targets.astype(np.float32), (~unsure).astype(np.float32)


def to_nearest(times: Times, events: Times) -> Times:
    """Returns the distance of each time to the nearest event.

    Args:
        times: (T,) seconds.
        events: (K,) seconds, increasing.

    Returns:
        (T,) seconds, 0 or more; infinite if there is no event.
    """
    if not len(events):
        return np.full(len(times), np.inf)
    after = np.searchsorted(events, times)
    neighbours = events[np.clip([after - 1, after], 0, len(events) - 1)]
    return np.asarray(np.abs(neighbours - times).min(axis=0))


def boundary_supervision(peaks: Mapping[Path, Peaks], thresholds: Thresholds) -> Supervision:
    """Returns the supervision of a boundary network, which judges the boundary between each frame and the one before.

    Args:
        peaks: of every recording, by its path.
        thresholds: which of them are boundaries.

    Returns:
        The supervision. Other talkers, noise and the sound of other microphones are added to each crop.

    References:
        Strgar and Harwath (2022). Phoneme segmentation using self-supervised speech models. IEEE SLT.
    """

    def targets(path: Path, times: Times) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return boundary_targets(peaks[path], thresholds, times)

    def augment(power: Tensor, targets: list[Tensor], generator: torch.Generator) -> SupervisedBatch:
        return augment_spectrum(mix_talkers(power, generator), generator), targets

    return Supervision("self-training", "held_out_boundary_loss", targets, boundary_loss, augment, offset=-0.5, seed=3)


def boundary_loss(scores: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Returns the mean binary cross-entropy over the frames that count.

    Args:
        scores: (B, T, 1) log odds of a boundary.
        targets: (B, T), 0 to 1.
        weights: (B, T), 1 for frames that count, else 0.

    Returns:
        A scalar in nats; 0 if no frame counts.
    """
    losses = functional.binary_cross_entropy_with_logits(scores[..., 0], targets, weights, reduction="sum")
    return losses / weights.sum().clamp_min(1)
