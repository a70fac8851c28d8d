"""Learning from one's own confident decisions: the targets and the loss.

A segmenter's surest peaks are nearly always boundaries, and the flattest stretches of its curve nearly never hold
one. A network that learns from these alone, and is not asked about the rest, finds boundaries that the curve did not
show (self-training on pseudo-labels; for boundaries see Strgar and Harwath, 2022). No label is involved.
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
from phonseg.objectives.supervision import Supervision
from phonseg.timeline.grid import Curve, Times

# Spread of a target around its boundary, and half of the zone around an unsure peak where nothing is asked; seconds.
SPREAD, UNSURE_ZONE = 0.007, 0.025
# A target under this is no obstacle to not asking.
NEARLY_ZERO = 0.3
# A window hears a sound begin as soon as it touches it: at a hard join the curve peaks this many seconds before a rise.
# Three quarters of it come with a rise of STEEP decibels from the 30 ms before to the 30 ms after.
EARLY, STEEP = 0.005, 8.0
# Powers this far below the loud frames (in power) count as this, in a rise.
POWER_FLOOR = 3e-5
# Out of silence sounds do not jump but swell: so many seconds from where speech is first heard, the curve is not early.
SWELL = 0.040


@dataclass(frozen=True)
class Peaks:
    """What is known of one recording. times (M,): seconds of all peaks, increasing. prominences (M,)."""

    times: Times
    prominences: Times


def move_to_rises(times: Times, loudness: Curve, level: float, beginnings: Times) -> Times:
    """Times of peaks, (M,) seconds, moved to where sounds begin: later by up to EARLY, the more the steeper the rise.

    loudness: decibels of each frame; level: the power of the loud frames. beginnings: (K,) seconds, increasing, where
    speech is first heard; peaks within SWELL of one are left alone. So are falls: other than at a hard join, where the
    curve peaks as much too late, sounds die slowly.
    """
    if not len(times):
        return times
    power = 10 ** (loudness.values.astype(np.float64) / 10) / level + POWER_FLOOR
    total = np.concatenate([[0.0], np.cumsum(power)])
    grid = loudness.grid
    width = round(0.03 * grid.sample_rate / grid.hop)
    at = np.clip(np.searchsorted(grid.centre(np.arange(len(power))), times), width, len(power) - width)
    rise = 10 * np.log10((total[at + width] - total[at]) / (total[at] - total[at - width]))
    rising = to_nearest(times, beginnings) > SWELL
    return np.asarray(times + rising * EARLY * np.tanh(np.maximum(rise, 0) / STEEP))


@dataclass(frozen=True)
class Thresholds:
    """Peaks at or above `sure` are taken for boundaries, those below `doubtful` for none; the rest is not asked."""

    sure: float = 0.5
    doubtful: float = 0.1


def boundary_targets(
    peaks: Peaks, thresholds: Thresholds, times: Times
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What a network should give at `times`, (T,) seconds: (T,) targets 0..1, and (T,) weights, 0 where not asked."""
    sure = peaks.times[peaks.prominences >= thresholds.sure]
    between = (peaks.prominences > thresholds.doubtful) & (peaks.prominences < thresholds.sure)
    distance = to_nearest(times, sure)
    targets = np.exp(-0.5 * np.square(distance / SPREAD))
    targets[targets < 0.05] = 0
    unsure = (to_nearest(times, peaks.times[between]) <= UNSURE_ZONE) & (targets < NEARLY_ZERO)
    return targets.astype(np.float32), (~unsure).astype(np.float32)


def to_nearest(times: Times, events: Times) -> Times:
    """(T,) seconds from each time to the nearest event; infinite where there is none."""
    if not len(events):
        return np.full(len(times), np.inf)
    after = np.clip(np.searchsorted(events, times), 1, max(1, len(events) - 1))
    neighbours = events[np.stack([after - 1, np.minimum(after, len(events) - 1)])]
    return np.asarray(np.abs(neighbours - times).min(axis=0))


def boundary_supervision(peaks: Mapping[Path, Peaks], thresholds: Thresholds) -> Supervision:
    """To tell the boundaries between each frame and the one before it."""

    def targets(path: Path, times: Times) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return boundary_targets(peaks[path], thresholds, times)

    def augment(power: Tensor, targets: list[Tensor], generator: torch.Generator) -> tuple[Tensor, list[Tensor]]:
        return augment_spectrum(mix_talkers(power, generator), generator), targets

    return Supervision("self-training", "held_out_boundary_loss", targets, boundary_loss, augment, offset=-0.5, seed=3)


def boundary_loss(scores: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Mean binary cross-entropy, in nats, over the frames that are asked.

    scores: (B, T, 1) log odds. wanted, weights: (B, T) each.
    """
    losses = functional.binary_cross_entropy_with_logits(scores[..., 0], targets, reduction="none")
    return (losses * weights).sum() / weights.sum().clamp_min(1)
