"""Recordings that lie, from the file to the TextGrid: segmented, segmented with a warning, or refused by name."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from conftest import RATE, Samples, mel_segmenter, speech_like

from phonseg.audio.recording import open_recording
from phonseg.batch.records.manifest import read_records
from phonseg.errors import AudioError, PhonsegWarning

SEGMENTER = mel_segmenter()
SPEECH = speech_like(12, 1)[0]


def encoded(samples: Samples, container: str = "WAV", coding: str | None = "PCM_16", rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=container, subtype=coding)
    return file.getvalue()


def flipped(data: bytes, at: float) -> bytes:
    """One byte changed, at a place from 0 to 1."""
    place = int(len(data) * at)
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def with_number(data: bytes, at: int, form: str, number: int) -> bytes:
    return data[:at] + struct.pack(form, number) + data[at + struct.calcsize(form) :]


def with_value(value: float) -> Samples:
    samples = SPEECH.copy()
    samples[1_600] = value
    return samples


WAV, FLAC, MP3, OGG = (encoded(SPEECH, *how) for how in (("WAV",), ("FLAC",), ("MP3", None), ("OGG", "VORBIS")))
SPHERE = encoded(SPEECH, "NIST")
CUT = "can be read, since it (was cut short|is damaged|has no end mark)"
FINE: dict[str, Callable[[], bytes]] = {
    "an odd byte at the end": lambda: WAV + b"\0",
    "a length of 0, as in a stream": lambda: with_number(with_number(WAV, 4, "<I", 0), 40, "<I", 0),
    "the largest length, as in a stream": lambda: with_number(
        with_number(WAV, 4, "<I", 2**32 - 1), 40, "<I", 2**32 - 1
    ),
    "FLAC of unknown length": lambda: with_number(with_number(FLAC, 21, ">B", FLAC[21] & 0xF0), 22, ">I", 0),
    "another suffix": lambda: FLAC,
    "SPHERE": lambda: SPHERE,
    "RF64": lambda: encoded(SPEECH, "RF64"),
    "mu-law": lambda: encoded(SPEECH, "AU", "ULAW"),
    "8 bits": lambda: encoded(1.5 * SPEECH, "WAV", "PCM_U8"),
    "32-bit floating point above full scale": lambda: encoded(1e6 * SPEECH, "WAV", "FLOAT"),
    "floating point near nothing": lambda: encoded(1e-6 * SPEECH, "WAV", "FLOAT"),
    "an offset": lambda: encoded(SPEECH + np.float32(0.4), "WAV", "FLOAT"),
    "two equal channels": lambda: encoded(np.stack([SPEECH, SPEECH], axis=1)),
    "six channels": lambda: encoded(np.stack([SPEECH] * 6, axis=1)),
    "Vorbis": lambda: OGG,
}
WARNED: dict[str, tuple[Callable[[], bytes], str]] = {
    "WAV cut in half": (
        lambda: WAV[: len(WAV) // 2],
        rf"of the {len(SPEECH) / RATE:.4f} s that its header promises {CUT}",
    ),
    "AIFF cut in half": (lambda: encoded(SPEECH, "AIFF")[: len(WAV) // 2], CUT),
    "SPHERE cut in half": (lambda: SPHERE[: len(WAV) // 2], CUT),
    "FLAC cut in half": (lambda: FLAC[: len(FLAC) // 2], CUT),
    "MP3 cut in half": (lambda: MP3[: len(MP3) // 2], CUT),
    "Vorbis without its last bytes": (lambda: OGG[:-5], CUT),
    "FLAC with a wrong byte": (lambda: flipped(FLAC, 0.7), CUT),
    "FLAC that promises 49 days": (
        lambda: with_number(with_number(FLAC, 21, ">B", FLAC[21] | 0x0F), 22, ">I", 2**32 - 1),
        rf"of the 4294967.2959 s that its header promises {CUT}",
    ),
    "SPHERE that promises a million million samples": (
        lambda: SPHERE[:1024].replace(b"count -i %d" % len(SPEECH), b"count -i 1000000000000")[:1024] + SPHERE[1024:],
        rf"of the 62500000.0000 s that its header promises {CUT}",
    ),
    "two MP3 files glued together": (lambda: MP3 + MP3, "it holds several recordings one after another"),
    "two Vorbis files glued together": (lambda: OGG + OGG, "it holds several recordings one after another"),
    "MP3": (lambda: MP3, "is an MP3 file, which Praat shows 37 to 66 ms later"),
    "clipping": (lambda: encoded(np.clip(20 * SPEECH, -1, 1)), r"is clipped \(\d+ samples"),
    "silence": (lambda: encoded(np.zeros(RATE, np.float32)), "is digital silence"),
    "opposite channels": (lambda: encoded(np.stack([SPEECH, -SPEECH], axis=1)), "its channels cancel each other"),
}
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "zero bytes": (lambda: b"", "an empty file"),
    "a header alone": (lambda: WAV[:44], "holds no sound"),
    "text": (lambda: b"dear diary\n", "it is text"),
    "a web page": (lambda: b"<!DOCTYPE html><html></html>", "it is an HTML page"),
    "an archive": (lambda: b"PK\x03\x04" + bytes(100), "it is an archive such as ZIP"),
    "a video": (lambda: b"\0\0\0\x18ftypmp42" + bytes(100), "it is an MPEG-4 file"),
    "random bytes": (lambda: np.random.default_rng(0).bytes(5_000), "it is of no known kind"),
    "an unknown coding": (lambda: with_number(WAV, 20, "<H", 0x7777), "coded in an unknown way"),
    "a rate of 1 Hz": (lambda: with_number(WAV, 24, "<I", 1), "the sample rate is 1"),
    "a rate of 2 GHz": (lambda: with_number(WAV, 24, "<I", 2**31 - 1), "the sample rate is 2147483647"),
    "no channel": (lambda: with_number(WAV, 22, "<H", 0), "damaged"),
    "65 channels": (lambda: encoded(np.zeros((100, 65), np.float32)), "has 65 channels"),
    "10 000 channels": (lambda: with_number(WAV, 22, "<H", 10_000), "damaged|has 10000 channels"),
    "zeros": (lambda: bytes(5_000), "nothing but zero bytes"),
    "a document": (lambda: b"%PDF-1.7\n" + bytes(range(256)), "it is a PDF document"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "it is a picture"),
    "a TextGrid": (lambda: b'File type = "ooTextFile"\nObject class = "TextGrid"\n', "it is a Praat file such as"),
    "a Sound of Praat's": (lambda: b'File type = "ooTextFile"\nObject class = "Sound 2"\n', "it is a Praat Sound"),
    "UTF-16": (lambda: "dear diary\n".encode("utf-16"), "it is text"),
    "SPHERE with shorten": (
        lambda: SPHERE[:1024].replace(b"pcm", b"pcm,embedded-shorten-v2.00")[:1024] + b"ajkg" + bytes(100),
        "NIST SPHERE file compressed with shorten",
    ),
    "NaN": (lambda: encoded(with_value(np.nan), "WAV", "FLOAT"), r"1 of \d+ samples are not finite .* at 0\.1000 s"),
    "infinity": (lambda: encoded(with_value(-np.inf), "WAV", "FLOAT"), r"1 of \d+ samples are not finite"),
}


def write(folder: Path, make: Callable[[], bytes]) -> Path:
    path = folder / "x.wav"
    path.write_bytes(make())
    return path


@pytest.mark.parametrize("what", FINE)
def test_what_only_looks_odd_is_segmented_as_ever(tmp_path, what):
    path = write(tmp_path, FINE[what])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        segmentation = SEGMENTER.segment(path)
    expected = SEGMENTER.segment((SPEECH, RATE))
    assert segmentation.duration == expected.duration
    assert len(segmentation) == len(expected)
    np.testing.assert_allclose(segmentation.boundaries, expected.boundaries, rtol=0, atol=0.005)
    segmentation.to_textgrid(tmp_path / "x.TextGrid")
    assert parselmouth.read(str(tmp_path / "x.TextGrid")).xmax == expected.duration


@pytest.mark.parametrize("what", WARNED)
def test_what_is_amiss_is_segmented_as_far_as_it_goes_and_told(tmp_path, what):
    make, message = WARNED[what]
    path = write(tmp_path, make)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", PhonsegWarning)
        segmentation = SEGMENTER.segment(path)
    assert any(re.search(rf"x\.wav: .*{message}", str(warning.message)) for warning in caught)
    assert 0 < segmentation.duration <= len(SPEECH) / RATE
    segmentation.to_textgrid(tmp_path / "x.TextGrid")
    assert parselmouth.read(str(tmp_path / "x.TextGrid")).xmax == segmentation.duration


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_recording_is_refused_by_name(tmp_path, what):
    make, message = REFUSED[what]
    with pytest.raises(AudioError, match=rf"x\.wav: .*{message}"):
        SEGMENTER.segment(write(tmp_path, make))


def not_files(folder: Path) -> dict[str, str]:
    """Put what is no file, or none that can be reached, into a folder, and tell what is said of it."""
    os.mkfifo(folder / "a pipe.wav")
    (folder / "a device.wav").symlink_to("/dev/zero")
    (folder / "a link to nothing.wav").symlink_to("nowhere.wav")
    (folder / "a link to itself.wav").symlink_to("a link to itself.wav")
    return {
        "a pipe": "is not an ordinary file",
        "a device": "is not an ordinary file",
        "a link to nothing": r"is a link to nowhere\.wav, which does not exist",
        "a link to itself": "cannot be opened .Too many levels of symbolic links.",
    }


def phonseg_segment(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "phonseg", "segment", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@pytest.mark.slow
def test_of_300_recordings_the_40_that_are_broken_are_named_and_all_others_done(tmp_path):
    folder, outputs = tmp_path / "field", [tmp_path / "one", tmp_path / "two"]
    folder.mkdir()
    said = not_files(folder)
    for made in (REFUSED, WARNED):
        for what, (make, message) in made.items():
            (folder / f"{what}.wav").write_bytes(make())
            said[what] = message
    n_failed, n_warned = len(REFUSED) + 4, len(WARNED)
    n_good = 300 - n_failed - n_warned
    assert n_failed + n_warned >= 40
    for i in range(n_good):
        day = folder / f"day {i % 7}"
        day.mkdir(exist_ok=True)
        (day / f"{i}.wav").write_bytes(encoded(speech_like(4, i)[0]))
    ran = [phonseg_segment(folder, "-o", out, "--jobs", jobs) for jobs, out in enumerate(outputs, 1)]
    for done, out in zip(ran, outputs, strict=True):
        assert done.returncode == 1
        assert "Traceback" not in done.stdout + done.stderr
        assert f"{n_good + n_warned} TextGrids written" in done.stdout
        lines = done.stderr.splitlines()
        assert [line.partition(": ")[0] for line in lines] == ["warning"] * n_warned + ["failed"] * n_failed
        records = {record.recording.stem: record for record in read_records(out)}
        assert len(records) == 300
        statuses = Counter(record.status for record in records.values())
        assert statuses == {"done": n_good, "warned": n_warned, "failed": n_failed}
        for what, message in said.items():
            assert re.search(rf"{re.escape(what)}\.wav'?: .*{message}", records[what].message), records[what]
    one, two = ({path.relative_to(out): path.read_bytes() for path in out.rglob("*.TextGrid")} for out in outputs)
    assert len(one) == n_good + n_warned
    assert one == two
    assert ran[0].stderr == ran[1].stderr


@pytest.mark.slow
def test_an_rf64_file_of_more_than_4_gib_is_read_to_its_end(tmp_path):
    channels, width = 64, 8
    n_samples = 2**32 // (channels * width) + 50_000
    size = n_samples * channels * width
    head = struct.pack("<4sI4s4sIQQQI", b"RF64", 2**32 - 1, b"WAVE", b"ds64", 28, size + 72, size, n_samples, 0)
    head += struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, channels, RATE, RATE * channels * width, channels * width, 64)
    head += struct.pack("<4sI", b"data", 2**32 - 1)
    path = tmp_path / "x.wav"
    with path.open("wb") as file:  # nearly all of it is a hole, which takes no room on the disk
        file.write(head)
        file.truncate(len(head) + size)
        file.seek(len(head) + (n_samples - 1_000) * channels * width)
        file.write(struct.pack("<d", 0.5))
    recording = open_recording(path, channel=1)
    assert recording.n_samples == n_samples
    assert recording.peak == 0.5
