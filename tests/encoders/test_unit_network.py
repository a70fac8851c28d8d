"""The network whose frames are distributions over units."""

from __future__ import annotations

import numpy as np
import torch
from conftest import noise

from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.unit_network import UnitNetwork

NETWORK = UnitNetwork(units=5, bands=12, width=6).eval()


def test_frames_are_the_roots_of_the_probabilities_of_all_units_and_silence():
    samples = noise(8000)
    frames = NETWORK.encode(samples)
    assert frames.shape == (NETWORK.grid.count(8000), 6)
    with torch.inference_mode():
        scores = NETWORK.scores(NETWORK.features.power_of(samples)[None])[0].numpy().astype(np.float64)
    odds = np.exp(scores)
    np.testing.assert_allclose(np.square(frames), odds / odds.sum(axis=1, keepdims=True), rtol=1e-4)


def test_speech_is_what_is_seldom_silence():
    silence = np.array([0.0, 0.1, 0.399, 0.401, 0.9, 1.0])
    others = (1 - silence)[:, None] * [0.7, 0.1, 0.1, 0.1, 0.0]
    frames = np.sqrt(np.column_stack([others, silence])).astype(np.float32)
    assert NETWORK.is_speech(frames).tolist() == [True, True, True, False, False, False]
    assert NETWORK.is_speech(frames[:0]).shape == (0,)


def test_it_lies_on_the_grid_of_the_boundary_network():
    assert NETWORK.grid == BoundaryNetwork(bands=12, width=6).grid


def test_settings_make_a_network_of_the_same_shape():
    again = UnitNetwork(**NETWORK.settings())
    again.load_state_dict(NETWORK.state_dict())
    np.testing.assert_array_equal(again.encode(noise(8000)), NETWORK.encode(noise(8000)))
