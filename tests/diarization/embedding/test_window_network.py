"""Windows -> vectors, by the network and by all that is beside it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from voices import speaker_model

from phonseg.diarization.embedding.embedder import LEAST_DEVIATION, QUIET_SHARE, statistics_of_louder
from phonseg.diarization.embedding.i_vectors import window_statistics
from phonseg.diarization.embedding.window_network import BATCH, SCALE, SHORTEST, WindowNetwork
from phonseg.diarization.embedding.windows import CEPSTRA, FEATURES, cepstra, freed_of_channel, windows_in

FRAMES = np.random.default_rng(0).normal(size=(400, FEATURES.bands)).astype(np.float32)


@pytest.fixture(scope="module")
def network() -> WindowNetwork:
    return speaker_model().embedder.network


def test_a_vector_depends_on_the_frames_of_its_window_alone(network):
    windows = np.array([[i, i + length] for i in range(BATCH + 3) for length in (SHORTEST, 40, 3)])
    together = network.embed(FRAMES, windows)
    assert together.shape == (len(windows), network.dimensions)
    assert together.dtype == np.float32
    for place in (0, 1, 2, 100, len(windows) - 1):
        alone = network.embed(FRAMES, windows[place : place + 1])[0]
        np.testing.assert_allclose(together[place], alone, atol=1e-5)
        first, end = windows[place]
        np.testing.assert_allclose(network.embed(FRAMES[first:end], np.array([[0, end - first]]))[0], alone, atol=1e-5)
    assert np.ptp(together, axis=0).max() > 1e-3  # which says more than that all are alike


def test_a_vector_is_that_of_the_layers(network):
    with torch.inference_mode():
        expected = network(torch.from_numpy(FRAMES[None, 10:160] * np.float32(SCALE)))[0].numpy()
    np.testing.assert_allclose(network.embed(FRAMES, np.array([[10, 160]]))[0], expected, atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, SHORTEST - 1])
def test_a_short_window_is_repeated(network, length):
    repeated = np.tile(FRAMES[:length], (-(-SHORTEST // length), 1))
    expected = network.embed(repeated, np.array([[0, len(repeated)]]))
    np.testing.assert_allclose(network.embed(FRAMES, np.array([[0, length]])), expected, atol=1e-6)


def test_without_windows_there_are_no_vectors(network):
    assert network.embed(FRAMES, np.zeros((0, 2), np.int64)).shape == (0, network.dimensions)


def test_embedding_leaves_weights_and_mode_alone(network):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.embed(FRAMES, np.array([[0, 150], [20, 30]]))
    assert not network.training
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_its_numbers_are_of_single_precision_in_every_program():
    torch.set_default_dtype(torch.float64)
    try:
        made = WindowNetwork(width=4, dimensions=2)
    finally:
        torch.set_default_dtype(torch.float32)
    assert {tensor.dtype for tensor in made.state_dict().values()} == {torch.float32, torch.int64}


# The vectors beside those of the network


def test_the_statistics_are_those_of_the_louder_frames():
    generator = np.random.default_rng(1)
    values, loudness = generator.normal(size=(50, 3)), generator.permutation(50).astype(np.float32)
    for first, end in ((0, 20), (7, 50), (4, 5)):
        found = statistics_of_louder(values, loudness, np.array([[first, end]]))[0]
        order = first + np.argsort(loudness[first:end])
        louder = values[order[int(np.ceil(QUIET_SHARE * (end - first - 1) - 1e-9)) :]]
        np.testing.assert_allclose(found[:3], louder.mean(axis=0), atol=1e-9)
        np.testing.assert_allclose(np.exp(found[3:]) - LEAST_DEVIATION, louder.std(axis=0), atol=1e-9)


def test_an_embedding_is_all_three_beside_each_other_and_is_freed_of_the_channel():
    embedder = speaker_model().embedder
    is_speech = np.arange(400) >= 20
    windows = np.array([[20, 170], [200, 350], [380, 400]])
    found = embedder.embed(FRAMES, is_speech, windows)
    rank = embedder.factors.loadings.shape[2]
    assert found.shape == (3, rank + 2 * CEPSTRA + embedder.network.dimensions)
    channel = np.random.default_rng(2).normal(size=FEATURES.bands).astype(np.float32)
    parts = [slice(rank), slice(rank + 2 * CEPSTRA, None)]  # loudness chooses the frames of the statistics
    heard = embedder.embed(FRAMES + channel, is_speech, windows)
    for part in parts:
        np.testing.assert_allclose(heard[:, part], found[:, part], atol=2e-3)
    assert embedder.embed(FRAMES, is_speech, windows[:0]).shape == (0, found.shape[1])


@pytest.mark.parametrize("block", [1, 2, 7])
def test_it_does_not_matter_how_many_windows_are_worked_on_at_once(monkeypatch, block):
    embedder, windows = speaker_model().embedder, windows_in([(0, 3), (5, 380), (398, 400)])
    expected = embedder.embed(FRAMES, np.ones(400, bool), windows)
    monkeypatch.setattr("phonseg.diarization.embedding.embedder.BLOCK", block)
    np.testing.assert_allclose(embedder.embed(FRAMES, np.ones(400, bool), windows), expected, atol=1e-6)
    values = cepstra(freed_of_channel(FRAMES, np.ones(400, bool)))
    whole = embedder.factors.i_vectors(window_statistics(embedder.factors.mixture, values, windows))
    np.testing.assert_allclose(expected[:, : whole.shape[1]], whole, atol=1e-6)
