"""What headers promise, and what they do not say: the length of a sound that was still being recorded."""

from __future__ import annotations

import io
import itertools
import re
import struct
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from phonseg import sound_header as room
from phonseg.audio import read
from phonseg.errors import AudioError, PhonsegWarning
from phonseg.file_bytes import file_bytes
from phonseg.sound_file import open_sound_file
from phonseg.sound_header import BROKEN, CHAINED, UNENDED, Promise, promise

RATE = 16_000


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, n).astype(np.float32)


def wav(n: int) -> bytes:
    """A WAV file of `n` samples of 16 bits, with a header of 44 bytes."""
    file = io.BytesIO()
    soundfile.write(file, noise(n), RATE, format="WAV", subtype="PCM_16")
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
    found = open_sound_file(file_bytes(str(path), "x.wav"))
    # Only a size that was counted tells where the sound ends and something else begins.
    samples = (length if size == "wrapped" else length + len(after)) // 2
    assert (found.promised, found.format, found.flaw) == (samples, "WAV PCM_16", "")


def test_only_the_sound_of_a_file_whose_sizes_wrapped_is_read(tmp_path):
    with patch.object(room, "LONGEST", 2**16):  # as if WAV files could hold 64 KiB
        data = wav(50_000)
        wrapped = data[:40] + struct.pack("<I", 100_000 % 2**16) + data[44:] + b"LIST" + struct.pack("<I", 4) + b"INFO"
        samples, _ = read_bytes(wrapped)
    np.testing.assert_array_equal(samples, soundfile.read(io.BytesIO(data), dtype="float32")[0])


@pytest.mark.parametrize(
    ("container", "coding", "told"),
    [
        ("SVX", "PCM_16", "of the 0.0625 s that its header"),
        ("VOC", "PCM_16", ""),
        ("VOC", "ULAW", ""),
    ],
)
def test_what_was_cut_short_is_noticed_and_what_is_whole_is_not(container, coding, told):
    data = encoded(container, coding)
    assert read_bytes(data)[1] == pytest.approx(1_000 / RATE, abs=1e-3)  # VOC rounds the rate
    for cut in (len(data) // 2, len(data) - 40):
        with pytest.warns(PhonsegWarning, match=f"only .* s {told}.*can be read, since it was cut short"):
            read_bytes(data[:cut])


def test_a_voc_file_that_libsndfile_refuses_is_called_damaged():
    with pytest.raises(AudioError, match="it is damaged or coded in an unknown way"):
        read_bytes(encoded("VOC", "PCM_U8")[:500])


def encoded(container: str, coding: str, n: int = 1_000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.repeat(noise(n)[:, None], channels, axis=1), RATE, format=container, subtype=coding)
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("container", "coding"),
    [(container, coding) for container in ("WAV", "W64", "AU") for coding in ("PCM_16", "PCM_24", "FLOAT", "ALAW")]
    + [("AU", coding) for coding in ("PCM_S8", "PCM_32", "DOUBLE", "ULAW")]
    + [("AIFF", coding) for coding in ("PCM_16", "PCM_24", "ULAW")]
    + [("NIST", "PCM_16"), ("RF64", "PCM_16")],
)
def test_of_a_file_cut_anywhere_the_header_tells_the_whole_length(container, coding, channels):
    data = encoded(container, coding, channels=channels)
    for kept in (len(data) // 3, len(data) - 4 * channels):
        assert promise(io.BytesIO(data[:kept])).samples == 1_000
    assert promise(io.BytesIO(data)).samples in (None, 1_000)


def test_aiff_counts_packets_of_ima_adpcm_and_not_samples():
    data = encoded("AIFF", "IMA_ADPCM", n=64 * 20)
    assert promise(io.BytesIO(data)).samples == 64 * 20 == len(soundfile.read(io.BytesIO(data))[0])


def test_an_au_file_of_unknown_length_promises_nothing():
    data = bytearray(encoded("AU", "PCM_16"))
    data[8:12] = b"\xff\xff\xff\xff"
    assert promise(io.BytesIO(data)) == Promise()
    assert read_bytes(bytes(data))[1] == 1_000 / RATE


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_an_ogg_file_is_whole_only_with_its_last_page(coding):
    data = encoded("OGG", coding, n=5 * RATE)
    assert promise(io.BytesIO(data)).flaw == ""
    assert promise(io.BytesIO(data + b"junk" * 100)).flaw == ""
    last = data.rindex(b"OggS")
    for kept in (last, last + 10, last + 27, len(data) - 1, len(data) // 2, 50):
        assert promise(io.BytesIO(data[:kept])).flaw == UNENDED
    other = encoded("OGG", coding, n=3 * RATE)
    while other[14:18] == data[14:18]:  # the number of the stream, which is drawn at random
        other = encoded("OGG", coding, n=3 * RATE)
    assert promise(io.BytesIO(data + other)).flaw == CHAINED


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"RIFF....WAVE", b"FORM....AIFF", b".snd", b"OggS\0", b"NIST_1A"])
)
def test_any_bytes_promise_something_or_nothing(data, head):
    found = promise(io.BytesIO(head + data))
    assert found.samples is None or found.samples >= 0


@given(st.binary(max_size=200))
def test_any_wave64_promises_something_or_nothing(data):
    head = encoded("W64", "PCM_16")[:40]
    found = promise(io.BytesIO(head + data))
    assert found.samples is None or found.samples >= 0


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_a_missing_or_damaged_page_of_an_ogg_file_is_noticed_wherever_it_is(coding):
    data = encoded("OGG", coding, n=10 * RATE)
    starts = [found.start() for found in re.finditer(b"OggS", data)]
    assert len(starts) > 5
    for start, end in itertools.pairwise(starts[1:]):
        assert promise(io.BytesIO(data[:start] + data[end:])).flaw == BROKEN
    for place in np.random.default_rng(0).integers(starts[0] + 4, starts[-1], 100):
        damaged = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
        assert promise(io.BytesIO(damaged)).flaw in (BROKEN, UNENDED)


def test_several_streams_in_one_ogg_file_must_all_end():
    one, two = (encoded("OGG", "VORBIS", n=n * RATE) for n in (1, 2))
    pages = [re.split(b"(?=OggS)", data)[1:] for data in (one, two)]
    first, second = pages[0][:1] + pages[1][:1], pages[1][1:] + pages[0][1:]
    assert promise(io.BytesIO(b"".join(first + second))).flaw == ""
    assert promise(io.BytesIO(b"".join(first + second[:-1]))).flaw == UNENDED
