"""The contrastive loss, and how its negatives are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from phonseg.errors import ConfigurationError
from phonseg.objectives.barlow_twins import REDUNDANCY, barlow
from phonseg.objectives.contrastive import (
    adjacent_frame_accuracy,
    adjacent_frame_loss,
    draw_negatives,
    nce,
)
from phonseg.training import settings as training_settings
from phonseg.training.stage_batches import OBJECTIVES


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some_frames(crops: int, n_frames: int, dimensions: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(crops, n_frames, dimensions, generator=seeded(seed))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


@given(crops=st.integers(1, 4), n_frames=st.integers(3, 12), n_negatives=st.integers(1, 20), seed=st.integers(0, 999))
def test_a_negative_is_never_the_anchor_nor_the_adjacent_frame(crops, n_frames, n_negatives, seed):
    drawn = draw_negatives(crops, n_frames, n_negatives, seeded(seed)).numpy()
    assert drawn.shape == (crops, n_frames - 1, n_negatives)
    anchors = np.arange(n_frames - 1)[None, :, None]
    assert ((drawn >= 0) & (drawn < n_frames)).all()
    assert ((drawn != anchors) & (drawn != anchors + 1)).all()


def test_all_other_frames_are_drawn_equally_often():
    n_frames, n = 6, 40_000
    drawn = draw_negatives(1, n_frames, n, seeded(1))[0].numpy()
    for anchor, row in enumerate(drawn):
        others = [frame for frame in range(n_frames) if frame not in (anchor, anchor + 1)]
        counts = np.bincount(row, minlength=n_frames)[others]
        share = 1 / len(others)
        # Five standard deviations of a binomial variable.
        assert np.abs(counts - n * share).max() < 5 * math.sqrt(n * share * (1 - share))


def test_the_draw_is_that_of_the_generator_alone():
    before = torch.get_rng_state()
    first, second = (draw_negatives(2, 9, 5, seeded(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, draw_negatives(2, 9, 5, seeded(4)))
    assert torch.equal(before, torch.get_rng_state())


def test_crops_without_another_frame_are_refused():
    with pytest.raises(ConfigurationError, match="at least 3 frames"):
        draw_negatives(1, 2, 1, seeded(0))


@given(n_frames=st.integers(3, 8), n_negatives=st.integers(1, 6), seed=st.integers(0, 999))
def test_loss_and_accuracy_are_those_of_a_loop_over_anchors(n_frames, n_negatives, seed):
    frames = some_frames(2, n_frames, 5, seed)
    negatives = draw_negatives(2, n_frames, n_negatives, seeded(seed))
    losses, wins = [], []
    for crop, chosen in zip(frames.double().numpy(), negatives.numpy(), strict=True):
        for anchor in range(n_frames - 1):
            adjacent = cosine(crop[anchor], crop[anchor + 1])
            others = [cosine(crop[anchor], crop[other]) for other in chosen[anchor]]
            losses.append(-math.log(math.exp(adjacent) / sum(map(math.exp, [adjacent, *others]))))
            wins += [adjacent > other for other in others]
    assert adjacent_frame_loss(frames, negatives).item() == pytest.approx(np.mean(losses), rel=1e-4)
    assert adjacent_frame_accuracy(frames, negatives).item() == pytest.approx(np.mean(wins), rel=1e-4)


@pytest.mark.parametrize("n_negatives", [1, 3, 10])
def test_frames_that_are_all_alike_lose_the_logarithm_of_the_number_of_choices(n_negatives):
    frames = torch.ones(2, 10, 4) * torch.tensor([1.0, -2.0, 0.5, 3.0])
    negatives = draw_negatives(2, 10, n_negatives, seeded(0))
    assert adjacent_frame_loss(frames, negatives).item() == pytest.approx(math.log(n_negatives + 1), rel=1e-6)


def test_the_length_of_frames_plays_no_part():
    frames, negatives = some_frames(2, 10, 4), draw_negatives(2, 10, 3, seeded(0))
    lengths = torch.rand(2, 10, 1, generator=seeded(1)) * 100 + 0.01
    loss = adjacent_frame_loss(frames, negatives).item()
    assert adjacent_frame_loss(frames * lengths, negatives).item() == pytest.approx(loss, rel=1e-5)


def test_learning_brings_adjacent_frames_together():
    frames, negatives = some_frames(1, 12, 4).requires_grad_(), draw_negatives(1, 12, 4, seeded(0))
    loss = adjacent_frame_loss(frames, negatives)
    loss.backward()
    better = adjacent_frame_loss(frames - 0.5 * frames.grad, negatives)
    assert better < loss


def test_nce_is_the_loss_with_one_negative_of_its_generator():
    frames = some_frames(3, 9, 4)
    expected = adjacent_frame_loss(frames, draw_negatives(3, 9, 1, seeded(5)))
    assert torch.equal(nce(frames, seeded(5)), expected)


@given(crops=st.integers(1, 3), n_frames=st.integers(4, 9), dimensions=st.integers(1, 5), seed=st.integers(0, 999))
def test_barlow_is_the_formula_of_its_paper_over_all_pairs_of_neighbours(crops, n_frames, dimensions, seed):
    frames = some_frames(crops, n_frames, dimensions, seed)
    before = np.concatenate([crop[:-1] for crop in frames.double().numpy()])
    after = np.concatenate([crop[1:] for crop in frames.double().numpy()])
    expected = 0.0
    for i in range(dimensions):
        for j in range(dimensions):
            correlation = np.corrcoef(before[:, i], after[:, j])[0, 1]
            expected += (1 - correlation) ** 2 if i == j else REDUNDANCY * correlation**2
    assert barlow(frames, seeded(0)).item() == pytest.approx(expected / dimensions, rel=1e-3, abs=1e-5)


def test_barlow_is_nothing_for_equal_neighbours_in_unrelated_dimensions():
    signs = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    frames = signs[:, None].expand(4, 5, 2)  # four crops, each of one sound
    assert barlow(frames, seeded(0)).item() == pytest.approx(0.0, abs=1e-6)
    assert barlow(frames[..., :1].expand(4, 5, 2), seeded(0)).item() == pytest.approx(REDUNDANCY, rel=1e-4)


def test_barlow_has_a_gradient_even_where_nothing_varies():
    frames = torch.ones(2, 5, 3, requires_grad=True)
    barlow(frames, seeded(0)).backward()
    assert torch.isfinite(frames.grad).all()


def test_every_objective_that_can_be_set_is_there():
    assert tuple(OBJECTIVES) == training_settings.CHOICES["objective"]
