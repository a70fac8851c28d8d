"""What headers promise, and what they do not say: the length of a sound that was still being recorded."""

from __future__ import annotations

import io
import struct
import warnings
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
from hypothesis import given, strategies as st

from phonseg.audio.decoding import headers as module
from phonseg.audio.decoding.headers import read_header
from phonseg.audio.decoding.source import open_source
from phonseg.audio.recording import read
from phonseg.errors import AudioError, PhonsegWarning

RATE = 16_000
TAG_BEFORE, TAG_AFTER = b"ID3\x04\0\0\0\0\x0f\0" + bytes(1920), b"TAG" + bytes(125)


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, n).astype(np.float32)


def wav(n: int) -> bytes:
    """A WAV file of `n` samples of 16 bits, with a header of 44 bytes."""
    file = io.BytesIO()
    soundfile.write(file, noise(n), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def encoded(container: str, coding: str | None, n: int = 1_000, channels: int = 1, **how: object) -> bytes:
    file = io.BytesIO()
    samples = np.repeat(noise(n)[:, None], channels, axis=1)
    soundfile.write(file, samples, RATE, format=container, subtype=coding, **how)
    return file.getvalue()


def read_bytes(data: bytes) -> tuple[np.ndarray, float]:
    return read(io.BytesIO(data), sample_rate=RATE)


@pytest.mark.parametrize("riff_size", [0, 36, 0x7FFFF024, 0xFFFFFFFF])
@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFDB, 0xFFFFFFFF])
def test_a_streamed_wav_file_is_read_to_its_end(riff_size, size):
    data = wav(5 * RATE)
    streamed = data[:4] + struct.pack("<I", riff_size) + data[8:40] + struct.pack("<I", size) + data[44:]
    samples, duration = read_bytes(streamed)
    np.testing.assert_array_equal(samples, soundfile.read(io.BytesIO(data), dtype="float32")[0])
    assert duration == 5


def test_a_wav_file_that_is_truly_empty_takes_nothing_else_for_sound():
    data = wav(0) + b"LIST" + struct.pack("<I", 4) + b"INFO"
    data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    with pytest.raises(AudioError, match="holds no sound"):
        read_bytes(data)


@pytest.mark.parametrize("after", [b"", b"LIST" + struct.pack("<I", 4) + b"INFO"])
@pytest.mark.parametrize("riff_size", ["wrapped", 0, 0xFFFFFFFF])
@pytest.mark.parametrize("size", ["wrapped", 0, 0xFFFFFFFF])
@pytest.mark.parametrize("more", [1_000, 2**32 + 1_000])  # bytes beyond 4 GiB
def test_a_wav_file_of_more_than_4_gib_is_known_to_its_end(tmp_path, after, riff_size, size, more):
    length = 2**32 + more
    sizes = [
        whole % 2**32 if said == "wrapped" else said
        for said, whole in ((riff_size, 36 + length + len(after)), (size, length))
    ]
    head = wav(0)
    path = tmp_path / "x.wav"
    with path.open("wb") as file:  # nearly all of it is a hole, which takes no room on the disk
        file.write(head[:4] + struct.pack("<I", sizes[0]) + head[8:40] + struct.pack("<I", sizes[1]))
        file.truncate(44 + length - 2)
        file.seek(44 + length - 2)
        file.write(struct.pack("<h", 2**14) + after)
    found = open_source(path)
    # Only a size that was counted tells where the sound ends and something else begins.
    samples = (length if size == "wrapped" else length + len(after)) // 2
    assert (found.promised, found.format, found.header.flaw) == (samples, "WAV PCM_16", "")


def test_only_the_sound_of_a_file_whose_sizes_wrapped_is_read(tmp_path):
    with patch.object(module, "WAV_LIMIT", 2**16):  # as if WAV files could hold 64 KiB
        data = wav(50_000)
        wrapped = data[:40] + struct.pack("<I", 100_000 % 2**16) + data[44:] + b"LIST" + struct.pack("<I", 4) + b"INFO"
        samples, _ = read_bytes(wrapped)
    np.testing.assert_array_equal(samples, soundfile.read(io.BytesIO(data), dtype="float32")[0])


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("container", "coding"),
    [("WAV", coding) for coding in ("PCM_16", "PCM_24", "FLOAT", "ALAW")]
    + [("AIFF", coding) for coding in ("PCM_16", "PCM_24", "ULAW")]
    + [("NIST", "PCM_16"), ("RF64", "PCM_16")],
)
def test_of_a_file_cut_anywhere_the_header_tells_the_whole_length(container, coding, channels):
    data = encoded(container, coding, channels=channels)
    for kept in (len(data) // 3, len(data) - 4 * channels):
        assert read_header(io.BytesIO(data[:kept])).samples == 1_000
    assert read_header(io.BytesIO(data)).samples in (None, 1_000)


def test_aiff_counts_packets_of_ima_adpcm_and_not_samples():
    data = encoded("AIFF", "IMA_ADPCM", n=64 * 20)
    assert read_header(io.BytesIO(data)).samples == 64 * 20 == len(soundfile.read(io.BytesIO(data))[0])


@given(st.binary(max_size=200), st.sampled_from([b"", b"RIFF....WAVE", b"FORM....AIFF", b"OggS\0", b"NIST_1A"]))
def test_any_bytes_promise_something_or_nothing(data, head):
    found = read_header(io.BytesIO(head + data))
    assert found.samples is None or found.samples >= 0


@pytest.mark.parametrize("tag", [b"", TAG_BEFORE])
@pytest.mark.parametrize("end", [b"", TAG_AFTER])
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
    first, second = (encoded("MP3", None, seconds * RATE, channels) for seconds in (1, 2))
    with pytest.warns(PhonsegWarning, match="only 1.0000 s can be read, since it holds several recordings"):
        read_bytes(before + first + end + before + second + end)


@pytest.mark.parametrize("end", [b"", TAG_AFTER, b"APETAGEX" + bytes(10_000), bytes(10_000)])
@pytest.mark.parametrize("how", [{}, {"bitrate_mode": "VARIABLE"}, {"bitrate_mode": "CONSTANT"}])
def test_what_follows_an_mp3_file_and_is_no_other_is_left_alone(end, how):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_bytes(encoded("MP3", None, RATE, **how) + end)[1] == 1
