"""Sounds whose joins are known to the sample, and small segmenters whose weights come from a seed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import torch
from hypothesis import settings
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from phonseg.detection.dissimilarity import LeftRightContrast, PrecomputedCurve, euclidean
from phonseg.detection.peaks import OperatingPoint
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.model.segmenter import Segmenter
from phonseg.model.streams import Stream

RATE = 16_000
Samples = NDArray[np.float32]
# The first two formants of five vowels, in Hz.
FORMANTS = ((300, 2300), (500, 1800), (750, 1250), (450, 900), (320, 750))

# Tests are never timed, for the machine may be busy; and on a busy machine several threads wait for each other.
# Generated examples are the same each time, so that a commit passes or fails by itself. `--hypothesis-profile=explore`
# looks for new ones.
settings.register_profile("explore", deadline=None)
settings.register_profile("phonseg", deadline=None, derandomize=True)
settings.load_profile("phonseg")
torch.set_num_threads(1)


def noise(n: int, seed: int = 0, level: float = 0.1) -> Samples:
    """(n,) white noise."""
    return np.random.default_rng(seed).normal(0, level, n).astype(np.float32)


def pink_noise(n: int, seed: int = 0, level: float = 0.1) -> Samples:
    """(n,) noise whose power falls by 3 dB an octave."""
    length = max(n, RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=length))
    sound = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), length)
    return (level * sound / sound.std())[:n].astype(np.float32)


def tone(n: int, frequency: float, level: float = 0.1) -> Samples:
    """(n,) a sine with an amplitude of `level`."""
    return (level * np.sin(2 * np.pi * frequency * np.arange(n) / RATE)).astype(np.float32)


def vowel(n: int, formants: tuple[int, int] = FORMANTS[2], pitch: float = 120.0, level: float = 0.1) -> Samples:
    """(n,) a steady vowel: pulses through two resonances, with a standard deviation of `level`."""
    lead = RATE // 10  # by then the resonances have settled
    sound = np.diff(np.floor(np.arange(max(n, RATE) + lead + 1) * pitch / RATE))
    radius = np.exp(-np.pi * 80 / RATE)
    for formant in formants:
        sound = lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * formant / RATE), radius**2], sound)
    sound = sound[lead:]
    return (level * sound / sound.std())[:n].astype(np.float32)


def hiss(n: int, low: float, high: float, seed: int = 0, level: float = 0.05) -> Samples:
    """(n,) noise between two frequencies in Hz, like a fricative."""
    band = butter(4, (low, high), "bandpass", fs=RATE, output="sos")
    sound = sosfilt(band, np.random.default_rng(seed).normal(size=n + 1000))[1000:]
    return (level * sound / sound.std()).astype(np.float32)


def speech_like(n_sounds: int, seed: int = 0) -> tuple[Samples, NDArray[np.float64]]:
    """Steady vowels and hisses in turn, cut together abruptly, between pauses of 0.3 s, in faint noise, at `RATE`.

    Sounds last 80 to 160 ms. Returns the samples and the seconds of the n_sounds + 1 joins.
    """
    generator = np.random.default_rng(seed)
    pause = RATE * 3 // 10
    lengths = [pause, *generator.integers(RATE * 8 // 100, RATE * 16 // 100, n_sounds), pause]
    parts = [np.zeros(lengths[0], np.float32)]
    for i, n in enumerate(lengths[1:-1]):
        if i % 2:
            low = generator.choice([1500, 2500, 4000])
            parts.append(hiss(n, low, low + 3000, seed=generator.integers(2**30)))
        else:
            parts.append(vowel(n, FORMANTS[generator.integers(len(FORMANTS))], pitch=generator.uniform(90, 200)))
    samples = np.concatenate([*parts, np.zeros(lengths[-1], np.float32)])
    return samples + noise(len(samples), seed, level=1e-3), np.cumsum(lengths[:-1]) / RATE


def mel_segmenter() -> Segmenter:
    """Two log-mel views, in which nothing is learned, with an operating point that takes clear changes alone."""
    look = LeftRightContrast(euclidean, (2, 3, 4))
    streams = Stream(LogMel(window=256), look, 0.05), Stream(LogMel(window=400, exponent=0.1), look, 0.05)
    return Segmenter("by hand", streams, OperatingPoint(0.6))


def network_segmenter(seed: int = 0) -> Segmenter:
    """A small boundary network and a small network of units, with random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        boundaries = Stream(BoundaryNetwork(bands=20, width=8).eval(), PrecomputedCurve())
        units = Stream(UnitNetwork(units=5, bands=20, width=8).eval(), LeftRightContrast(euclidean, (2, 3, 4)), 0.3)
    return Segmenter("random", (boundaries, units), OperatingPoint(0.02))


@pytest.fixture
def unlistable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Makes a folder that cannot be listed; no rights of files would stop a superuser."""

    def make(folder: Path) -> Path:
        folder.mkdir()

        def refusing(real: Callable[..., object]) -> Callable[..., object]:
            def listed(path: object = ".") -> object:
                if path == folder or path == str(folder):
                    raise PermissionError(13, "Permission denied", str(folder))
                return real(path)

            return listed

        for name in ("listdir", "scandir"):
            monkeypatch.setattr(os, name, refusing(getattr(os, name)))
        return folder

    return make


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four recordings of `speech_like(22, seed)`, seeds 0 to 3, in several formats and rates."""
    folder = tmp_path_factory.mktemp("recordings")
    for seed, (name, rate) in enumerate([("a.wav", 16_000), ("b.flac", 44_100), ("c.ogg", 22_050), ("d.wav", 8_000)]):
        samples, _ = speech_like(22, seed)
        soundfile.write(folder / name, soxr.resample(samples, RATE, rate), rate)
    return folder
