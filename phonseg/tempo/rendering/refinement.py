"""Splices -> the same, to the sample: the plan was made on samples averaged down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from phonseg.tempo.rendering.likeness import SILENT, WINDOW, unit_of
from phonseg.tempo.rendering.old_samples import OldSamples
from phonseg.tempo.rendering.splices import Splices

# A recording of a higher rate than this is compared at every second, third, ... sample.
FINEST_RATE = 64_000


def refined(splices: Splices, old: OldSamples, sample_rate: float) -> Splices:
    """Returns splices whose two sides match to the sample.

    What a stretch between two splices is moved by is a compromise: each splice asks for its own correction, the more
    weightily the more alike its sides are, and at anchors nothing moves: a least-squares problem of three diagonals.

    Args:
        splices: in order.
        old: the samples they are made of.
        sample_rate: samples per second.
    """
    if not len(splices.places):
        return splices
    wanted, alike = _corrections(splices, old, sample_rate)
    weight = 1 / (1.02 - np.clip(alike, 0, 1))
    # Stretch i ends with splice i, and the last follows the last splice. Those with an anchor inside stay.
    stays = np.r_[True, splices.region[:-1] != splices.region[1:], True]
    diagonal = np.r_[0.0, weight] + np.r_[weight, 0.0] + 1e-3 + np.where(stays, 1e9, 0.0)
    right = np.r_[0.0, weight * wanted] - np.r_[weight * wanted, 0.0]
    moved = np.rint(solveh_banded(np.stack([np.r_[0.0, -weight], diagonal]), right)).astype(np.int64)
    return replace(splices, before=splices.before + moved[:-1], after=splices.after + moved[1:])


def _corrections(
    splices: Splices, old: OldSamples, sample_rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By how many samples each jump should be longer, and how alike its sides are then."""
    unit = unit_of(sample_rate)
    stride = max(1, int(sample_rate // FINEST_RATE))
    half = max(1, int(WINDOW / 2 * sample_rate) // stride)
    reach = -(-unit // stride)
    narrow = np.arange(-half, half) * stride
    wide = np.arange(-half - reach, half + reach) * stride
    left = old.at((splices.places + splices.before)[:, None] + narrow).astype(np.float32)
    right = old.at((splices.places + splices.after)[:, None] + wide).astype(np.float32)
    shifted = sliding_window_view(right, 2 * half, axis=1)  # (S, 2 reach + 1, channels, 2 half)
    products = np.einsum("snc,slcn->sl", left, shifted)
    energies = sliding_window_view(np.square(right).sum(2), 2 * half, axis=1).sum(2)
    silent = 2 * half * SILENT
    own = np.square(left).sum((1, 2))[:, None]
    alike = (products + silent) / np.sqrt((energies + silent) * (own + silent))
    # Of equals the nearest to no correction.
    best = np.argmax(alike - 1e-6 * np.abs(np.arange(-reach, reach + 1)), axis=1)
    return ((best - reach) * stride).astype(np.float64), alike[np.arange(len(best)), best].astype(np.float64)
