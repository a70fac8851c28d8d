"""Speech in another room, in noise, among other talkers and with pauses."""

from __future__ import annotations

import math

import pytest
import torch

from phonseg.augmentation.spectral import (
    LARGEST_PAUSE_SHARE,
    LONGEST_PAUSE,
    LOUDEST_NOISE,
    QUIETEST_NOISE,
    SHORTEST_PAUSE_FRAMES,
    augment_spectrum,
    insert_pauses,
    mix_talkers,
)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Noise


def test_augmentation_depends_on_the_generator_alone_and_changes_nothing_that_it_is_given():
    power = torch.rand(6, 20, 40, generator=seeded(0))
    before, state = power.clone(), torch.get_rng_state()
    first, again, other = (augment_spectrum(power, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(power, before)
    assert torch.equal(state, torch.get_rng_state())
    assert first.shape == power.shape
    assert (first >= 0).all()


def test_a_share_of_nothing_only_blurs_up_to_8_neighbouring_bands():
    power = torch.rand(200, 10, 40, generator=seeded(0))
    degraded = augment_spectrum(power, seeded(1), share=0.0)
    widths = []
    for before, after in zip(power, degraded, strict=True):
        changed = torch.nonzero((before != after).any(dim=0))[:, 0].tolist()
        assert changed == list(range(min(changed, default=0), min(changed, default=0) + len(changed)))
        torch.testing.assert_close(after[:, changed], before[:, changed].mean(dim=0).expand(10, -1))
        widths.append(len(changed))
    assert set(widths) == set(range(9))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_noise_is_added_to_so_many_of_the_crops(share):
    crops = 1000
    degraded = augment_spectrum(torch.zeros(crops, 3, 40), seeded(1), share=share)
    chosen = (degraded > 0).any(dim=(1, 2)).sum().item()
    assert abs(chosen - share * crops) <= 5 * math.sqrt(share * (1 - share) * crops)


def test_noise_lies_20_to_50_decibels_below_the_loud_frames_give_or_take_its_slope():
    level = (
        augment_spectrum(torch.zeros(1000, 30, 40), seeded(1), share=1.0).mean(dim=1).log().mean(dim=1)
        * 10
        / math.log(10)
    )
    assert -36.5 < level.mean() < -33.5
    assert level.quantile(0.02) < -45
    assert level.quantile(0.98) > -25


@pytest.mark.parametrize("loudest", [LOUDEST_NOISE, -1.0])
def test_the_loudest_noise_is_as_loud_as_is_said(loudest):
    level = (
        augment_spectrum(torch.zeros(3000, 30, 40), seeded(1), share=1.0, loudest=loudest).mean(dim=1).log().mean(dim=1)
    )
    assert level.mean() == pytest.approx((QUIETEST_NOISE + loudest) / 2, abs=0.2)


def test_the_equaliser_is_the_same_in_every_frame_smooth_and_as_strong_as_it_says():
    crops = 500
    power = torch.ones(crops, 6, 41)  # constant in time, so that blurring changes nothing
    gain = (augment_spectrum(2 * power, seeded(1), share=1.0) - augment_spectrum(power, seeded(1), share=1.0)).log()
    torch.testing.assert_close(gain, gain[:, :1].expand_as(gain), rtol=0, atol=1e-3)
    knots = gain[:, 0, ::10]  # five places at equal distances
    assert 1.4 < knots.std() < 1.6
    halfway = gain[:, 0, 5::10]
    torch.testing.assert_close(halfway, (knots[:, 1:] + knots[:, :-1]) / 2, rtol=0, atol=1e-3)


# Talkers


@pytest.mark.parametrize("crops", [2, 3, 12])
def test_talkers_are_other_crops_of_the_batch_and_never_louder(crops):
    power = torch.zeros(crops, 5, crops) + torch.eye(crops)[:, None]  # each crop has a band of its own
    mixed = mix_talkers(power, seeded(1), share=1.0)
    for crop in range(crops):
        others = [band for band in range(crops) if band != crop]
        assert torch.equal(mixed[crop, :, crop], power[crop, :, crop])
        added = mixed[crop][:, others].sum(-1)
        assert (added > 10**-2.5 * 0.999).all()
        assert (added <= 1.0).all()
        assert 1 <= (mixed[crop, 0, others] > 0).sum() <= 6


def test_the_share_of_crops_that_have_talkers():
    power = torch.rand(400, 2, 3, generator=seeded(0)) + 0.1
    changed = [(mix_talkers(power, seeded(seed)) != power).flatten(1).any(1).float().mean() for seed in range(5)]
    assert float(sum(changed) / 5) == pytest.approx(0.4, abs=0.05)
    assert torch.equal(mix_talkers(power, seeded(0), share=0.0), power)
    assert torch.equal(mix_talkers(power[:1], seeded(0), share=1.0), power[:1])


# Pauses


def test_in_a_pause_there_is_nothing_and_elsewhere_all_is_as_it_was():
    power = torch.rand(300, 200, 3, generator=seeded(0)) + 0.1
    before = power.clone()
    paused, beyond = insert_pauses(power, seeded(1))
    assert torch.equal(power, before)
    assert beyond.shape == (300, 200)
    silent = (paused == 0).all(dim=2)
    assert torch.equal(silent, beyond < 0)
    assert torch.equal(paused[~silent], power[~silent])
    lengths = []
    for places, edge in zip(silent, beyond, strict=True):
        frames = torch.nonzero(places)[:, 0].tolist()
        assert frames == list(range(min(frames, default=0), min(frames, default=0) + len(frames)))
        if not frames:
            assert (edge > 0).all()
        elif frames[0] > 0 and frames[-1] < 199:
            lengths.append(len(frames))
            assert 0 <= edge[frames[0] - 1] == edge[frames[0]] + 1
            assert 0 <= edge[frames[-1] + 1] == edge[frames[-1]] + 1
    assert SHORTEST_PAUSE_FRAMES - 1 <= min(lengths) < max(lengths) <= LONGEST_PAUSE


@pytest.mark.parametrize("frames", [24, 54, 100])
def test_a_pause_never_takes_all_of_a_short_crop(frames):
    silent = (insert_pauses(torch.ones(500, frames, 2), seeded(1), share=1.0)[1] < 0).sum(dim=1)
    assert 0 < silent.max() <= LARGEST_PAUSE_SHARE * frames


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_of_crops_that_have_a_pause(share):
    crops = 1000
    with_one = (insert_pauses(torch.ones(crops, 200, 2), seeded(1), share=share)[1] < 0).any(dim=1).sum().item()
    assert abs(with_one - share * crops) <= 5 * math.sqrt(share * (1 - share) * crops)
