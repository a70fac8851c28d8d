"""Recording -> frames: shapes, what a frame depends on, and what each encoder is."""

from __future__ import annotations

import subprocess
import sys

import librosa
import numpy as np
import pytest
import torch
from conftest import RATE, noise, tone
from hypothesis import given, settings, strategies as st
from torch import nn

from phonseg.encoders.base import FrameEncoder, TorchEncoder
from phonseg.encoders.contrastive_encoders import LogMelNetwork, RawWaveformEncoder
from phonseg.encoders.log_mel import LogMel

ENCODERS = [
    LogMel(window=256),
    LogMel(window=400, exponent=0.1, bands=24),
    LogMelNetwork(bands=20, width=16, dimensions=8),
    RawWaveformEncoder(channels=6, dimensions=5, projection=0),
    RawWaveformEncoder(channels=6, dimensions=5, projection=4),
]
DIMENSIONS = [40, 24, 8, 5, 4]

every_encoder = pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.name)


@pytest.mark.parametrize(("encoder", "dimensions"), list(zip(ENCODERS, DIMENSIONS, strict=True)))
@given(n=st.integers(0, 3000))
@settings(max_examples=30)
def test_there_are_as_many_frames_as_the_grid_says(encoder, dimensions, n):
    frames = encoder.encode(noise(n))
    assert frames.shape == (encoder.grid.count(n), dimensions)
    assert frames.dtype == np.float32
    assert np.isfinite(frames).all()


