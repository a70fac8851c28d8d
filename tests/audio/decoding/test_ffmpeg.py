"""Sound in containers that FFmpeg unpacks: the same samples at the same times, whole or cut short."""

from __future__ import annotations

import io
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from phonseg.audio import scan as scan
from phonseg.audio.recording import open_recording, read
from phonseg.errors import AudioError, PhonsegWarning
from phonseg.training.crops import scan_items

av = pytest.importorskip("av", reason="the extra [m4a] is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:av")

RATE = 44_100
N = 2 * RATE + 123
# suffix, container and coding; with the form of the samples, or by how many samples the sound is late where a container
# does not tell of an encoder's lead-in.
EXACT = [("m4a", "ipod", "alac", "s16p"), ("mov", "mov", "alac", "s32p"), ("mka", "matroska", "flac", "s16")]
LOSSY = [
    ("m4a", "ipod", "aac", 0),
    ("mp4", "mp4", "aac", 0),
    ("aac", "adts", "aac", 1024),
    ("wma", "asf", "wmav2", -2048),  # FFmpeg drops the lead-in that Microsoft's encoder makes, and its own does not
    ("mp4", "mp4", "libmp3lame", 0),
]


def glide(n: int = N, channels: int = 1) -> np.ndarray:
    """(n, channels) a tone that rises, the same nowhere twice, with a click in its middle."""
    seconds = np.arange(n) / RATE
    samples = 0.3 * np.sin(2 * np.pi * (200 + 300 * seconds) * seconds)
    samples[n // 2 : n // 2 + 20] += 0.5
    return np.stack([samples * (1 - 0.5 * channel) for channel in range(channels)], axis=1).astype(np.float32)


def write(path: Path, samples: np.ndarray, container: str, coding: str, form: str = "fltp", **options: str) -> Path:
    """Encode (n, channels) samples at 44.1 kHz."""
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    scale = {"s16": 2**15, "s16p": 2**15, "s32p": 2**31}.get(form, 1)
    stored = (samples.astype(np.float64) * scale).astype({1: np.float32, 2**15: np.int16, 2**31: np.int32}[scale])
    with av.open(str(path), "w", format=container, options=options) as file:
        stream = file.add_stream(coding, rate=RATE)
        stream.layout, stream.format, stream.bit_rate = layout, form, 128_000
        for start in range(0, len(stored), 1_000):
            block = stored[start : start + 1_000]
            block = block.T if form.endswith("p") else block.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format=form, layout=layout)
            frame.sample_rate, frame.pts = RATE, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def lag(samples: np.ndarray, reference: np.ndarray) -> int:
    """How many samples later `samples` are than `reference`, at most 3000."""
    n, reach = 30_000, 3_000
    middle = reference[reach : reach + n]
    return int(np.argmax([samples[at : at + n] @ middle for at in range(2 * reach)])) - reach


@pytest.mark.parametrize(("suffix", "container", "coding", "form"), EXACT)
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_packed_without_loss_comes_back_sample_by_sample(tmp_path, suffix, container, coding, form, channels):
    samples = glide(channels=channels)
    path = write(tmp_path / f"x.{suffix}", samples, container, coding, form)
    recording = open_recording(path, channel=channels)
    result = np.concatenate(list(recording.blocks(RATE)))
    np.testing.assert_allclose(result, samples[:, -1], rtol=0, atol=2**-15)
    assert (recording.n_samples, recording.channels, recording.sample_rate) == (N, channels, RATE)
    assert recording.format.endswith(coding)


