"""What MP3 files say about their length, and what they do not say."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
import soundfile

from phonseg.audio import read
from phonseg.errors import PhonsegWarning

RATE = 16_000
TAG_BEFORE, TAG_AFTER = b"ID3\x04\0\0\0\0\x0f\0" + bytes(1920), b"TAG" + bytes(125)


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, n).astype(np.float32)


def mp3(n: int, channels: int = 1, **how: object) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.repeat(noise(n)[:, None], channels, axis=1), RATE, format="MP3", **how)
    return file.getvalue()


def read_bytes(data: bytes) -> tuple[np.ndarray, float]:
    return read(io.BytesIO(data), sample_rate=RATE)


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\0\0\0\0\x0f\0" + bytes(1920)])
@pytest.mark.parametrize("end", [b"", b"TAG" + bytes(125)])
def test_an_mp3_file_without_frame_count_is_read_to_its_end(tag, end):
    file = io.BytesIO()  # silence, which takes few bytes, then noise: no guess from the first frame can be right
    samples = np.concatenate([np.zeros(5 * RATE, np.float32), noise(20 * RATE)])
    soundfile.write(file, samples, RATE, format="MP3", bitrate_mode="VARIABLE", compression_level=0)
    data = file.getvalue()
    counted, counted_duration = read_bytes(tag + data + end)
    assert counted_duration == 25
    without = data.replace(b"Xing", bytes(4))
    assert without != data
    result, duration = read_bytes(tag + without + end)
    # Without the header nobody knows what the encoder put before and after the sound: the end may be later.
    assert 25 < duration < 25.3
    delay = int(np.argmax(np.abs(result) > 0.05) - np.argmax(np.abs(counted) > 0.05))
    assert 0 < delay < 3_000
    np.testing.assert_allclose(result[delay + 100 :][: 24 * RATE], counted[100:][: 24 * RATE], atol=1e-3)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("before", [b"", TAG_BEFORE])
@pytest.mark.parametrize("end", [b"", TAG_AFTER])
def test_what_was_glued_to_an_mp3_file_is_noticed(channels, before, end):
    first, second = mp3(RATE, channels), mp3(2 * RATE, channels)
    with pytest.warns(PhonsegWarning, match="only 1.0000 s can be read, since it holds several recordings"):
        read_bytes(before + first + end + before + second + end)


@pytest.mark.parametrize("end", [b"", TAG_AFTER, b"APETAGEX" + bytes(10_000), bytes(10_000)])
@pytest.mark.parametrize("how", [{}, {"bitrate_mode": "VARIABLE"}, {"bitrate_mode": "CONSTANT"}])
def test_what_follows_an_mp3_file_and_is_none_is_not(end, how):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_bytes(mp3(RATE, **how) + end)[1] == 1
