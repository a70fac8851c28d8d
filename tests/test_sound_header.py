"""What headers do not say: the length of a sound that was still being recorded; what a file is that is no sound."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from phonseg.audio import open_recording, read
from phonseg.errors import AudioError

RATE = 16_000

TEXTGRID = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n1\n"IntervalTier"\n"Sound"\n'
FILES = {
    "an empty file": b"",
    "nothing but zero bytes": bytes(10_000),
    "an MPEG-4 file .m4a": b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(range(256)),
    "a Matroska or WebM": b"\x1aE\xdf\xa3" + bytes(range(256)),
    "an AVI video": b"RIFF\0\1\0\0AVI LIST" + bytes(range(256)),
    "a Windows Media": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(100),
    "an AAC": b"\xff\xf1\x50\x80" + bytes(100),
    "an AMR": b"#!AMR\n" + bytes(range(100)),
    "a NIST SPHERE file compressed with shorten": b"NIST_1A\n   1024\nsample_coding -s26 pcm,embedded-shorten-v2.00\n",
    "a Praat file such as a TextGrid": TEXTGRID.encode(),
    "a Praat Sound": b'File type = "ooTextFile"\r\nObject class = "Sound 2"\r\n',
    "an archive such as ZIP": b"PK\x03\x04" + bytes(range(200)),
    "a PDF": b"%PDF-1.7\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "an HTML page": b"\n <!DOCTYPE html>\n<html><title>404</title></html>",
    "text": "Götter, Ærø, 日本語\n".encode() * 100,
    "damaged or coded in an unknown way": b"RIFF\xff\0\0\0WAVEfmt \x10\0\0\0\x77\x77\1\0\0\0\0\0\0\0\0\0\0\0\0\0",
    "of no known kind": bytes(range(256)),
}


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


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_sound_is_named_for_what_it_is(tmp_path, what):
    path = tmp_path / "recording.wav"
    path.write_bytes(FILES[what])
    with pytest.raises(AudioError, match=rf"recording\.wav: cannot be read as sound: it is {what}.*\. [A-Z].*\.$"):
        open_recording(path)


@pytest.mark.parametrize("coding", ["utf-16", "utf-8-sig"])
def test_the_unicodes_of_praat_and_other_text_are_known(tmp_path, coding):
    path = tmp_path / "recording.wav"
    for text, what in [(TEXTGRID, "a Praat file"), ("Text\n", "text"), ("<html>", "an HTML page")]:
        path.write_bytes(text.encode(coding))
        with pytest.raises(AudioError, match=f"it is {what}"):
            open_recording(path)
