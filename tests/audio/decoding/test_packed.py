"""Encoders' lead-ins and fillings, by clicks whose places are known; cut containers; codings that only FFmpeg knows."""

from __future__ import annotations

import io
import re
import struct
import sys
import warnings
from contextlib import suppress

import numpy as np
import pytest
import soundfile
from hypothesis import given, strategies as st

from phonseg.audio.decoding.caf import CafSize, caf_size
from phonseg.audio.decoding.stated import Stated, stated
from phonseg.audio.find import find_recordings
from phonseg.audio.recording import Recording, open_recording
from phonseg.errors import AudioError, PhonsegWarning

av = pytest.importorskip("av", reason="the extra [m4a] is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:av")

CLICKS = (0.25, 0.5, 1.0, 1.5, 1.9)  # seconds


def clicks(rate: int) -> np.ndarray:
    """(n,) 2.003 s of a soft tone with loud clicks."""
    seconds = np.arange(2 * rate + rate // 400) / rate
    samples = 0.02 * np.sin(2 * np.pi * 300 * seconds)
    for click in CLICKS:
        samples[round(click * rate) : round(click * rate) + 8] += 0.7
    return samples.astype(np.float32)


def first_time(start: int) -> int | None:
    """The time stamp of a block that begins at this sample."""
    return start


def packets(
    coding: str, rate: int, form: str = "fltp", container: str = "matroska"
) -> tuple[bytes, list[bytes], bytes]:
    """The clicks in a container, and their packets and the description of the coding alone."""
    if coding not in av.codecs_available:
        pytest.skip(f"PyAV has no {coding}")
    file, samples, bare = io.BytesIO(), clicks(rate), []
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(coding, rate=rate, layout="mono", format=form, bit_rate=96_000)
        for start in range(0, len(samples) + 960, 960):
            block = samples[np.newaxis, start : start + 960]
            if block.size:
                stored = block if form.startswith("flt") else (block * 32_767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(stored), format=form, layout="mono")
                frame.sample_rate, frame.pts = rate, first_time(start)
            for packet in stream.encode(frame if block.size else None):
                bare.append(bytes(packet))
                output.mux(packet)
        description = bytes(stream.codec_context.extradata or b"")
    return file.getvalue(), bare, description


def packed(coding: str, rate: int, form: str = "fltp", container: str = "matroska") -> bytes:
    return packets(coding, rate, form, container)[0]


def opened(data: bytes) -> tuple[Recording, np.ndarray]:
    recording = open_recording(io.BytesIO(data))
    return recording, np.concatenate(list(recording.blocks(round(recording.sample_rate))))


def late(data: bytes) -> tuple[float, float]:
    """By how many milliseconds the clicks are late, and how many too long the recording is."""
    recording, samples = opened(data)
    rate = recording.sample_rate
    delays = []
    for click in CLICKS:
        start = max(0, round((click - 0.1) * rate))
        power = np.convolve(samples[start : start + round(0.2 * rate)] ** 2, np.ones(8), "same")
        delays.append(1000 * ((start + np.argmax(power)) / rate - click))
    return float(np.median(delays)), 1000 * (recording.duration - (2 + 1 / 400))


@pytest.mark.parametrize(
    ("coding", "rate", "form", "container"),
    [
        ("libopus", 48_000, "flt", "webm"),
        ("libopus", 16_000, "flt", "matroska"),
        ("libopus", 48_000, "flt", "mp4"),
        ("libopus", 48_000, "flt", "ogg"),
        ("aac", 44_100, "fltp", "matroska"),
        ("aac", 16_000, "fltp", "ipod"),
        ("libmp3lame", 44_100, "fltp", "matroska"),
        ("libmp3lame", 44_100, "fltp", "mp4"),
        ("alac", 44_100, "s16p", "caf"),
        ("flac", 44_100, "s16", "ogg"),
    ],
)
def test_the_sound_lies_where_it_lay_and_has_its_duration(coding, rate, form, container):
    delay, excess = late(packed(coding, rate, form, container))
    assert abs(delay) < 1
    assert abs(excess) < 1.01


def test_what_opus_adds_before_the_sound_is_dropped_if_the_first_page_of_an_ogg_file_counts_it(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "first_time", lambda start: None)  # FFmpeg then counts from the padding
    delay, excess = late(packed("libopus", 48_000, "flt", "ogg"))
    assert abs(delay) < 1
    assert abs(excess) < 1.01


@pytest.mark.parametrize("container", ["matroska", "mp4"])
def test_what_ac3_adds_before_the_sound_is_dropped_and_what_it_adds_after_it_is_never_told(container):
    delay, excess = late(packed("ac3", 44_100, container=container))
    assert abs(delay) < 1
    assert 0 <= excess < 1_536 / 44.1


@pytest.mark.parametrize("stated_rate", [8_000, 12_000, 16_000, 24_000, 44_100])
def test_opus_in_matroska_does_not_depend_on_the_rate_that_is_stated(stated_rate):
    data = packed("libopus", 48_000, "flt", "webm")
    assert data.count(struct.pack(">d", 48_000)) == 1
    changed = data.replace(struct.pack(">d", 48_000), struct.pack(">d", stated_rate))
    np.testing.assert_array_equal(opened(changed)[1], opened(data)[1])


def test_windows_media_gets_a_note():
    data = packed("wmav2", 16_000, container="asf")
    delay, _ = late(data)
    assert delay == pytest.approx(-32, abs=1)
    (remark,) = open_recording(io.BytesIO(data)).remarks
    assert "is a Windows Media file. Depending on the program that made it, these times may be 32 to 64 ms" in remark


def test_eight_channels_are_read():
    samples = np.random.default_rng(0).normal(0, 0.1, (8, 4_096)).astype(np.float32)
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        stream = output.add_stream("flac", rate=48_000, layout="7.1", format="s16")
        stored = (samples.T.reshape(1, -1) * 2**15).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(stored, format="s16", layout="7.1")
        frame.sample_rate, frame.pts = 48_000, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    for channel in (1, 8):
        recording = open_recording(io.BytesIO(file.getvalue()), channel=channel)
        result = np.concatenate(list(recording.blocks(48_000)))
        np.testing.assert_allclose(result, samples[channel - 1], rtol=0, atol=2**-15)


@pytest.mark.parametrize(("coding", "form"), [("aac", "fltp"), ("libopus", "flt"), ("pcm_s16le", "s16")])
def test_an_impossible_number_of_channels_is_an_error_and_not_a_crash(coding, form):
    data = packed(coding, 48_000, form)
    assert data.count(b"\x9f\x81\x01") == 1
    for channels in (0xF0, 0x41, 0x09, 0):
        with suppress(AudioError), warnings.catch_warnings(action="ignore"):  # a decoder may know better
            assert opened(data.replace(b"\x9f\x81\x01", bytes([0x9F, 0x81, channels])))[0].channels <= 64


# CAF


def caf(fourcc: bytes, parts: list[bytes], cookie: bytes, rate: int, per_packet: int, valid: int, lead: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return name + struct.pack(">q", len(content)) + content

    def size(number: int) -> bytes:
        return bytes([128 | number >> 7, number & 127]) if number > 127 else bytes([number])

    filling = len(parts) * per_packet - valid - lead
    table = struct.pack(">qqii", len(parts), valid, lead, filling) + b"".join(size(len(part)) for part in parts)
    description = struct.pack(">d4s5I", rate, fourcc, 0, 0, per_packet, 1, 0)
    head = b"caff\0\1\0\0" + chunk(b"desc", description) + chunk(b"kuki", cookie) + chunk(b"pakt", table)
    return head + chunk(b"data", bytes(4) + b"".join(parts))


def aac_in_caf() -> bytes:
    def described(tag: int, content: bytes) -> bytes:
        return bytes([tag, len(content)]) + content

    _, parts, description = packets("aac", 44_100)
    coding = b"\x40\x15\0\0\0" + struct.pack(">II", 96_000, 96_000) + described(5, description)
    cookie = bytes(4) + described(3, bytes(3) + described(4, coding) + described(6, b"\2"))
    return caf(b"aac ", parts, cookie, 44_100, 1_024, len(clicks(44_100)), 1_024)


def test_aac_in_caf_is_read_without_what_the_encoder_has_added():
    data = aac_in_caf()
    delay, excess = late(data)
    assert abs(delay) < 0.1
    assert excess == pytest.approx(0, abs=0.03)
    assert caf_size(io.BytesIO(data)) == CafSize(len(clicks(44_100)), 1_024, is_cut=False)
    with pytest.warns(PhonsegWarning, match=r"only \S+ s of the 2\.00\d\d s that its header promises can be read"):
        recording, _ = opened(data[: len(data) // 2])
    assert 0.8 < recording.duration < 1.1


def test_alac_in_caf_is_read_whole_by_either_library(monkeypatch):
    file = io.BytesIO()
    soundfile.write(file, clicks(44_100), 44_100, format="CAF", subtype="ALAC_16")
    expected = opened(file.getvalue())[1]
    data = packed("alac", 44_100, "s16p", "caf")
    np.testing.assert_allclose(opened(data)[1], expected, rtol=0, atol=2**-14)


def test_without_pyav_the_message_says_what_to_install(monkeypatch, tmp_path):
    data = aac_in_caf()
    (tmp_path / "x.caf").write_bytes(data)
    (tmp_path / "x.ac3").write_bytes(packed("ac3", 44_100, container="ac3"))
    monkeypatch.setitem(sys.modules, "av", None)
    assert [path.name for path in find_recordings(tmp_path)] == ["x.ac3", "x.caf"]
    with pytest.raises(AudioError, match=r"x\.caf: .*coded in an unknown way.* Or install PyAV with pip install av"):
        open_recording(tmp_path / "x.caf")
    with pytest.raises(AudioError, match=r"x\.ac3: .*it is an AC-3 file, which needs PyAV\. Install it with pip"):
        open_recording(tmp_path / "x.ac3")


@pytest.mark.parametrize(
    ("container", "coding", "rate", "form"),
    [
        ("ac3", "ac3", 44_100, "fltp"),
        ("eac3", "eac3", 44_100, "fltp"),
        ("wav", "ac3", 44_100, "fltp"),
        ("tta", "tta", 44_100, "s16"),
        ("wv", "wavpack", 44_100, "s16p"),
    ],
)
def test_what_only_ffmpeg_decodes_is_read(container, coding, rate, form):
    delay, _ = late(packed(coding, rate, form, container))
    assert 0 <= round(delay, 1) < 6  # AC-3 has a delay of 256 samples, of which only some containers tell


def test_what_neither_library_decodes_is_called_what_libsndfile_found():
    file = io.BytesIO()
    soundfile.write(file, clicks(16_000), 16_000, format="WAV", subtype="PCM_16")
    data = bytearray(file.getvalue())
    data[20:22] = b"\x77\x77"
    with pytest.raises(AudioError, match=r"it is damaged or coded in an unknown way\. Copy or record it again"):
        opened(bytes(data))


# Cut short


@pytest.mark.parametrize(
    ("container", "coding", "form", "seconds"),
    [
        ("avi", "pcm_s16le", "s16", "2.00"),
        ("avi", "libmp3lame", "fltp", "2.0[34]"),
        ("avi", "ac3", "fltp", "2.02"),
        ("asf", "wmav2", "fltp", "2.04"),
        ("matroska", "flac", "s16", "2.00"),
        ("webm", "libopus", "flt", "2.00"),
        ("flv", "libmp3lame", "fltp", "2.0[23]"),
        ("tta", "tta", "s16", "2.00"),
        ("wv", "wavpack", "s16p", "2.00"),
    ],
)
@pytest.mark.parametrize("kept", [0.6, 0.93])
def test_a_container_cut_short_is_told_with_both_durations(container, coding, form, seconds, kept):
    data = packed(coding, 48_000 if coding == "libopus" else 44_100, form, container)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, whole = opened(data)
    with pytest.warns(PhonsegWarning, match=rf"only \S+ s of the {seconds}\d* s that its header promises"):
        _, samples = opened(data[: int(len(data) * kept)])
    assert 0.4 * len(whole) < len(samples) < len(whole)
    np.testing.assert_array_equal(samples[:-4_096], whole[: len(samples)][:-4_096])


def test_a_large_avi_file_has_several_lists():
    first = (
        b"RIFF" + struct.pack("<I", 4 + 8 + 4 + 10) + b"AVI " + b"LIST" + struct.pack("<I", 14) + b"movi" + bytes(10)
    )
    second = first.replace(b"AVI ", b"AVIX")
    assert stated(io.BytesIO(first + second)) == Stated(len(first + second))
    assert stated(io.BytesIO((first + second)[:-3])) == Stated(len(first + second))


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"\x1aE\xdf\xa3\x81x\x18\x53\x80\x67\x84abcd", 15),
        (b"\x1aE\xdf\xa3\x81x\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xffabcd", 0),  # not known
        (struct.pack(">I4s", 12, b"ftyp") + bytes(4) + struct.pack(">I4s", 100, b"mdat"), 0),  # too short to say
        (struct.pack(">I4s", 16, b"ftyp") + bytes(8) + struct.pack(">I4s", 100, b"mdat") + bytes(8), 116),
        (struct.pack(">I4s", 16, b"ftyp") + bytes(8) + struct.pack(">I4sQ", 1, b"mdat", 2**33), 2**33 + 16),
        (struct.pack(">I4s", 16, b"ftyp") + bytes(8) + struct.pack(">I4s", 0, b"mdat") + bytes(8), 0),  # to the end
        (b"", 0),
    ],
)
def test_where_the_sound_should_end(data, end):
    assert stated(io.BytesIO(data)).end == end


@given(
    st.sampled_from([b"\x1aE\xdf\xa3", b"RIFF\0\0\0\0AVI ", b"caff\0\1\0\0", b"\0\0\0\0mdat", b""]),
    st.binary(max_size=200),
)
def test_any_bytes_state_something(beginning, rest):
    file = io.BytesIO(beginning + rest)
    assert stated(file).end >= 0
    assert caf_size(file).lead >= 0


def test_the_packet_table_of_a_caf_file_may_come_last_or_not_at_all():
    file = io.BytesIO()
    soundfile.write(file, clicks(16_000), 16_000, format="CAF", subtype="PCM_16")
    data = file.getvalue()
    place = re.search(rb"data.{8}", data, re.DOTALL).start() + 4
    unknown = data[:place] + b"\xff" * 8 + data[place + 8 :]
    assert caf_size(io.BytesIO(unknown)) == CafSize(unsized_at=place + 8)
    recording, samples = opened(unknown[:-100])
    assert recording.format == "CAF PCM_16"
    np.testing.assert_array_equal(samples, opened(data)[1][:-50])
    assert caf_size(io.BytesIO(data[:-1])) == CafSize(len(clicks(16_000)), 0, is_cut=True)
