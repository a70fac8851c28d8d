"""The network whose frames are the curve."""

from __future__ import annotations

import numpy as np
import torch
from conftest import noise
from hypothesis import given, settings, strategies as st

from phonseg.encoders.boundary_network import BoundaryNetwork

NETWORK = BoundaryNetwork(bands=12, width=6).eval()
CONTEXT = 22  # frames to either side


@given(n=st.integers(0, 9000))
@settings(max_examples=30)
def test_there_is_one_likeness_for_every_frame_of_the_grid(n):
    frames = NETWORK.encode(noise(n))
    assert frames.shape == (NETWORK.grid.count(n), 1)
    assert ((frames > 0) & (frames < 1)).all()


def test_a_value_belongs_to_the_boundary_in_the_middle_of_what_it_sees():
    inner, grid = NETWORK.features.grid, NETWORK.grid
    assert (grid.hop, grid.window) == (inner.hop, inner.window + 2 * CONTEXT * inner.hop)
    for frame in (0, 1, 7):
        np.testing.assert_allclose(grid.centre(frame), inner.centre(frame + CONTEXT))
        np.testing.assert_allclose(grid.boundary(frame), inner.boundary(frame + CONTEXT))


def test_a_value_depends_on_22_frames_to_either_side_and_no_more():
    network = BoundaryNetwork(bands=12, width=6).eval().double()
    for frame in (0, 3, 9):
        power = torch.rand(1, 60, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
        odds = network.scores(power)[..., 0]
        assert odds.shape == (1, 60 - 2 * CONTEXT)
        odds[0, frame].backward()
        used = torch.nonzero(power.grad[0].abs().sum(dim=1))[:, 0].tolist()
        assert used == list(range(frame, frame + 2 * CONTEXT + 1))


@given(frame=st.integers(0, 5), seed=st.integers(0, 99))
@settings(max_examples=15)
def test_a_value_depends_on_no_sample_outside_its_window(frame, seed):
    grid = NETWORK.grid
    samples, other = noise(grid.n_samples(6), seed), noise(grid.n_samples(6), seed + 1)
    own = slice(frame * grid.hop, frame * grid.hop + grid.window)
    other[own] = samples[own]
    np.testing.assert_array_equal(NETWORK.encode(other)[frame], NETWORK.encode(samples)[frame])


def test_the_likeness_is_the_logistic_function_of_the_log_odds():
    samples = torch.from_numpy(noise(8000))[None]
    with torch.inference_mode():
        odds = NETWORK.scores(NETWORK.features.power(samples))[0, :, 0].numpy()
    likeness = NETWORK.encode(samples[0].numpy())[:, 0]
    np.testing.assert_allclose(likeness, 1 / (1 + np.exp(-odds)), rtol=1e-5)


def test_settings_make_a_network_of_the_same_shape():
    again = BoundaryNetwork(**NETWORK.settings())
    again.load_state_dict(NETWORK.state_dict())
    np.testing.assert_array_equal(again.encode(noise(8000)), NETWORK.encode(noise(8000)))


def test_dropout_rests_while_encoding():
    network = BoundaryNetwork(bands=12, width=6).train()
    np.testing.assert_array_equal(network.encode(noise(8000)), network.encode(noise(8000)))
    assert network.training
