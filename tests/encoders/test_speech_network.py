"""The network that tells speech from other sounds, and the steps of time that it works on."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from phonseg.encoders import speech_network as module
from phonseg.encoders.speech_network import JOINED_BANDS, STEP_FRAMES, SpeechNetwork, add_to_steps


def trained_like() -> SpeechNetwork:
    """A network whose means and variances are not those of a new one."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = SpeechNetwork(bands=6, width=5)
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm1d):
                torch.nn.init.uniform_(layer.running_var, 0.5, 2)
                torch.nn.init.normal_(layer.running_mean)
    return network.eval()


NETWORK = trained_like()


def powers(n: int, bands: int) -> np.ndarray:
    return np.random.default_rng(n).gamma(0.3, size=(n, bands)).astype(np.float32)


@pytest.mark.parametrize("n", [0, 1, 2, 40, 101])
@pytest.mark.parametrize("at_once", [1, 7, 2000])
def test_a_step_is_judged_in_its_context_and_beyond_the_ends_is_silence(n, at_once):
    power = powers(n, 6)
    padded = torch.from_numpy(np.pad(power / np.float32(0.5), ((NETWORK.reach, NETWORK.reach), (0, 0))))
    with torch.inference_mode():
        expected = torch.sigmoid(NETWORK.scores(padded[None]))[0].numpy() if n else np.zeros(0)
    with patch.object(module, "STEPS_AT_ONCE", at_once):
        found = NETWORK.probability(power, 0.5)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_settings_construct_a_network_of_the_same_shape():
    assert NETWORK.settings() == {"bands": 6, "width": 5}
    SpeechNetwork(**NETWORK.settings()).load_state_dict(NETWORK.state_dict())


@given(st.integers(0, 40), st.lists(st.integers(0, 40), max_size=4))
def test_a_step_is_the_mean_of_its_frames_however_they_come(n, cuts):
    mel = powers(n, 3 * JOINED_BANDS)
    steps, done = np.zeros((-(-n // STEP_FRAMES), 3), np.float32), 0
    for part in np.split(mel, sorted(min(cut, n) for cut in cuts)):
        add_to_steps(steps, part, done)
        done += len(part)
    for number, step in enumerate(steps):
        frames = np.concatenate([mel[number * STEP_FRAMES :][:STEP_FRAMES], np.zeros((STEP_FRAMES, mel.shape[1]))])
        for band in range(3):
            expected = frames[:STEP_FRAMES, band * JOINED_BANDS : (band + 1) * JOINED_BANDS].mean()
            assert step[band] == pytest.approx(expected, rel=1e-5)
