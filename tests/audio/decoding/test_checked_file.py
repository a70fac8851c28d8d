"""Files that fail while they are read: an error with the reason, whichever library reads and whenever it happens."""

from __future__ import annotations

import errno
import io
import mmap
import os
import sys

import numpy as np
import pytest
import soundfile
from conftest import mel_segmenter
from hypothesis import example, given, strategies as st

from phonseg.audio import scan as scan
from phonseg.audio.decoding.checked_file import CheckedFile
from phonseg.audio.recording import open_recording, read
from phonseg.batch.check import check
from phonseg.errors import AudioError

RATE = 16_000
SAMPLES = np.random.default_rng(0).normal(0, 0.1, 3 * RATE).astype(np.float32)


def encoded(container: str, coding: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, SAMPLES, RATE, format=container, subtype=coding)
    return file.getvalue()


def packed() -> bytes:
    """The same in Matroska."""
    av = pytest.importorskip("av", reason="the extra [m4a] is not installed")
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        stream = output.add_stream("flac", rate=RATE, layout="mono", format="s16")
        for start in range(0, len(SAMPLES), 4_096):
            block = (SAMPLES[np.newaxis, start : start + 4_096] * 2**15).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


FILES = {
    **{name: lambda name=name: encoded(name) for name in ("WAV", "AIFF", "FLAC", "MP3", "OGG", "CAF", "W64")},
    "Matroska": packed,
}


class Failing(io.BytesIO):
    """Raises an error when bytes from `place` on are read."""

    def __init__(self, data: bytes, error: Exception, *, place: int = 0) -> None:
        super().__init__(data)
        self.failure, self.place = error, place

    def read(self, size=-1):
        if self.tell() + max(size, 0) > self.place:
            raise self.failure
        return super().read(size)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("share", [0.0, 0.001, 0.4, 0.9999])
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_an_error_of_the_system_is_told_with_its_reason(capfd, kind, share, number):
    data = FILES[kind]()
    file = Failing(data, OSError(number, os.strerror(number)), place=int(len(data) * share))
    with pytest.raises(AudioError, match=rf"<file object>: cannot be read \({os.strerror(number)}\)\. Check the disk"):
        open_recording(file)
    assert capfd.readouterr().err == ""  # such as "Exception ignored from cffi callback"


@pytest.mark.parametrize("kind", FILES)
def test_so_is_one_in_the_second_pass(monkeypatch, kind):
    monkeypatch.setattr(scan, "KEPT_SECONDS", 0)
    data = FILES[kind]()
    file = Failing(data, OSError(errno.EIO, "Input/output error"), place=len(data))
    recording = open_recording(file)
    file.place = len(data) // 2
    with pytest.raises(AudioError, match=r"<file object>: cannot be read \(Input/output error\)"):
        list(recording.blocks(RATE))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "Matroska"])
@pytest.mark.parametrize(
    "error", [ValueError("no"), RuntimeError(), KeyError("x"), EOFError(), TimeoutError(110, "timed out")]
)
def test_whatever_a_file_object_raises_is_told(kind, error):
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    with pytest.raises(AudioError, match=rf"cannot be read \({reason}\)") as caught:
        open_recording(Failing(FILES[kind](), error, place=2_000))
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "Matroska"])
@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        (lambda data: None, "it returned NoneType instead of bytes"),
        (lambda data: "x" * len(data), "it returned str instead of bytes"),
        (lambda data: data + bytes(100_000), r"it returned \d+ bytes instead of \d+"),
    ],
)
def test_a_file_object_that_returns_something_else_is_told(kind, returned, reason):
    class Odd(io.BytesIO):
        def read(self, size=-1):
            return returned(super().read(size)) if size else b""

    with pytest.raises(AudioError, match=rf"<file object>: cannot be read \({reason}\)"):
        open_recording(Odd(FILES[kind]()))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG", "Matroska"])
def test_a_file_object_may_return_less_than_is_asked_for_or_another_kind_of_bytes(kind):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return bytearray(super().read(min(size, 1_000)))

        def seek(self, *where):
            super().seek(*where)  # and returns nothing, as a memory map

    data = FILES[kind]()
    np.testing.assert_array_equal(read(Slow(data), sample_rate=RATE)[0], read(io.BytesIO(data), sample_rate=RATE)[0])


