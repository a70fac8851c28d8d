"""Two windows of each recording are told from those of others."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from phonseg.diarization.learning.network_stage import OBJECTIVES
from phonseg.diarization.learning.settings import SpeakerTrainingSettings
from phonseg.objectives.barlow_twins import barlow
from phonseg.objectives.window_contrast import TEMPERATURE, window_accuracy, window_barlow, window_nce
from phonseg.training.settings import CHOICES

GENERATOR = torch.Generator()


def vectors(groups: int, recordings: int, dimensions: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(groups, recordings, 2, dimensions, generator=torch.Generator().manual_seed(seed))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def slow(given_vectors: torch.Tensor) -> tuple[float, float]:
    """Loss and accuracy, a window at a time."""
    losses, right = [], []
    for group in given_vectors.double().numpy():
        windows = [(n, k) for n in range(len(group)) for k in range(2)]
        for n, k in windows:
            others = [window for window in windows if window != (n, k)]
            likeness = np.array([cosine(group[n, k], group[m]) for m in others]) / TEMPERATURE
            target = others.index((n, 1 - k))
            losses.append(-likeness[target] + np.log(np.exp(likeness).sum()))
            right.append(likeness.argmax() == target)
    return float(np.mean(losses)), float(np.mean(right))


@given(st.integers(1, 3), st.integers(1, 5), st.integers(2, 6), st.integers(0, 999))
@settings(max_examples=30)
def test_loss_and_accuracy_are_those_of_each_window_among_its_group(groups, recordings, dimensions, seed):
    given_vectors = vectors(groups, recordings, dimensions, seed)
    loss, accuracy = slow(given_vectors)
    assert float(window_nce(given_vectors, GENERATOR)) == pytest.approx(loss, abs=1e-4)
    assert float(window_accuracy(given_vectors)) == pytest.approx(accuracy)


def test_vectors_that_are_all_alike_are_at_chance():
    alike = torch.ones(2, 6, 2, 3)
    assert float(window_nce(alike, GENERATOR)) == pytest.approx(math.log(2 * 6 - 1), abs=1e-4)


def test_windows_that_point_to_their_recording_are_told_apart():
    apart = torch.eye(5)[None, :, None].expand(2, 5, 2, 5)
    assert float(window_nce(apart, GENERATOR)) < 0.01
    assert float(window_accuracy(apart)) == 1
    assert float(window_accuracy(-apart)) == 1
    assert float(window_nce(7 * apart, GENERATOR)) == pytest.approx(float(window_nce(apart, GENERATOR)), abs=1e-5)


def test_groups_do_not_see_each_other():
    one, other = vectors(1, 4, 3, 1), vectors(1, 4, 3, 2)
    together = window_nce(torch.cat([one, other]), GENERATOR)
    assert float(together) == pytest.approx(
        float(window_nce(one, GENERATOR) + window_nce(other, GENERATOR)) / 2, abs=1e-5
    )


def test_the_loss_falls_along_its_gradient():
    moving = vectors(2, 4, 3).requires_grad_()
    for objective in (window_nce, window_barlow):
        loss = objective(moving, GENERATOR)
        (gradient,) = torch.autograd.grad(loss, moving)
        assert torch.isfinite(gradient).all()
        assert objective(moving - 0.01 * gradient / gradient.norm(), GENERATOR) < loss


def test_barlow_takes_the_windows_of_a_recording_for_neighbours():
    given_vectors = vectors(2, 6, 3)
    assert torch.equal(window_barlow(given_vectors, GENERATOR), barlow(given_vectors.flatten(0, 1), GENERATOR))
    equal = given_vectors[:, :, :1].expand(-1, -1, 2, -1)
    assert float(window_barlow(equal, GENERATOR)) < float(window_barlow(given_vectors, GENERATOR))


def test_a_zero_vector_makes_nothing_infinite():
    given_vectors = vectors(1, 3, 4)
    given_vectors[0, 0, 0] = 0
    given_vectors.requires_grad_()
    loss = window_nce(given_vectors, GENERATOR)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(given_vectors.grad).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_the_default_type_of_a_program_makes_no_difference(dtype):
    given_vectors = vectors(2, 4, 3)
    expected = window_nce(given_vectors, GENERATOR)
    torch.set_default_dtype(dtype)
    try:
        found = window_nce(given_vectors, GENERATOR)
    finally:
        torch.set_default_dtype(torch.float32)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


def test_every_objective_that_can_be_chosen_is_one():
    assert set(OBJECTIVES) == set(CHOICES["objective"])
    for name in OBJECTIVES:
        SpeakerTrainingSettings(objective=name)