@every_encoder
@given(frame=st.integers(0, 9), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_a_frame_depends_on_the_samples_that_the_grid_names_and_on_no_others(encoder, frame, seed):
    grid = encoder.grid
    samples = noise(grid.n_samples(10), seed)
    own = slice(frame * grid.hop, frame * grid.hop + grid.window)
    elsewhere = noise(len(samples), seed + 1)
    elsewhere[own] = samples[own]
    here = samples.copy()
    here[own] = noise(grid.window, seed + 2)
    before = encoder.encode(samples)
    np.testing.assert_array_equal(encoder.encode(elsewhere)[frame], before[frame])
    assert not np.array_equal(encoder.encode(here)[frame], before[frame])


@every_encoder
def test_a_recording_moved_by_hops_has_its_frames_moved(encoder):
    samples = noise(encoder.grid.n_samples(12))
    later = encoder.encode(samples[3 * encoder.grid.hop :])
    np.testing.assert_allclose(later, encoder.encode(samples)[3:], rtol=1e-4, atol=1e-5)


@every_encoder
@pytest.mark.parametrize("training", [True, False])
def test_encoding_changes_nothing(encoder, training):
    encoder.train(training)
    weights = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    samples = noise(4000)
    samples.setflags(write=False)
    random, threads, grad = torch.get_rng_state(), torch.get_num_threads(), torch.is_grad_enabled()
    first = encoder.encode(samples)
    np.testing.assert_array_equal(encoder.encode(samples), first)
    assert encoder.training == training
    assert all(module.training == training for module in encoder.modules())
    assert all(torch.equal(tensor, weights[name]) for name, tensor in encoder.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert (threads, grad) == (torch.get_num_threads(), torch.is_grad_enabled())
    encoder.eval()
    np.testing.assert_array_equal(encoder.encode(samples), first)
    np.testing.assert_array_equal(encoder(torch.from_numpy(samples.copy())[None])[0].detach(), first)


@every_encoder
def test_strided_samples_are_encoded_like_any(encoder):
    samples = noise(4000)
    both = np.stack([samples, samples], axis=1)
    np.testing.assert_array_equal(encoder.encode(both[:, 0]), encoder.encode(samples))


@every_encoder
def test_settings_make_an_encoder_of_the_same_shape(encoder):
    again = type(encoder)(**encoder.settings())
    assert again.grid == encoder.grid
    assert again.settings() == encoder.settings()
    again.load_state_dict(encoder.state_dict())
    np.testing.assert_array_equal(again.encode(noise(4000)), encoder.encode(noise(4000)))


@every_encoder
def test_every_encoder_keeps_the_protocol(encoder):
    assert isinstance(encoder, FrameEncoder)
    assert isinstance(encoder, TorchEncoder)


# The raw waveform, as in Kreuk, Keshet and Adi (2020)


def test_the_released_raw_waveform_encoder_has_as_many_weights_as_its_paper_says():
    encoder = RawWaveformEncoder(channels=128, dimensions=128, projection=0)
    convolutions = 1 * 128 * 10 + 128 * 128 * (8 + 4 + 4 + 4)
    normalisations = 4 * (128 + 128)
    assert sum(weight.numel() for weight in encoder.parameters()) == convolutions + normalisations
    assert all(module.bias is None for module in encoder.modules() if isinstance(module, nn.Conv1d))


def test_a_projection_adds_one_linear_layer():
    plain, projected = (RawWaveformEncoder(channels=8, dimensions=6, projection=n) for n in (0, 5))
    sizes = [sum(weight.numel() for weight in encoder.parameters()) for encoder in (plain, projected)]
    assert sizes[1] - sizes[0] == 6 * 5 + 5


def test_a_raw_waveform_frame_depends_on_each_of_465_samples_every_160():
    encoder = RawWaveformEncoder(channels=4, dimensions=3, projection=0).eval().double()
    assert (encoder.grid.hop, encoder.grid.window) == (160, 465)
    for frame in (0, 1, 4):
        samples = torch.from_numpy(noise(encoder.grid.n_samples(5)).astype(np.float64))[None].requires_grad_()
        encoder(samples)[0, frame].sum().backward()
        used = torch.nonzero(samples.grad[0])[:, 0].tolist()
        assert used == list(range(160 * frame, 160 * frame + 465))


# Log-mel


@pytest.mark.parametrize(("window", "first"), [(256, 3), (400, 1), (512, 0)])
def test_a_tone_is_loudest_in_the_band_that_is_centred_on_it(window, first):
    # Below the first of these bands the main lobe of the window is wider than a band.
    encoder = LogMel(window=window)
    centres = librosa.mel_frequencies(n_mels=40 + 2, fmin=0, fmax=RATE / 2)[1:-1]
    loudest = [int(encoder.encode(tone(2000, centre)).mean(axis=0).argmax()) for centre in centres[first:]]
    # A centre lies between two bins of the spectrum, so that a neighbour of the same width may win by a hair.
    assert np.abs(np.array(loudest) - np.arange(first, 40)).max() <= 1
    assert np.mean(loudest == np.arange(first, 40)) > 0.8


@pytest.mark.parametrize("window", [256, 400, 512])
def test_white_noise_of_unit_variance_has_unit_power_per_bin(window):
    encoder = LogMel(window=window)
    power = encoder.power(torch.from_numpy(noise(200 * RATE, level=1.0))[None])[0].mean(dim=0)
    np.testing.assert_allclose(power[1:], encoder.mel.sum(dim=0)[1:], rtol=0.05)


@given(exponent=st.integers(-30, 30))
def test_gain_is_squared_in_the_power(exponent):
    encoder, samples = LogMel(), torch.from_numpy(noise(2000))[None]
    gain = 2.0**exponent  # exact in floating point
    assert torch.equal(encoder.power(samples * gain), encoder.power(samples) * gain**2)


@pytest.mark.parametrize("offset", [-0.5, 0.1, 0.3])
@pytest.mark.parametrize("encoder", [LogMel(window=256), LogMel(window=400, exponent=0.1), LogMel(window=512)])
def test_a_constant_offset_leaves_the_features_as_they_are(encoder, offset):
    samples = noise(4000, level=1.0)
    np.testing.assert_allclose(encoder.encode(samples + np.float32(offset)), encoder.encode(samples), atol=1e-3)


def test_compression_is_that_of_box_and_cox():
    power = torch.tensor([[[0.0, 1e-3, 1.0, 50.0]]])
    logarithm, root = LogMel(exponent=0, floor=0.01), LogMel(exponent=0.5)
    np.testing.assert_allclose(logarithm.compress(power), np.log(power.numpy() + 0.01), rtol=1e-6)
    np.testing.assert_allclose(root.compress(power), 2 * np.sqrt(power.numpy()), rtol=1e-6)


def test_silence_has_the_features_of_the_floor():
    np.testing.assert_allclose(LogMel(floor=0.01).encode(np.zeros(1000, np.float32)), np.log(0.01), rtol=1e-6)


def test_a_notebook_without_widgets_is_not_told_so() -> None:
    """A library that librosa loads warns where it finds itself in a notebook, by what is loaded there."""
    code = """
import sys, types, warnings
notebook = types.ModuleType("IPython")
notebook.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
sys.modules.update({"IPython": notebook, "ipykernel.zmqshell": notebook, "ipywidgets": None})
from phonseg.encoders.log_mel import LogMel
warnings.simplefilter("always")
LogMel()
print("tqdm.notebook" in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("True\n", "")
