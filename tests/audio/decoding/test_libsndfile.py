"""Sound files that are cut short, damaged, unfinished, missing, or no sound files at all."""

from __future__ import annotations

import io
import re
import struct
import warnings

import numpy as np
import pytest
import soundfile
from hypothesis import given, strategies as st

from phonseg.audio.recording import open_recording, read
from phonseg.errors import AudioError, PhonsegError, PhonsegWarning

RATE = 16_000


def noise(n: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (n, channels)).astype(np.float32)


def encoded(container: str, coding: str | None = None, n: int = 5 * RATE, **settings) -> bytes:
    """A sound file of `n` samples at 16 kHz."""
    file = io.BytesIO()
    soundfile.write(file, noise(n), RATE, format=container, subtype=coding, **settings)
    return file.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data), dtype="float32")[0]


def read_bytes(data: bytes) -> tuple[np.ndarray, float]:
    return read(io.BytesIO(data), sample_rate=RATE)


# Cut short


@pytest.mark.parametrize(
    ("container", "coding"),
    [(container, "PCM_16") for container in ("WAV", "RF64", "AIFF", "NIST", "FLAC")]
    + [("CAF", "PCM_16"), ("CAF", "PCM_24"), ("CAF", "ULAW"), ("W64", "PCM_16"), ("W64", "FLOAT"), ("SVX", "PCM_16")]
    + [
        ("AU", "PCM_16"),
        ("AU", "ULAW"),
        ("AU", "DOUBLE"),
        ("SVX", "PCM_S8"),
        ("AIFF", "IMA_ADPCM"),
        ("WAV", "PCM_24"),
        ("WAV", "ULAW"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
@pytest.mark.parametrize("kept", [0.3, 0.5, 0.95])
def test_of_a_file_cut_short_what_is_there_is_used_and_both_durations_are_told(container, coding, kept):
    data = encoded(container, coding)
    whole, _ = read_bytes(data)
    with pytest.warns(PhonsegWarning, match="<file object>: only") as caught:
        samples, duration = read_bytes(data[: int(len(data) * kept)])
    there, promised = re.search(
        r"only (\S+) s of the (\S+) s that its header promises", str(caught[0].message)
    ).groups()
    assert (there, promised) == (f"{duration:.4f}", "5.0000")
    assert len(samples) == duration * RATE
    assert abs(duration - 5 * kept) < 0.3  # a FLAC or MP3 file loses a frame, and has no constant rate of bytes
    settled = len(samples) - 1_152  # the last frame of an MP3 lacks the overlap with the next
    np.testing.assert_array_equal(samples[:settled], whole[:settled])


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("kept", [0.5, 0.9, 0.999])
def test_an_ogg_file_cut_short_is_told_though_its_length_is_unknown(coding, kept):
    data = encoded("OGG", coding)
    with pytest.warns(PhonsegWarning, match=r"only (\S+) s can be read, since it has no end mark: it was cut short"):
        samples, duration = read_bytes(data[: int(len(data) * kept)])
    assert 1 < duration < 5
    assert len(samples) == duration * RATE


def test_ogg_files_one_after_another_in_one_file_are_told():
    data = encoded("OGG", "VORBIS")
    other = encoded("OGG", "VORBIS", n=2 * RATE)
    with pytest.warns(PhonsegWarning, match=r"only 5\.0000 s can be read, since it holds several recordings"):
        assert read_bytes(data + other)[1] == 5


@pytest.mark.parametrize("container", ["WAV", "FLAC", "AIFF", "NIST", "OGG", "MP3"])
def test_what_cannot_be_decoded_does_not_hide_what_can(container):
    """Whatever is warned about can be read in a second pass as in the first, at any size of block."""
    data = encoded(container)
    recording = None
    with pytest.warns(PhonsegWarning, match="only"):
        recording = open_recording(io.BytesIO(data[: len(data) * 3 // 5]))
    first = np.concatenate(list(recording.blocks(RATE)))
    second = np.concatenate(list(recording.blocks(RATE, block_seconds=0.01)))
    np.testing.assert_array_equal(first, second)
    assert len(first) == recording.n_samples


def test_one_missing_sample_is_told_and_an_odd_byte_is_not():
    data = encoded("WAV", "PCM_16")
    with pytest.warns(PhonsegWarning, match=r"only 4\.9999 s of the 5\.0000 s"):
        assert read_bytes(data[:-1])[1] == 5 - 1 / RATE
    assert read_bytes(data + b"x")[1] == 5


def test_of_a_format_that_is_not_checked_what_libsndfile_decodes_is_read_whole_or_cut_short():
    data = encoded("VOC", "PCM_16")
    for kept in (1, 0.5):
        samples, duration = read_bytes(data[: int(len(data) * kept)])
        assert duration == pytest.approx(5 * kept, abs=0.01)
        np.testing.assert_array_equal(samples, decoded(data)[: len(samples)])


def test_an_au_file_of_unknown_length_is_read_to_its_end():
    data = bytearray(encoded("AU", "PCM_16"))
    data[8:12] = b"\xff\xff\xff\xff"
    assert read_bytes(bytes(data))[1] == 5


@pytest.mark.parametrize(("container", "missing"), [("WAV", 0), ("WAV", 32_000), ("FLAC", 0), ("AIFF", 0)])
def test_a_header_without_sound_is_an_error(container, missing):
    data = bytearray(encoded(container, "PCM_16", n=0))
    if missing:
        data[40:44] = struct.pack("<I", missing)
    with pytest.raises(AudioError, match=r"<file object>: (holds no sound \(0 samples|cannot be read as sound)"):
        read_bytes(bytes(data))


# Damaged, or of unknown length


def test_a_flac_file_of_unknown_length_is_counted():
    data = bytearray(encoded("FLAC"))
    data[21] &= 0xF0  # the total number of samples: 36 bits of the STREAMINFO block, 0 if unknown
    data[22:26] = bytes(4)
    samples, duration = read_bytes(bytes(data))
    np.testing.assert_array_equal(samples, decoded(encoded("FLAC")))
    assert duration == 5


def test_a_flac_file_with_a_wrong_byte_is_read_up_to_it():
    data = bytearray(encoded("FLAC"))
    data[len(data) // 2] ^= 0xFF
    with pytest.warns(PhonsegWarning, match=r"of the 5\.0000 s that its header promises can be read"):
        samples, duration = read_bytes(bytes(data))
    assert 2 < duration < 2.7
    np.testing.assert_array_equal(samples, decoded(encoded("FLAC"))[: len(samples)])


@pytest.mark.parametrize("container", ["MP3", "OGG"])
def test_a_hole_in_a_compressed_file_is_told(container):
    data = encoded(container)
    middle = len(data) // 2
    with pytest.warns(PhonsegWarning, match=r"of the 5\.0000 s"):
        _, duration = read_bytes(data[:middle] + bytes(3_000) + data[middle + 3_000 :])
    assert 1 < duration < 5


def test_where_a_decoder_leaves_a_part_out_it_is_told_that_times_are_early():
    data = encoded("OGG", "VORBIS", n=10 * RATE)
    whole, _ = read_bytes(data)
    third, fourth = [found.start() for found in re.finditer(b"OggS", data)][2:4]
    with pytest.warns(
        PhonsegWarning, match=r"can be read, since a part of it is missing or damaged, so all times after it"
    ):
        samples, duration = read_bytes(data[:third] + data[fourth:])
    lost = 10 - duration
    assert 0.1 < lost < 2
    np.testing.assert_allclose(samples[-RATE:], whole[-RATE:], atol=1e-6)


@given(data=st.data())
def test_any_damage_gives_a_valid_result_or_an_error_of_ours(data):
    container = data.draw(st.sampled_from(["WAV", "FLAC", "MP3", "OGG", "AIFF", "NIST"]))
    content = bytearray(encoded(container, n=4_000))
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PhonsegWarning)
        try:
            samples, duration = read_bytes(content)
        except PhonsegError:
            return
    assert np.all(np.isfinite(samples))
    assert len(samples) == round(duration * RATE)
    assert duration > 0


@given(st.binary(max_size=3_000))
def test_random_bytes_are_refused(data):
    with pytest.raises(AudioError, match="<file object>: cannot be read as sound"):
        read_bytes(data)


# Not sound files, and not files


@pytest.mark.parametrize(
    ("rate", "channels", "message"), [(999, 1, "rate is 999"), (2**31 - 1, 1, "rate is 2147483647")]
)
def test_rates_out_of_range_are_refused(tmp_path, rate, channels, message):
    path = tmp_path / "x.wav"
    soundfile.write(path, noise(100, channels), rate)
    with pytest.raises(AudioError, match=f"x.wav: the sample {message}. Give samples per second, from 1000 to 768000"):
        open_recording(path)


def test_a_voc_file_that_libsndfile_refuses_is_called_damaged():
    with pytest.raises(AudioError, match="it is damaged or coded in an unknown way"):
        read_bytes(encoded("VOC", "PCM_U8", n=1_000)[:500])


def test_no_channel_is_no_recording():
    data = bytearray(encoded("WAV"))
    data[22:24] = bytes(2)
    with pytest.raises(AudioError, match="damaged or coded in an unknown way"):
        read_bytes(bytes(data))


@pytest.mark.parametrize("channels", [64, 65])
def test_at_most_64_channels_are_read(tmp_path, channels):
    path = tmp_path / "x.wav"
    soundfile.write(path, noise(100, channels), RATE)
    if channels == 64:
        assert open_recording(path).channels == 64
    else:
        with pytest.raises(AudioError, match=r"x\.wav: has 65 channels"):
            open_recording(path)
