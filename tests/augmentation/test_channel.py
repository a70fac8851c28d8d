"""Speech in another room, through another microphone or telephone, and in noise, which several pieces share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, strategies as st

from phonseg.augmentation import channel
from phonseg.augmentation.channel import (
    IN_NOISE,
    IN_ROOM,
    LEVELS,
    LOUDEST_NOISE,
    ON_TELEPHONE,
    QUIETEST_NOISE,
    ROOM_FRAMES,
    TELEPHONE_BANDS,
    TELEPHONE_LOSS,
    change_channel,
)

BANDS = 40


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def speech(groups: int, pieces: int, frames: int = 30) -> torch.Tensor:
    return torch.rand(groups, pieces, frames, BANDS, generator=seeded(7)) + 0.05


@contextmanager
def only(room: float = 0.0, noise: float = 0.0, telephone: float = 0.0) -> Iterator[None]:
    """Such shares of the groups are in a room, in noise and on the telephone."""
    with patch.multiple(channel, IN_ROOM=room, IN_NOISE=noise, ON_TELEPHONE=telephone):
        yield


def test_the_channel_depends_on_the_generator_alone_and_changes_nothing_that_it_is_given():
    power = speech(3, 2)
    before, state = power.clone(), torch.get_rng_state()
    first, again, other = (change_channel(power, seeded(seed), own=0.5) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(power, before)
    assert torch.equal(state, torch.get_rng_state())
    assert first.shape == power.shape
    assert first.dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_the_default_type_of_a_program_makes_no_difference(dtype):
    expected = change_channel(speech(8, 2), seeded(1), own=0.5)
    torch.set_default_dtype(dtype)
    try:
        found = change_channel(speech(8, 2).float(), seeded(1), own=0.5)
    finally:
        torch.set_default_dtype(torch.float32)
    assert found.dtype == torch.float32
    if dtype == torch.float64:
        assert found.shape == expected.shape


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 2 * ROOM_FRAMES),
    st.sampled_from([0.0, 1.0, 6e4]),
    st.integers(0, 99),
)
def test_power_stays_finite_and_never_falls_below_0(groups, pieces, frames, level, seed):
    power = level * torch.rand(groups, pieces, frames, BANDS, generator=seeded(seed))
    changed = change_channel(power, seeded(seed + 1), own=0.5)
    assert changed.shape == power.shape
    assert torch.isfinite(changed).all()
    assert (changed >= 0).all()


def decibels(gain: torch.Tensor) -> torch.Tensor:
    return 10 * torch.log10(gain)


def test_pieces_of_a_group_share_their_channel_up_to_their_level():
    power = speech(50, 1).expand(-1, 3, -1, -1)  # the same speech three times
    with only():
        gain = decibels(change_channel(power, seeded(1)) / power)
    torch.testing.assert_close(gain, gain[:, :, :1].expand_as(gain), atol=1e-3, rtol=0)  # the same in every frame
    gain = gain[:, :, 0]
    levels = gain.mean(dim=2)
    shape = gain - levels[:, :, None]
    torch.testing.assert_close(shape, shape[:, :1].expand_as(shape), atol=1e-3, rtol=0)
    between = levels - levels[:, :1]
    assert between.abs().max() <= 2 * LEVELS + 1e-3
    assert between[:, 1:].abs().mean() > 0.3 * LEVELS
    assert (shape[1:, 0] - shape[:-1, 0]).abs().mean() > 1  # groups have channels of their own


def test_an_equaliser_of_its_own_is_as_strong_as_is_said_and_smooth():
    power = torch.ones(200, 2, 2, BANDS)
    with only():
        shared = change_channel(power, seeded(1)).log()[:, :, 0]
        own = change_channel(power, seeded(1), own=0.7).log()[:, :, 0] - shared
    assert own.std() == pytest.approx(0.7 * math.sqrt(2 / 3), rel=0.15)  # the mean of squares between two knots
    assert own[:, 0].sub(own[:, 1]).abs().mean() > 0.5
    assert own.diff(dim=-1).abs().max() < 7 * 0.7 * 3 / (BANDS - 1)


def changed_groups(groups: int = 600, frames: int = 20, **shares: float) -> torch.Tensor:
    """Power of an impulse in the first frame of each group."""
    power = torch.zeros(groups, 1, frames, BANDS)
    power[:, :, 0] = 1.0
    with only(**shares):
        return change_channel(power, seeded(3))[:, 0]


@pytest.mark.parametrize(
    ("shares", "share"),
    [({"room": IN_ROOM}, IN_ROOM), ({"noise": IN_NOISE}, IN_NOISE), ({"telephone": ON_TELEPHONE}, ON_TELEPHONE)],
)
def test_so_many_groups_are_in_a_room_in_noise_and_on_the_telephone(shares, share):
    found = changed_groups(**shares)
    after = (found[:, 1:] > 1e-6).flatten(1).any(1)  # where there was nothing, something is heard
    assert after.sum().item() == pytest.approx(600 * share, abs=5 * math.sqrt(600 * share * (1 - share)))


def test_a_room_adds_a_tail_that_falls_exponentially_and_nothing_before_the_sound():
    power = torch.zeros(100, 2, 80, BANDS)
    power[:, :, 10] = 1.0
    with only(room=1.0):
        found = change_channel(power, seeded(1))
    with only():
        plain = change_channel(power, seeded(1))
    assert found[:, :, :10].max() < 1e-5
    torch.testing.assert_close(found[:, :, 10], plain[:, :, 10], rtol=1e-4, atol=0)  # the sound itself stays
    tail = found[:, :, 11 : 10 + ROOM_FRAMES, 5].log()
    steps = tail.diff(dim=-1)[:, :, :15]
    torch.testing.assert_close(steps, steps[:, :, :1].expand_as(steps), atol=0.02, rtol=0)
    fall = -10 * steps[:, :, 0] / math.log(10) / 0.01  # decibels per second
    assert (fall > 60 / channel.LONGEST_ROOM - 3).all()
    assert (fall < 60 / channel.SHORTEST_ROOM + 3).all()
    torch.testing.assert_close(fall[:, 0], fall[:, 1], atol=2.0, rtol=0)  # the room is that of the group
    assert fall[:, 0].std() > 10


def test_noise_is_as_loud_as_is_said_and_the_same_kind_for_all_pieces():
    with only(noise=1.0):
        found = change_channel(torch.zeros(300, 2, 60, BANDS), seeded(1)).mean(dim=2).log()
    level = found.mean(dim=2)
    assert level.mean() == pytest.approx((QUIETEST_NOISE + LOUDEST_NOISE) / 2, abs=0.4)
    assert level.std() > 0.8 * (LOUDEST_NOISE - QUIETEST_NOISE) / math.sqrt(12)
    torch.testing.assert_close(found[:, 0], found[:, 1], atol=0.6, rtol=0)


def test_a_telephone_passes_its_band_and_loses_the_rest():
    power = torch.ones(100, 1, 5, BANDS)
    with only():
        plain = change_channel(power, seeded(1))
    with only(telephone=1.0):
        found = change_channel(power, seeded(1))
    first, end = TELEPHONE_BANDS
    noise = 10**channel.LOUDEST_CODEC
    inside = found[..., first:end] - plain[..., first:end]
    assert (inside >= -1e-6).all()
    assert inside.mean() < 2 * noise
    outside = torch.cat([found[..., :first], found[..., end:]], dim=-1)
    assert outside.median() < 2 * noise + TELEPHONE_LOSS
    assert (plain[..., :first].median() > 100 * noise).all()


@pytest.mark.parametrize("kind", ["room", "noise", "telephone"])
def test_all_stretches_of_a_group_are_in_the_same_place(kind):
    power = torch.zeros(60, 3, 20, BANDS)
    power[:, :, 0] = 1.0
    with only(**{kind: 0.5}):
        found = change_channel(power, seeded(1))
    there = (found[:, :, 1:] > 1e-6).flatten(2).any(2)
    assert torch.equal(there, there[:, :1].expand_as(there))
    assert 0 < there[:, 0].sum() < 60
