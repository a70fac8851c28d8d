"""Files that are missing, are no files, may not be read, or change while they are read."""

from __future__ import annotations

import io
import os
import sys
import warnings

import numpy as np
import pytest
import soundfile
from conftest import mel_segmenter, noise

from phonseg.audio import scan as scan
from phonseg.audio.decoding.file_handle import FileHandle
from phonseg.audio.recording import open_recording
from phonseg.errors import AudioError

RATE = 16_000


def wav(n: int = 5 * RATE, seed: int = 0) -> bytes:
    """A WAV file of `n` samples at 16 kHz."""
    file = io.BytesIO()
    soundfile.write(file, np.random.default_rng(seed).normal(0, 0.1, n), RATE, format="WAV")
    return file.getvalue()


def test_what_is_missing_a_folder_or_misnamed_is_named(tmp_path):
    (tmp_path / "link.wav").symlink_to("gone.wav")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    for path, message in [
        (tmp_path / "missing.wav", "missing.wav: does not exist. Check the spelling"),
        (tmp_path / "link.wav", r"link.wav: is a link to gone\.wav, which does not exist"),
        (tmp_path / "loop.wav", r"cannot be opened \(Too many levels of symbolic links\)"),
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
    path.write_bytes(wav())

    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)  # a superuser may read everything
    with pytest.raises(AudioError, match=r"x\.wav: may not be read \(permission denied\)"):
        open_recording(path)


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_names_may_hold_anything(tmp_path):
    for name in ("a b.wav", "'\"$.wav", "new\nline.wav", "𝄞é.wav", os.fsdecode(b"latin\xe9.wav"), "-x.wav", "x.raw"):
        (tmp_path / name).write_bytes(wav(100))
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


@pytest.fixture
def nothing_is_kept(monkeypatch):
    """Every recording is read as a long one is."""
    monkeypatch.setattr(scan, "KEPT_SECONDS", 0)


def test_a_short_recording_is_read_once(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(wav(RATE))
    recording = open_recording(path)
    path.unlink()
    for rate in (RATE, 8_000):
        assert sum(len(block) for block in recording.blocks(rate)) == rate


def test_a_file_that_becomes_shorter_between_two_passes_is_an_error(nothing_is_kept, tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(wav())
    recording = open_recording(path)
    path.write_bytes(wav(RATE))
    with pytest.raises(AudioError, match=r"x\.wav: was changed while it was read"):
        list(recording.blocks(RATE))


def test_a_file_that_grows_is_read_as_it_was_when_it_was_opened(nothing_is_kept, tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(wav(RATE))
    recording = open_recording(path)
    path.write_bytes(wav())
    assert sum(len(block) for block in recording.blocks(RATE)) == RATE


def test_a_file_that_is_cut_short_in_the_middle_of_a_pass_is_an_error(nothing_is_kept, tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(wav(60 * RATE))
    blocks = open_recording(path).blocks(RATE, block_seconds=1)
    assert len(next(blocks)) == RATE
    os.truncate(path, 10 * RATE)
    with pytest.raises(AudioError, match=r"x\.wav: became shorter while it was read\. Wait until it is complete"):
        list(blocks)


@pytest.mark.parametrize("change", ["rewritten", "replaced"])
def test_another_sound_of_the_same_length_in_its_place_is_an_error(nothing_is_kept, tmp_path, change):
    path = tmp_path / "x.wav"
    path.write_bytes(wav())
    recording = open_recording(path)
    if change == "rewritten":
        path.write_bytes(wav(seed=1))
        os.utime(path, ns=(1, 1))  # some file systems count in seconds
    else:
        (tmp_path / "other.wav").write_bytes(wav(9 * RATE))
        os.replace(tmp_path / "other.wav", path)
    with pytest.raises(AudioError, match=r"x\.wav: was changed while it was read"):
        list(recording.blocks(RATE))


def test_every_pass_starts_at_the_beginning_and_closes_only_what_it_opened(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    given_file = io.BytesIO(b"abc")
    for source in (str(path), given_file):
        handle, opened = FileHandle("x", source), []
        for _ in range(3):
            with handle.open() as file:
                assert file.read() == b"abc"
                opened.append(file)
        assert [file.file.closed for file in opened] == [handle.seen is not None] * 3


OPENED: list[str] = []
sys.addaudithook(lambda event, arguments: OPENED.append(str(arguments[0])) if event == "open" else None)


@pytest.mark.parametrize(
    ("container", "rate", "seconds"),
    [("WAV", 16_000, 2), ("FLAC", 44_100, 131), ("MP3", 44_100, 2), ("OGG", 22_050, 2), ("AIFF", 8_000, 2)],
)
def test_a_recording_is_opened_once_for_its_head_and_once_for_its_samples(tmp_path, container, rate, seconds):
    path = tmp_path / f"x.{container.lower()}"
    soundfile.write(path, noise(seconds * rate), rate, format=container)
    OPENED.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mel_segmenter().segment(path)
    assert OPENED.count(str(path)) == 2
