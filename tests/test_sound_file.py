"""Sound files that are cut short, damaged, unfinished, missing, or no sound files at all."""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import warnings

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from phonseg.audio import open_recording, read
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
    + [("WAV", "PCM_24"), ("WAV", "ULAW"), ("MP3", "MPEG_LAYER_III")],
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


def test_one_missing_sample_is_told_and_an_odd_byte_is_not():
    data = encoded("WAV", "PCM_16")
    with pytest.warns(PhonsegWarning, match=r"only 4\.9999 s of the 5\.0000 s"):
        assert read_bytes(data[:-1])[1] == 5 - 1 / RATE
    assert read_bytes(data + b"x")[1] == 5


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


@pytest.mark.parametrize("channels", [64, 65])
def test_at_most_64_channels_are_read(tmp_path, channels):
    path = tmp_path / "x.wav"
    soundfile.write(path, noise(100, channels), RATE)
    if channels == 64:
        assert open_recording(path).channels == 64
    else:
        with pytest.raises(AudioError, match=r"x\.wav: has 65 channels"):
            open_recording(path)


def test_what_is_missing_a_folder_or_misnamed_is_named(tmp_path):
    for path, message in [
        (tmp_path / "missing.wav", "missing.wav: does not exist. Check the spelling"),
        (tmp_path / "x.wav" / "y.wav", "y.wav: does not exist|Not a directory"),
        (tmp_path, f"{tmp_path}: is a folder"),
        ("x\0y.wav", r"'x\\x00y.wav': cannot be opened \(embedded null byte\)"),
        ("x" * 5_000, "File name too long"),
    ]:
        with pytest.raises(AudioError, match=message):
            open_recording(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_devices_are_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", "/dev/zero"):
        with pytest.raises(AudioError, match="is not an ordinary file"):
            open_recording(path)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "x.wav"
    path.write_bytes(encoded("WAV"))

    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)  # a superuser may read everything
    with pytest.raises(AudioError, match=r"x\.wav: may not be read \(permission denied\)"):
        open_recording(path)


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_names_may_hold_anything(tmp_path):
    for name in ("a b.wav", "'\"$.wav", "new\nline.wav", "𝄞é.wav", os.fsdecode(b"latin\xe9.wav"), "-x.wav", "x.raw"):
        (tmp_path / name).write_bytes(encoded("WAV", n=100))
        assert open_recording(tmp_path / name).n_samples == 100


def test_a_pipe_a_closed_file_and_a_text_file_are_refused(tmp_path):
    reading, writing = os.pipe()
    os.close(writing)
    with (
        os.fdopen(reading, "rb") as pipe,
        pytest.raises(AudioError, match=r"<file object>: cannot be rewound.*BytesIO"),
    ):
        open_recording(pipe)
    with pytest.raises(AudioError, match="<file object>: cannot be rewound"):
        open_recording(pipe)
    with pytest.raises(AudioError, match=r"<file object>: was opened as text\. Open it with mode 'rb'"):
        open_recording(io.StringIO("text"))


def test_a_file_that_becomes_shorter_between_two_passes_is_an_error(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(encoded("WAV"))
    recording = open_recording(path)
    path.write_bytes(encoded("WAV", n=RATE))
    with pytest.raises(AudioError, match=r"x\.wav: became shorter while it was read"):
        list(recording.blocks(RATE))


def test_a_file_that_grows_is_read_as_it_was_when_it_was_opened(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(encoded("WAV", n=RATE))
    recording = open_recording(path)
    path.write_bytes(encoded("WAV"))
    assert sum(len(block) for block in recording.blocks(RATE)) == RATE