@pytest.mark.parametrize(("suffix", "container", "coding", "late"), LOSSY)
def test_what_an_encoder_adds_before_and_after_the_sound_is_dropped(tmp_path, suffix, container, coding, late):
    samples = glide(channels=2)
    path = write(tmp_path / f"x.{suffix}", samples, container, coding)
    result, duration = read(path, sample_rate=RATE, channel=1)
    assert lag(result, samples[:, 0]) == late
    settled = slice(RATE // 2, 3 * RATE // 2)
    shifted = result[settled.start + late : settled.stop + late]
    assert np.corrcoef(shifted, samples[settled, 0])[0, 1] > 0.99
    packet = 2_048
    # MPEG-4 says in milliseconds where the sound ends; others end with a whole packet.
    assert abs(len(result) - late - N) <= (RATE // 1_000 if container in ("ipod", "mp4") else packet)
    assert duration == len(result) / RATE


def test_the_size_of_the_blocks_plays_no_part(tmp_path):
    path = write(tmp_path / "x.m4a", glide(), "ipod", "aac")
    decoder = open_recording(path)._decoder
    whole = np.concatenate(list(decoder.blocks(10**9, 10**9)))
    for size in (100, 1_000, 5_000):
        blocks = list(decoder.blocks(size, 10**9))
        assert max(map(len, blocks)) <= size
        np.testing.assert_array_equal(np.concatenate(blocks), whole)
    for end in (1, 1_024, 50_000, len(whole)):
        np.testing.assert_array_equal(np.concatenate(list(decoder.blocks(700, end))), whole[:end])


@pytest.mark.slow
def test_memory_does_not_grow_with_the_recording(monkeypatch, tmp_path):
    monkeypatch.setattr(scan, "KEPT_SECONDS", 0)  # the recording counts as a long one
    path = write(tmp_path / "x.m4a", np.tile(glide(), (35, 1)), "ipod", "aac")
    tracemalloc.start()
    recording = open_recording(path)
    n = sum(len(block) for block in recording.blocks(16_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n == round(recording.duration * 16_000) > 69 * 16_000
    assert peak < 3e6 < 4 * recording.n_samples / 2


def test_an_open_file_is_read_like_its_path(tmp_path):
    path = write(tmp_path / "x.m4a", glide(), "ipod", "alac", "s16p")
    expected, _ = read(path, sample_rate=16_000)
    np.testing.assert_array_equal(read(io.BytesIO(path.read_bytes()), sample_rate=16_000)[0], expected)


@pytest.mark.parametrize(
    ("container", "options"),
    [
        ("ipod", {"movflags": "faststart"}),
        ("matroska", {}),
        ("adts", {}),
        ("asf", {}),
        ("ipod", {"movflags": "frag_keyframe+empty_moov", "frag_duration": "300000"}),
    ],
)
def test_of_a_file_cut_short_what_is_there_is_used_and_told(tmp_path, container, options):
    coding = "wmav2" if container == "asf" else "aac"
    path = write(tmp_path / "x", glide(channels=2), container, coding, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole, _ = read(path, sample_rate=RATE)
    data = path.read_bytes()
    with pytest.warns(PhonsegWarning, match=r"only .* s .*can be read, since it (was cut short|is damaged)"):
        samples, duration = read(io.BytesIO(data[: len(data) * 2 // 3]), sample_rate=RATE)
    assert 0.8 < duration < 1.6
    np.testing.assert_array_equal(samples[:-2_048], whole[: len(samples)][:-2_048])


def test_a_file_without_its_index_is_an_error(tmp_path):
    data = write(tmp_path / "x.m4a", glide(), "ipod", "aac").read_bytes()
    with pytest.raises(AudioError, match=r"it is an MPEG-4 file .*, cut short or damaged \(Invalid data"):
        read(io.BytesIO(data[: len(data) // 2]), sample_rate=RATE)


@pytest.mark.parametrize("where", [39, 144, 189, 290, 404, 508])
def test_a_size_that_leads_nowhere_is_an_error(tmp_path, where):
    path = write(tmp_path / "x.wma", glide(), "asf", "wmav2")
    data = bytearray(path.read_bytes())
    data[where : where + 8] = 7 * b"\xf0" + b"\x7f"
    path.write_bytes(data)
    with pytest.raises(AudioError, match=r"x\.wma: cannot be read as sound: it is .*, cut short or damaged"):
        read(path, sample_rate=RATE)


def with_picture(path: Path, *, sound: bool, late: float = 0.0) -> Path:
    """A video of three seconds, black; its sound may begin later than its picture."""
    with av.open(str(path), "w") as file:
        picture = file.add_stream("mpeg4", rate=25)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        stream = file.add_stream("aac", rate=RATE, layout="mono") if sound else None
        for i in range(75):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = i
            file.mux(picture.encode(frame))
        file.mux(picture.encode(None))
        if stream:
            samples = glide()[:, 0]
            for start in range(0, N, 1_024):
                frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1_024], format="fltp", layout="mono")
                frame.sample_rate, frame.pts = RATE, start + round(late * RATE)
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_the_sound_of_a_video_is_read(tmp_path, suffix):
    path = with_picture(tmp_path / f"x.{suffix}", sound=True)
    samples, duration = read(path, sample_rate=RATE)
    assert duration == pytest.approx(N / RATE, abs=0.05)
    assert abs(lag(samples, glide()[:, 0])) <= 1
    assert open_recording(path).remarks == ()


def test_sound_that_begins_after_the_picture_is_remarked_upon(tmp_path):
    path = with_picture(tmp_path / "x.mp4", sound=True, late=0.5)
    (remark,) = open_recording(path).remarks
    assert "x.mp4: its sound begins 0.48 s after its picture" in remark  # the encoder's lead-in stays


def test_a_silent_film_is_no_recording(tmp_path):
    path = with_picture(tmp_path / "x.mp4", sound=False)
    with pytest.raises(AudioError, match=r"x\.mp4: cannot be read as sound: it is an MPEG-4 file .* without sound"):
        open_recording(path)


@pytest.mark.parametrize("where", [0.3, 0.6])
def test_a_hole_is_told(tmp_path, where):
    data = bytearray(write(tmp_path / "x.m4a", glide(), "ipod", "aac").read_bytes())
    start = int(len(data) * where)
    data[start : start + 2_000] = bytes(2_000)
    with pytest.warns(PhonsegWarning, match=r"of the 2\.00\d\d s that its header promises can be read"):
        samples, _ = read(io.BytesIO(bytes(data)), sample_rate=RATE)
    assert 0 < len(samples) < N


def test_training_leaves_out_what_it_cannot_read_from_the_middle(tmp_path):
    path = write(tmp_path / "x.m4a", glide(), "ipod", "aac")
    other = tmp_path / "good.wav"
    soundfile.write(other, glide(), RATE)
    found = scan_items([path, other], 16_000, 0.5, progress=False)
    assert [item.path for item in found.items] == [other]
    assert "x.m4a: cannot be read from the middle, since its format does not allow it" in found.left_out[str(path)]