def test_a_memory_map_is_read(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(encoded("WAV"))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert open_recording(mapped).n_samples == len(SAMPLES)


def test_a_file_object_without_an_end_is_refused():
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return bytes(size)

        def seek(self, offset, whence=0):
            return 2**62 if whence == 2 else offset

        def tell(self):
            return 0

    with pytest.raises(AudioError, match="<file object>: has no end"):
        open_recording(Endless())


def test_what_a_file_grows_by_while_it_is_read_does_not_count():
    data = encoded("MP3")

    class Growing(io.BytesIO):
        def read(self, size=-1):
            place = self.tell()
            self.seek(0, os.SEEK_END)
            self.write(data[2_000:4_000])
            self.seek(place)
            return super().read(size)

    assert open_recording(Growing(data)).n_samples == open_recording(io.BytesIO(data)).n_samples


@pytest.mark.parametrize("call", ["open", "fstat", "stat"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENXIO, errno.EINVAL])
def test_an_error_in_opening_is_told(monkeypatch, tmp_path, call, number):
    path = tmp_path / "x.wav"
    path.write_bytes(encoded("WAV"))
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0

    def fail(*arguments, **named):
        raise OSError(number, os.strerror(number))

    if call == "open":
        monkeypatch.setattr("builtins.open", fail)
    else:
        monkeypatch.setattr(os, call, fail)
    with pytest.raises(AudioError, match=rf"x\.wav'?: cannot be opened \({os.strerror(number)}\)"):
        open_recording(path)
    monkeypatch.undo()
    assert before == (len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc and /sys are Linux's")
def test_files_of_the_system_are_refused_at_once(tmp_path):
    for number, target in enumerate(
        ("/proc/kmsg", "/proc/self/mem", "/proc/cpuinfo", "/proc/self/pagemap", "/dev/tty")
    ):
        link = tmp_path / f"{number}.wav"
        link.symlink_to(target)
        if os.path.exists(target):
            with pytest.raises(AudioError, match=r"an empty file|not an ordinary file|may not be read|cannot be"):
                open_recording(link)
    for folder in ("/sys/class/net/lo", "/proc/self"):
        for name in sorted(os.listdir(folder)):
            if os.path.isfile(os.path.join(folder, name)):
                with pytest.raises(AudioError):
                    open_recording(os.path.join(folder, name))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file may not be sparse")
@pytest.mark.parametrize("size", [2**36, 2**42])
def test_a_file_that_is_nearly_all_holes_is_refused(tmp_path, size):
    path = tmp_path / "x.wav"
    path.write_bytes(encoded("WAV"))
    try:
        os.truncate(path, size)
    except OSError:
        pytest.skip("the file system has no files of this size")
    with pytest.raises(AudioError, match=rf"x\.wav: claims {size} bytes, of which \d+ are on the disk"):
        open_recording(path)


def test_a_check_goes_on_after_a_file_that_fails(monkeypatch, tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.wav").write_bytes(encoded("WAV"))
    whole = CheckedFile.read

    def fails_in_b(self, size=-1, /):
        if self.name.endswith("b.wav") and self.position > 1_000:
            self.file = Failing(b"", OSError(errno.EIO, "Input/output error"))
        return whole(self, size)

    monkeypatch.setattr(CheckedFile, "read", fails_in_b)
    report = check(tmp_path, progress=False)
    assert [one.status for one in report.recordings] == ["fine", "failed", "fine"]
    assert report.failed == (
        f"{tmp_path / 'b.wav'}: cannot be read (Input/output error). "
        "Check the disk or the network, or copy the recording.",
    )


def test_an_interrupt_in_a_pass_is_not_lost():
    class Interrupted(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 10_000:
                raise KeyboardInterrupt
            return super().read(size)

    with pytest.raises(KeyboardInterrupt):
        mel_segmenter().segment(Interrupted(encoded("WAV")))


@given(
    st.binary(max_size=60),
    st.lists(st.tuples(st.integers(0, 70), st.integers(-1, 70), st.booleans()), max_size=8),
    st.integers(0, 60),
)
@example(b"x", [(0, 1, False), (0, 0, True), (0, 1, False)], 1)  # nothing is read after going back
def test_it_reads_as_the_file_itself_up_to_its_length(data, steps, length):
    length = min(length, len(data))
    checked, plain = CheckedFile(io.BytesIO(data), "x", length), io.BytesIO(data[:length])
    for place, size, has_seek in steps:
        if has_seek:
            assert checked.seek(place) == plain.seek(place)
        assert checked.read(size) == plain.read(size)
        assert checked.tell() == plain.tell()
    assert checked.seek(-length, os.SEEK_END) == 0
