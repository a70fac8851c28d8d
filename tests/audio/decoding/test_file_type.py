"""What a file is that libsndfile does not read, and what it is called in the message."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
import soundfile

from phonseg.audio.decoding.file_type import file_type
from phonseg.audio.recording import open_recording
from phonseg.errors import AudioError

TEXTGRID = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n1\n"IntervalTier"\n"Sound"\n'
FILES = {
    "an empty file": b"",
    "nothing but zero bytes": bytes(10_000),
    "an MPEG-4 file .m4a": b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(range(256)),
    "a Matroska or WebM": b"\x1aE\xdf\xa3" + bytes(range(256)),
    "an AVI video": b"RIFF\0\1\0\0AVI LIST" + bytes(range(256)),
    "a Windows Media": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(100),
    "an AAC": b"\xff\xf1\x50\x80" + bytes(100),
    "an AMR": b"#!AMR\n\xff\xff",
    "a Flash video": b"FLV\x01\x05\0\0\0\x09" + bytes(range(100)),
    "an MPEG video": (b"G" + bytes(187)) * 5,
    "an MPEG": b"\0\0\x01\xba\x21" + bytes(range(100)),
    "a sound file in a rare compressed format": b"wvpk" + bytes(range(100)),
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


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_sound_is_named_for_what_it_is(tmp_path, what):
    path = tmp_path / "recording.wav"
    path.write_bytes(FILES[what])
    with pytest.raises(AudioError, match=rf"recording\.wav: cannot be read as sound: it is {what}.*\. [A-Z].*\.$"):
        open_recording(path)


PACKED = [what for what, content in FILES.items() if file_type(content).needs_ffmpeg]


@pytest.mark.parametrize("what", PACKED)
def test_without_pyav_the_extra_that_reads_such_files_is_named(tmp_path, monkeypatch, what):
    monkeypatch.setitem(sys.modules, "av", None)  # importing it now fails
    path = tmp_path / "recording.wav"
    path.write_bytes(FILES[what])
    with pytest.raises(AudioError, match=rf"it is {what}.*, which needs PyAV\. Install it with pip install av,"):
        open_recording(path)


def test_ffmpeg_is_asked_only_for_what_libsndfile_does_not_know():
    assert len(PACKED) == 10
    for coding in ("WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "W64", "CAF", "NIST", "RF64"):
        file = io.BytesIO()
        soundfile.write(file, np.zeros(1_000), 16_000, format=coding)
        assert not file_type(file.getvalue()).needs_ffmpeg


@pytest.mark.parametrize("coding", ["utf-16", "utf-8-sig"])
def test_the_unicodes_of_praat_and_other_text_are_known(tmp_path, coding):
    path = tmp_path / "recording.wav"
    for text, what in [(TEXTGRID, "a Praat file"), ("Text\n", "text"), ("<html>", "an HTML page")]:
        path.write_bytes(text.encode(coding))
        with pytest.raises(AudioError, match=f"it is {what}"):
            open_recording(path)
