"""Samples in memory: every kind of array gives the same, or is refused by name; Praat sounds; rates."""

from __future__ import annotations

import numpy as np
import parselmouth
import pytest
import soundfile

from phonseg.audio.recording import open_recording, read
from phonseg.errors import AudioError


def noise(n: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    """(n, channels) float32, as quiet as speech."""
    return np.random.default_rng(seed).normal(0, 0.1, (n, channels)).astype(np.float32)


def as_memory_map(samples, folder):
    np.save(folder / "samples.npy", samples)
    return np.load(folder / "samples.npy", mmap_mode="r")


def as_read_only(samples, folder):
    samples = samples.copy()
    samples.setflags(write=False)
    return samples


def as_tensor(samples, folder):
    return pytest.importorskip("torch").from_numpy(samples.copy())


ARRAYS = {
    "float64": lambda samples, folder: samples.astype(np.float64),
    "big-endian": lambda samples, folder: samples.astype(">f4"),
    "not contiguous": lambda samples, folder: np.repeat(samples, 3)[::3],
    "reversed": lambda samples, folder: samples[::-1].copy()[::-1],
    "one channel": lambda samples, folder: samples[:, np.newaxis],
    "list": lambda samples, folder: samples.tolist(),
    "read-only": as_read_only,
    "memory map": as_memory_map,
    "tensor": as_tensor,
    "Fortran order": lambda samples, folder: np.asfortranarray(np.stack([samples] * 2, axis=1)),
}


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("file_type", ARRAYS)
def test_all_arrays_give_the_same_and_stay_as_they_are(tmp_path, file_type, rate):
    samples = noise(40_000)[:, 0]
    expected, _ = read((samples, rate), sample_rate=16_000)
    given_samples = ARRAYS[file_type](samples, tmp_path)
    before = np.asarray(given_samples).copy()
    result, duration = read((given_samples, rate), sample_rate=16_000)
    np.testing.assert_array_equal(result, expected)
    assert duration == 40_000 / rate
    result += 1
    np.testing.assert_array_equal(np.asarray(given_samples), before)


@pytest.mark.parametrize(("dtype", "coding"), [("int16", "PCM_16"), ("int32", "PCM_32"), ("uint8", "PCM_U8")])
def test_whole_numbers_are_scaled_as_in_a_file(tmp_path, dtype, coding):
    limits = np.iinfo(dtype)
    samples = np.random.default_rng(0).integers(limits.min, limits.max, 1_000, dtype=dtype, endpoint=True)
    samples[:2] = limits.min, limits.max
    path = tmp_path / "x.wav"
    in_file = (samples.astype(np.int16) - 128) * 256 if dtype == "uint8" else samples
    soundfile.write(path, in_file.astype("int16" if dtype == "uint8" else dtype), 16_000, subtype=coding)
    result, _ = read((samples, 16_000), sample_rate=16_000)
    np.testing.assert_array_equal(result, read(path, sample_rate=16_000)[0])
    assert result.min() == -1


def test_a_praat_sound_is_read_channel_by_channel():
    values = noise(1_000, 2).T.astype(np.float64)
    sound = parselmouth.Sound(values, 16_000.0)
    result, duration = read(sound, sample_rate=16_000, channel=2)
    np.testing.assert_array_equal(result, values[1].astype(np.float32))
    assert duration == 0.0625


@pytest.mark.parametrize("dtype", ["int64", "int8", "bool", "complex64", "<U3", "object"])
def test_other_types_of_numbers_are_named_and_refused(dtype):
    with pytest.raises(AudioError, match=f"<samples>: are of type {dtype}"):
        open_recording((np.zeros(10).astype(dtype), 16_000))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 48_000)), r"shape \(2, 48000\).* transpose them \(samples.T\)"),
        (np.zeros((1, 100)), r"would be 100 channels of 1 samples each"),
        (np.zeros((2, 3, 4)), "an array of 3 dimensions"),
        (16_000, "an array of 0 dimensions. Give .samples, sample_rate., in this order"),
        ([[1.0, 2.0], [3.0]], "do not form an array"),
        (np.zeros((100, 65)), "has 65 channels"),
        (np.zeros((100, 0)), "has 0 channels"),
        ([], "holds no sound"),
    ],
)
def test_arrays_of_another_shape_are_refused_with_advice(samples, message):
    with pytest.raises(AudioError, match=message):
        open_recording((samples, 16_000))


@pytest.mark.parametrize("rate", [None, "16000", -16_000, 0, 999, 768_001, float("nan"), float("inf"), True, [16_000]])
def test_an_impossible_rate_is_refused(rate):
    with pytest.raises(AudioError, match=r"<samples>: the sample rate is .* from 1000 to 768000"):
        open_recording((noise(10), rate))


@pytest.mark.parametrize("source", [np.zeros(10), [0.0, 1.0], b"RIFF", 5, None, (np.zeros(3), 16_000, 1)])
def test_what_is_no_recording_is_refused(source):
    with pytest.raises(AudioError, match=r"is not a recording\. Give a path, .* or \(samples, sample_rate\)"):
        open_recording(source)
