"""Sound files that are written hold what was read, and other programs read them."""

from __future__ import annotations

import errno
import resource
import signal
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from conftest import RATE, noise

from phonseg.audio.recording import open_recording
from phonseg.audio.sound_file import SoundFormat, check_format, write_sound
from phonseg.audio.wav_header import wav_header
from phonseg.errors import ConfigurationError, OutputError

TYPES = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 0, "DOUBLE": 0}


def full_scale(bits: int, channels: int, n: int = 1001) -> np.ndarray:
    """Every size of sample, with both ends of the scale."""
    generator = np.random.default_rng(bits)
    if not bits:
        return 3 * generator.normal(size=(n, channels))
    whole = generator.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), size=(n, channels))
    whole[:2] = [[-(2 ** (bits - 1))], [2 ** (bits - 1) - 1]]
    return whole / 2 ** (bits - 1)


@pytest.mark.parametrize("sample_type", TYPES)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_file_holds_what_was_read(tmp_path: Path, sample_type: str, channels: int) -> None:
    bits = TYPES[sample_type]
    samples = full_scale(bits, channels)
    samples = samples.astype(np.float32) if sample_type == "FLOAT" else samples
    made = tmp_path / "made.wav"
    soundfile.write(made, samples, 11_025, sample_type) if not bits else soundfile.write(
        made, (samples * 2**31).astype(np.int32), 11_025, sample_type
    )
    recording = open_recording(made, channel=1)
    assert recording.sample_type == sample_type
    form = SoundFormat(recording.sample_rate, channels, recording.n_samples, recording.sample_type)
    blocks = list(recording.channel_blocks())
    assert blocks[0].dtype == (np.float64 if sample_type in ("PCM_32", "DOUBLE") else np.float32)
    assert np.array_equal(np.concatenate(blocks), samples)
    for name in ("x.wav", "x.flac") if bits and bits <= 24 else ("x.wav",):
        assert write_sound(tmp_path / name, blocks, form) == 0
        read, rate = soundfile.read(tmp_path / name, always_2d=True)
        assert rate == 11_025
        assert np.array_equal(read, samples)
        assert soundfile.info(tmp_path / name).subtype == ("PCM_S8" if bits == 8 and "flac" in name else sample_type)
    if channels < 6:
        assert np.array_equal(parselmouth.Sound(str(tmp_path / "x.wav")).values.T, samples)
    assert (tmp_path / "x.wav").stat().st_size % 2 == 0


@pytest.mark.parametrize("sample_type", ["FLOAT", "DOUBLE", "PCM_32"])
def test_flac_holds_24_bits_and_says_what_is_beyond_full_scale(tmp_path: Path, sample_type: str) -> None:
    samples = np.array([[0.25], [1.5], [-1.25], [1.0]])
    assert write_sound(tmp_path / "x.flac", [samples], SoundFormat(RATE, 1, 4, sample_type)) == 2
    read, _ = soundfile.read(tmp_path / "x.flac")
    assert list(read) == [0.25, 1 - 2**-23, -1, 1 - 2**-23]
    assert soundfile.info(tmp_path / "x.flac").subtype == "PCM_24"


def test_a_long_file_is_rf64(tmp_path: Path) -> None:
    header = wav_header(48_000, 2, 2**30, 16, is_float=False)
    path = tmp_path / "long.wav"
    path.write_bytes(header)
    with open(path, "r+b") as file:
        file.truncate(len(header) + 2**32)
    info = soundfile.info(path)
    assert (info.format, info.frames, info.channels, info.samplerate) == ("RF64", 2**30, 2, 48_000)
    assert wav_header(48_000, 2, 2**29, 16, is_float=False).startswith(b"RIFF")


@pytest.mark.parametrize(
    ("name", "rate", "channels", "message"),
    [
        ("x.mp3", 16_000, 1, r"is neither a \.wav nor a \.flac file"),
        ("x", 16_000, 1, r"is neither a \.wav nor a \.flac file"),
        ("x.wav", 11_024.5, 1, r"no sound file holds 11024\.5 samples per second"),
        ("x.flac", 16_000, 9, r"FLAC has at most 8 channels at 655350 Hz\. Give it the suffix \.wav"),
        ("x.flac", 768_000, 1, "FLAC has at most"),
    ],
)
def test_what_no_file_can_hold_is_refused(name: str, rate: float, channels: int, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        check_format(name, SoundFormat(rate, channels, 1, "PCM_16"))


@pytest.mark.parametrize("name", ["x.wav", "x.flac"])
def test_on_a_full_disk_nothing_is_left(tmp_path: Path, name: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
        with pytest.raises(OutputError, match=f"{name}: cannot be written") as refused:
            write_sound(tmp_path / name, [noise(10**5)[:, None]], SoundFormat(RATE, 1, 10**5, "PCM_16"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert refused.value.__cause__.errno == errno.EFBIG  # type: ignore[union-attr]
    assert list(tmp_path.iterdir()) == []
