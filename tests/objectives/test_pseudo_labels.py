"""Targets from confident peaks, and the loss."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import RATE, mel_segmenter, noise
from hypothesis import given, settings, strategies as st

from phonseg.audio.recording import open_recording
from phonseg.detection.peaks import candidate_peaks
from phonseg.model.analysis import analyse
from phonseg.objectives.pseudo_labels import (
    EARLY,
    NEARLY_ZERO,
    SWELL,
    TARGET_SPREAD,
    UNSURE_ZONE,
    Peaks,
    Thresholds,
    boundary_loss,
    boundary_supervision,
    boundary_targets,
    move_to_rises,
)
from phonseg.timeline.grid import Curve, FrameGrid

NOWHERE = np.zeros(0)
CONFIDENCE = Thresholds(sure=0.5, doubtful=0.1)
# Peaks on a grid of 3 ms, so that distances are never on the edge of a zone, with prominences of every kind.
peaks = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from([0.05, 0.1, 0.3, 0.49, 0.5, 0.9])),
    unique_by=lambda peak: peak[0],
    max_size=12,
).map(lambda peaks: Peaks(*np.array(sorted(peaks), dtype=np.float64).reshape(-1, 2).T * [[0.003], [1]]))
TIMES = 0.0007 + 0.01 * np.arange(90)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Targets


@given(peaks)
def test_targets_are_bells_around_sure_peaks_and_nothing_is_asked_around_unsure_ones(known):
    targets, weights = boundary_targets(known, CONFIDENCE, TIMES)
    peaks = list(zip(known.times, known.prominences, strict=True))
    for time, target, weight in zip(TIMES, targets, weights, strict=True):
        to_sure = min((abs(time - at) for at, prominence in peaks if prominence >= 0.5), default=math.inf)
        to_unsure = min((abs(time - at) for at, prominence in peaks if 0.1 < prominence < 0.5), default=math.inf)
        bell = math.exp(-((to_sure / TARGET_SPREAD) ** 2) / 2)
        bell = bell if bell >= 0.05 else 0.0
        assert target == pytest.approx(bell, abs=1e-6)
        assert weight == (0.0 if to_unsure <= UNSURE_ZONE and bell < NEARLY_ZERO else 1.0)


def test_without_a_peak_there_is_no_boundary_anywhere():
    targets, weights = boundary_targets(Peaks(np.zeros(0), np.zeros(0)), CONFIDENCE, TIMES)
    assert (targets == 0).all()
    assert (weights == 1).all()


@given(st.lists(peaks, min_size=1, max_size=4))
def test_a_batch_of_the_supervision_holds_the_targets_of_each_crop(known):
    paths = [Path(f"{i}.wav") for i in range(len(known))]
    times = [TIMES + 0.1 * i for i in range(len(known))]
    targets, weights = boundary_supervision(dict(zip(paths, known, strict=True)), CONFIDENCE).batch(paths, times)
    for i, one in enumerate(known):
        expected = boundary_targets(one, CONFIDENCE, times[i])
        np.testing.assert_array_equal(targets[i], expected[0])
        np.testing.assert_array_equal(weights[i], expected[1])


# Loss


@given(seed=st.integers(0, 999))
@settings(max_examples=30)
def test_the_loss_is_the_mean_cross_entropy_over_what_is_asked(seed):
    generator = seeded(seed)
    odds = torch.randn(2, 5, generator=generator) * 3
    targets = torch.rand(2, 5, generator=generator)
    weights = (torch.rand(2, 5, generator=generator) < 0.6).float()
    losses = []
    for odd, want, weight in zip(odds.flatten(), targets.flatten(), weights.flatten(), strict=True):
        likeness = 1 / (1 + math.exp(-odd))
        if weight:
            losses.append(-want * math.log(likeness) - (1 - want) * math.log(1 - likeness))
    expected = sum(losses) / len(losses) if losses else 0.0
    assert boundary_loss(odds[..., None], targets, weights).item() == pytest.approx(float(expected), rel=1e-4, abs=1e-6)


def test_where_nothing_is_asked_nothing_is_lost():
    assert boundary_loss(torch.ones(2, 3, 1), torch.zeros(2, 3), torch.zeros(2, 3)).item() == 0


# Rises


def moved_peak(decibels: float, join: float) -> float:
    """Where the contrast of log-mel frames peaks at a hard join of noise and louder noise."""
    samples = noise(2 * RATE, seed=3, level=0.01)
    samples[round(join * RATE) :] *= 10 ** (decibels / 20)
    analysis = analyse(open_recording((samples.astype(np.float32), RATE)), mel_segmenter().streams)
    times, prominences = candidate_peaks(analysis.curve)
    near = np.abs(times - join) < 0.05
    return float(
        move_to_rises(times[near][[prominences[near].argmax()]], analysis.loudness, analysis.level, NOWHERE)[0]
    )


@pytest.mark.parametrize("decibels", [15, 25, 35])
def test_at_hard_joins_the_curve_is_early_for_rises_and_is_put_right(decibels):
    joins = 0.9 + 0.0037 * np.arange(20)
    errors = np.array([moved_peak(decibels, join) - join for join in joins])
    assert abs(np.median(errors)) < 0.003
    assert np.median(errors - EARLY) < -0.002  # as it was before


@given(st.lists(st.floats(0.1, 0.9), min_size=1, max_size=9), st.floats(-60, 60), st.integers(0, 99))
def test_a_peak_is_moved_later_by_at_most_early_and_only_where_loudness_rises(times, step, seed):
    grid = FrameGrid(RATE, hop=160, window=512)
    steps = np.random.default_rng(seed).integers(-1, 2, 100)
    loudness = Curve((step * steps).cumsum().clip(-60, 0).astype(np.float32), grid)
    moved = move_to_rises(np.sort(times), loudness, 1.0, NOWHERE) - np.sort(times)
    assert (moved >= 0).all()
    assert (moved <= EARLY).all()
    power = 10 ** (loudness.values / 10)
    centres = grid.centre(np.arange(100))
    for time, by in zip(np.sort(times), moved, strict=True):
        at = min(max(int((centres < time).sum()), 3), 97)
        if power[at : at + 3].sum() <= power[at - 3 : at].sum() * (1 - 1e-6):
            assert by == pytest.approx(0.0, abs=1e-9)
        else:
            assert by >= 0


def test_without_a_peak_nothing_is_moved():
    loudness = Curve(np.zeros(100, np.float32), FrameGrid(RATE, hop=160, window=512))
    assert move_to_rises(NOWHERE, loudness, 1.0, np.array([0.5])).tolist() == []


@given(st.lists(st.floats(0.0, 1.0), max_size=3).map(sorted))
def test_where_speech_begins_nothing_is_moved(beginnings):
    loudness = Curve(np.linspace(-60, 0, 100, dtype=np.float32), FrameGrid(RATE, hop=160, window=512))
    times = 0.0137 + 0.0531 * np.arange(18)
    moved = move_to_rises(times, loudness, 1.0, np.array(beginnings)) - times
    near = [any(abs(time - beginning) <= SWELL for beginning in beginnings) for time in times]
    assert [by == 0 for by in moved] == near
