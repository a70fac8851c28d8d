"""Targets from confident peaks, the loss, and the noise that is added on the way."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import RATE, mel_segmenter, noise
from hypothesis import given, settings
from hypothesis import strategies as st

from phonseg.audio import open_recording
from phonseg.hearing import hear
from phonseg.peaks import candidate_peaks
from phonseg.self_training import (
    EARLY,
    NEARLY_ZERO,
    SPREAD,
    SWELL,
    UNSURE_ZONE,
    Confidence,
    Evidence,
    among_talkers,
    at_tempo,
    at_the_rise,
    boundary_loss,
    lesson,
    roughen,
    targets,
)
from phonseg.timeline import Curve, FrameGrid

NOWHERE = np.zeros(0)
CONFIDENCE = Confidence(sure=0.5, doubtful=0.1)
# Peaks on a grid of 3 ms, so that distances are never on the edge of a zone, with prominences of every kind.
evidence = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from([0.05, 0.1, 0.3, 0.49, 0.5, 0.9])),
    unique_by=lambda peak: peak[0],
    max_size=12,
).map(lambda peaks: Evidence(*np.array(sorted(peaks), dtype=np.float64).reshape(-1, 2).T * [[0.003], [1]]))
TIMES = 0.0007 + 0.01 * np.arange(90)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Targets


@given(evidence)
def test_targets_are_bells_around_sure_peaks_and_nothing_is_asked_around_unsure_ones(known):
    wanted, weights = targets(known, CONFIDENCE, TIMES)
    peaks = list(zip(known.times, known.prominences, strict=True))
    for time, target, weight in zip(TIMES, wanted, weights, strict=True):
        to_sure = min((abs(time - at) for at, prominence in peaks if prominence >= 0.5), default=math.inf)
        to_unsure = min((abs(time - at) for at, prominence in peaks if 0.1 < prominence < 0.5), default=math.inf)
        bell = math.exp(-((to_sure / SPREAD) ** 2) / 2)
        bell = bell if bell >= 0.05 else 0.0
        assert target == pytest.approx(bell, abs=1e-6)
        assert weight == (0.0 if to_unsure <= UNSURE_ZONE and bell < NEARLY_ZERO else 1.0)


def test_without_a_peak_there_is_no_boundary_anywhere():
    wanted, weights = targets(Evidence(np.zeros(0), np.zeros(0)), CONFIDENCE, TIMES)
    assert (wanted == 0).all()
    assert (weights == 1).all()


@given(st.lists(evidence, min_size=1, max_size=4))
def test_a_batch_of_the_lesson_holds_the_targets_of_each_crop(known):
    paths = [Path(f"{i}.wav") for i in range(len(known))]
    times = [TIMES + 0.1 * i for i in range(len(known))]
    wanted, weights = lesson(dict(zip(paths, known, strict=True)), CONFIDENCE).batch(paths, times)
    for i, one in enumerate(known):
        expected = targets(one, CONFIDENCE, times[i])
        np.testing.assert_array_equal(wanted[i], expected[0])
        np.testing.assert_array_equal(weights[i], expected[1])


# Loss


@given(seed=st.integers(0, 999))
@settings(max_examples=30)
def test_the_loss_is_the_mean_cross_entropy_over_what_is_asked(seed):
    generator = seeded(seed)
    odds = torch.randn(2, 5, generator=generator) * 3
    wanted = torch.rand(2, 5, generator=generator)
    weights = (torch.rand(2, 5, generator=generator) < 0.6).float()
    losses = []
    for odd, want, weight in zip(odds.flatten(), wanted.flatten(), weights.flatten(), strict=True):
        likeness = 1 / (1 + math.exp(-odd))
        if weight:
            losses.append(-want * math.log(likeness) - (1 - want) * math.log(1 - likeness))
    expected = sum(losses) / len(losses) if losses else 0.0
    assert boundary_loss(odds[..., None], wanted, weights).item() == pytest.approx(float(expected), rel=1e-4, abs=1e-6)


def test_where_nothing_is_asked_nothing_is_lost():
    assert boundary_loss(torch.ones(2, 3, 1), torch.zeros(2, 3), torch.zeros(2, 3)).item() == 0


# Tempo


@given(n=st.integers(2, 60), n_frames=st.integers(2, 60))
def test_at_another_tempo_frames_lie_evenly_between_the_first_and_the_last(n, n_frames):
    place = torch.arange(float(n))[None, :, None] * torch.tensor([1.0, -2.0])
    faster = at_tempo(place, n_frames)
    expected = np.linspace(0, n - 1, n_frames)
    assert faster.shape == (1, n_frames, 2)
    np.testing.assert_allclose(faster[0, :, 0], expected, atol=1e-4)
    np.testing.assert_allclose(faster[0, :, 1], -2 * expected, atol=1e-4)


def test_at_its_own_tempo_speech_stays_as_it_is():
    power = torch.rand(2, 9, 4, generator=seeded(0))
    torch.testing.assert_close(at_tempo(power, 9), power)


# Noise


def test_roughening_is_the_generators_alone_and_changes_nothing_that_it_is_given():
    power = torch.rand(6, 20, 40, generator=seeded(0))
    before, state = power.clone(), torch.get_rng_state()
    first, again, other = (roughen(power, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(power, before)
    assert torch.equal(state, torch.get_rng_state())
    assert first.shape == power.shape
    assert (first >= 0).all()


def test_a_share_of_nothing_only_blurs_up_to_8_neighbouring_bands():
    power = torch.rand(200, 10, 40, generator=seeded(0))
    rough = roughen(power, seeded(1), share=0.0)
    widths = []
    for before, after in zip(power, rough, strict=True):
        changed = torch.nonzero((before != after).any(dim=0))[:, 0].tolist()
        assert changed == list(range(min(changed, default=0), min(changed, default=0) + len(changed)))
        torch.testing.assert_close(after[:, changed], before[:, changed].mean(dim=0).expand(10, -1))
        widths.append(len(changed))
    assert set(widths) == set(range(9))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_noise_is_added_to_so_many_of_the_crops(share):
    crops = 1000
    rough = roughen(torch.zeros(crops, 3, 40), seeded(1), share=share)
    chosen = (rough > 0).any(dim=(1, 2)).sum().item()
    assert abs(chosen - share * crops) <= 5 * math.sqrt(share * (1 - share) * crops)


def test_noise_lies_20_to_50_decibels_below_the_loud_frames_give_or_take_its_slope():
    level = roughen(torch.zeros(1000, 30, 40), seeded(1), share=1.0).mean(dim=1).log().mean(dim=1) * 10 / math.log(10)
    assert -36.5 < level.mean() < -33.5
    assert level.quantile(0.02) < -45
    assert level.quantile(0.98) > -25


def test_the_equaliser_is_the_same_in_every_frame_smooth_and_as_strong_as_it_says():
    crops = 500
    power = torch.ones(crops, 6, 41)  # constant in time, so that blurring changes nothing
    gain = (roughen(2 * power, seeded(1), share=1.0) - roughen(power, seeded(1), share=1.0)).log()
    torch.testing.assert_close(gain, gain[:, :1].expand_as(gain), rtol=0, atol=1e-3)
    knots = gain[:, 0, ::10]  # five places at equal distances
    assert 1.4 < knots.std() < 1.6
    halfway = gain[:, 0, 5::10]
    torch.testing.assert_close(halfway, (knots[:, 1:] + knots[:, :-1]) / 2, rtol=0, atol=1e-3)


# Rises


def heard_rise(decibels: float, join: float) -> float:
    """Where the contrast of log-mel frames peaks at a hard join of noise and louder noise."""
    samples = noise(2 * RATE, seed=3, level=0.01)
    samples[round(join * RATE) :] *= 10 ** (decibels / 20)
    heard = hear(open_recording((samples.astype(np.float32), RATE)), mel_segmenter().views)
    times, prominences = candidate_peaks(heard.curve)
    near = np.abs(times - join) < 0.05
    return float(at_the_rise(times[near][[prominences[near].argmax()]], heard.loudness, heard.level, NOWHERE)[0])


@pytest.mark.parametrize("decibels", [15, 25, 35])
def test_at_hard_joins_the_curve_is_early_for_rises_and_is_put_right(decibels):
    joins = 0.9 + 0.0037 * np.arange(20)
    errors = np.array([heard_rise(decibels, join) - join for join in joins])
    assert abs(np.median(errors)) < 0.003
    assert np.median(errors - EARLY) < -0.002  # as it was before


@given(st.lists(st.floats(0.1, 0.9), min_size=1, max_size=9), st.floats(-60, 60), st.integers(0, 99))
def test_a_peak_is_moved_later_by_at_most_early_and_only_where_loudness_rises(times, step, seed):
    grid = FrameGrid(RATE, hop=160, window=512)
    steps = np.random.default_rng(seed).integers(-1, 2, 100)
    loudness = Curve((step * steps).cumsum().clip(-60, 0).astype(np.float32), grid)
    moved = at_the_rise(np.sort(times), loudness, 1.0, NOWHERE) - np.sort(times)
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
    assert at_the_rise(NOWHERE, loudness, 1.0, np.array([0.5])).tolist() == []


@given(st.lists(st.floats(0.0, 1.0), max_size=3).map(sorted))
def test_where_speech_begins_nothing_is_moved(beginnings):
    loudness = Curve(np.linspace(-60, 0, 100, dtype=np.float32), FrameGrid(RATE, hop=160, window=512))
    times = 0.0137 + 0.0531 * np.arange(18)
    moved = at_the_rise(times, loudness, 1.0, np.array(beginnings)) - times
    near = [any(abs(time - beginning) <= SWELL for beginning in beginnings) for time in times]
    assert [by == 0 for by in moved] == near


# Talkers


@pytest.mark.parametrize("crops", [2, 3, 12])
def test_talkers_are_other_crops_of_the_batch_and_never_louder(crops):
    power = torch.zeros(crops, 5, crops) + torch.eye(crops)[:, None]  # each crop has a band of its own
    mixed = among_talkers(power, seeded(1), share=1.0)
    for crop in range(crops):
        others = [band for band in range(crops) if band != crop]
        assert torch.equal(mixed[crop, :, crop], power[crop, :, crop])
        added = mixed[crop][:, others].sum(-1)
        assert (added > 10**-2.5 * 0.999).all()
        assert (added <= 1.0).all()
        assert 1 <= (mixed[crop, 0, others] > 0).sum() <= 6


def test_the_share_of_crops_that_have_talkers():
    power = torch.rand(400, 2, 3, generator=seeded(0)) + 0.1
    changed = [(among_talkers(power, seeded(seed)) != power).flatten(1).any(1).float().mean() for seed in range(5)]
    assert float(sum(changed) / 5) == pytest.approx(0.4, abs=0.05)
    assert torch.equal(among_talkers(power, seeded(0), share=0.0), power)
    assert torch.equal(among_talkers(power[:1], seeded(0), share=1.0), power[:1])
