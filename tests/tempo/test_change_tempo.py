"""A change of tempo from the outside: any source, exact lengths, the very samples at factor 1, and its own time."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from conftest import RATE, mel_segmenter, noise, speech_like

import phonseg
from phonseg.errors import AudioError, ConfigurationError, PhonsegWarning
from phonseg.tempo.options import TempoOptions
from phonseg.tempo.tempo_change import TempoChange
from phonseg.timeline.segmentation import Segmentation

MODEL = mel_segmenter()
SPEECH, JOINS = speech_like(5)


def change(source: object, factor: float, **options: object) -> TempoChange:
    return phonseg.change_tempo(source, factor, **{"model": MODEL, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [0.5, 0.77, 1.31, 2.0])
@pytest.mark.parametrize("n", [1, 2, 7, 801])
@pytest.mark.filterwarnings("ignore::phonseg.PhonsegWarning")
def test_every_length_is_exact(n: int, factor: float) -> None:
    made = change((noise(n), RATE), factor)
    assert made.samples.shape == (max(1, round(n / factor)),)
    assert np.isfinite(made.samples).all()
    assert made.time_map.new[-1] == made.duration == made.segmentation.duration
    assert (made.time_map.old[0], made.time_map.new[0]) == (0, 0)
    assert made.time_map.old[-1] == pytest.approx(n / RATE, abs=1e-12)


def samples_of(kind: str, channels: int = 2) -> np.ndarray:
    stereo = np.stack([SPEECH, np.roll(SPEECH, 22), -SPEECH / 2, SPEECH, SPEECH, SPEECH][:channels], axis=1)
    if kind in ("int16", "int32"):
        return np.clip(stereo * 2.0 ** (8 * np.dtype(kind).itemsize - 1), -(2**31), 2**31 - 1).astype(kind)
    if kind == "uint8":
        return (stereo * 127 + 128).astype(np.uint8)
    return stereo.astype(kind)


@pytest.mark.parametrize(
    ("kind", "zero", "scale"),
    [("uint8", 128, 2**7), ("int16", 0, 2**15), ("int32", 0, 2**31), ("float32", 0, 1), ("float64", 0, 1)],
)
def test_at_factor_1_the_samples_are_those_of_the_recording(kind: str, zero: int, scale: int) -> None:
    given = samples_of(kind)
    for source in ((given, RATE), (given[:, :1], RATE), (given[:, 0], RATE)):
        samples, rate = change(source, 1.0)
        assert rate == RATE
        assert samples.dtype == (np.float64 if kind in ("int32", "float64") else np.float32)
        assert samples.shape == source[0].shape
        assert np.array_equal(samples, (source[0].astype(np.float64) - zero) / scale)
    slower = change((given[:, :1], RATE), 0.8).samples
    assert (slower.dtype, slower.ndim) == (samples.dtype, 2)


@pytest.mark.parametrize(
    ("name", "sample_type", "rate", "channels"),
    [
        ("x.wav", "PCM_U8", 8_000, 1),
        ("x.wav", "PCM_16", 11_025, 6),
        ("x.wav", "PCM_24", 96_000, 2),
        ("x.wav", "PCM_32", 44_100, 1),
        ("x.wav", "FLOAT", 16_000, 2),
        ("x.wav", "DOUBLE", 16_000, 1),
        ("x.flac", "PCM_24", 16_000, 2),
        ("x.ogg", "VORBIS", 16_000, 1),
    ],
)
def test_a_file_keeps_its_rate_its_width_and_its_channels(
    tmp_path: Path, name: str, sample_type: str, rate: int, channels: int
) -> None:
    path = tmp_path / name
    soundfile.write(path, samples_of("float64", channels)[:, :channels], rate, sample_type)
    same = change(path, 1.0)
    slow = change(path, 0.7)
    for suffix in (".wav", ".flac"):
        same.save(tmp_path / f"same{suffix}")
        slow.save(tmp_path / f"slow{suffix}")
        new, old = soundfile.info(tmp_path / f"slow{suffix}"), soundfile.info(path)
        assert (new.samplerate, new.channels, new.frames) == (rate, channels, round(old.frames / 0.7))
    expected = "PCM_16" if name == "x.ogg" else sample_type
    assert soundfile.info(tmp_path / "slow.wav").subtype == expected
    assert soundfile.info(tmp_path / "slow.flac").subtype in ("PCM_S8", "PCM_16", "PCM_24")
    if name != "x.ogg":
        before, after = (soundfile.read(one, dtype="float64")[0] for one in (path, tmp_path / "same.wav"))
        assert np.array_equal(before, after)
        assert np.array_equal(same.samples, before)
    with pytest.raises(ConfigurationError, match=r"was given to be read, and is not written over"):
        same.save(path if name != "x.ogg" else tmp_path / "x.ogg.wav") if name != "x.ogg" else same.save(link(path))


def link(path: Path) -> Path:
    other = path.with_name("link.wav")
    other.symlink_to(path)
    return other


def test_every_kind_of_source_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, SPEECH, RATE, "PCM_16")
    sound = parselmouth.Sound(str(path))
    expected = change(path, 0.8).samples
    with open(path, "rb") as file:
        for source in (str(path), file, io.BytesIO(path.read_bytes()), (soundfile.read(path)[0], RATE), sound):
            np.testing.assert_allclose(change(source, 0.8).samples, expected, rtol=0, atol=1e-6)
    assert change(sound, 0.8).samples.dtype == np.float64


def test_a_sound_that_begins_elsewhere_keeps_its_old_time(tmp_path: Path) -> None:
    sound = parselmouth.Sound(SPEECH.astype(float), RATE, start_time=5.0)
    made, plain = change(sound, 0.8), change((SPEECH.astype(float), RATE), 0.8)
    assert len(made.samples) == len(plain.samples)
    np.testing.assert_allclose(made.time_map.old, plain.time_map.old + 5, rtol=0, atol=1e-12)
    np.testing.assert_allclose(made.time_map.new, plain.time_map.new, rtol=0, atol=1e-9)
    assert made.segmentation.start == 0
    np.testing.assert_allclose(made.segmentation.boundaries, plain.segmentation.boundaries, rtol=0, atol=1e-9)
    assert phonseg.time_map(sound, 0.8, model=MODEL).old[0] == 5.0


def test_the_segments_are_mapped_and_know_the_new_recording() -> None:
    old = MODEL.segment((SPEECH, RATE))
    made = change((SPEECH, RATE), 0.8)
    np.testing.assert_allclose(made.segmentation.boundaries, made.time_map(old.boundaries), rtol=0, atol=1e-9)
    assert made.segmentation.recording[0] is made.samples
    assert made.provenance.settings == {"channel": "mix", "sensitivity": 0.5, "factor": 0.8}
    assert made.segmentation.provenance == old.provenance
    assert (made.factor, made.provenance.model) == (0.8, "by hand")
    even = change((SPEECH, RATE), 0.8, even=True)
    np.testing.assert_allclose(even.time_map(even.time_map.old), even.time_map.old / 0.8, rtol=0, atol=1e-9)
    assert even.provenance.settings["even"] is True
    with pytest.raises(ValueError, match="read-only"):
        made.samples[0] = 1
    seconds = len(SPEECH) / RATE
    told = f"factor 0.8: {seconds:.3f} s became {made.duration:.3f} s, 1 channel at 16000 Hz)"
    assert repr(made) == f"TempoChange(<samples>, {told}"
    assert repr(replace(made, recording=Path("in") / "x.wav")) == f"TempoChange(x.wav, {told}"


def test_segments_of_ones_own_make_another_map() -> None:
    own = Segmentation(JOINS, len(SPEECH) / RATE, labels=[f"{i}" for i in range(len(JOINS) + 1)])
    made = phonseg.change_tempo((SPEECH, RATE), 0.7, segmentation=own)
    assert made.segmentation.labels == own.labels
    assert (made.provenance.model, made.provenance.settings) == ("", {"channel": "mix", "factor": 0.7})
    known = replace(own, recording=(SPEECH, RATE))
    assert np.array_equal(phonseg.time_map(known, 0.7).new, made.time_map.new)
    assert not np.array_equal(made.time_map.new, change((SPEECH, RATE), 0.7).time_map.new)
    with pytest.raises(ConfigurationError, match="it does not know its recording"):
        phonseg.time_map(own, 0.7)
    with pytest.raises(ConfigurationError, match="two segmentations are given"):
        phonseg.time_map(known, 0.7, segmentation=own)


@pytest.mark.parametrize("of", [2.0, 0.9, 1.1])
def test_segments_of_another_recording_are_refused(of: float) -> None:
    seconds = len(SPEECH) / RATE
    with pytest.raises(ConfigurationError, match=r"<samples>: lasts from 0 to .* and the segments from 0 to"):
        phonseg.change_tempo((SPEECH, RATE), 0.8, segmentation=Segmentation(np.array([0.1]), of * seconds))
    with pytest.raises(ConfigurationError, match=r"and x\.TextGrid from 0 to"):
        TempoOptions(0.8).plan((SPEECH, RATE), Segmentation(np.array([0.1]), of * seconds), called="x.TextGrid")
    if of < 1:  # some label files do not tell where the recording ends
        early = Segmentation(np.array([0.1]), of * seconds, tells_duration=False)
        assert phonseg.change_tempo((SPEECH, RATE), 0.8, segmentation=early).segmentation.duration > seconds


@pytest.mark.parametrize("over", [-0.05, 0.05])
def test_segments_that_end_a_little_elsewhere_end_where_the_sound_ends(over: float) -> None:
    seconds = len(SPEECH) / RATE
    own = Segmentation(np.array([*JOINS, seconds + over - 0.01]), seconds + over)
    made = phonseg.change_tempo((SPEECH, RATE), 0.8, segmentation=own)
    assert made.segmentation.end == made.duration
    assert len(made.segmentation) == len(own)
    np.testing.assert_allclose(made.segmentation.boundaries[:-1], made.time_map(JOINS), rtol=0, atol=1e-9)


def test_only_what_was_labelled_by_hand_is_warned_of_mp3(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.mp3", SPEECH, RATE)
    made = change(tmp_path / "x.mp3", 0.8)
    own = Segmentation(JOINS, made.time_map.old[-1])
    with pytest.warns(PhonsegWarning, match="is an MP3 file, which Praat shows"):
        phonseg.change_tempo(tmp_path / "x.mp3", 0.8, segmentation=own)


def test_options_are_checked_before_anything_is_read() -> None:
    for factor in (0.49, 2.01, -1, 0, math.nan, math.inf, "1.2", None, True, np.array(1.2), [1.2], 1j, 10**400):
        with pytest.raises(ConfigurationError, match=r"factor is .*\. Give a number from 0\.5 to 2, such as"):
            phonseg.change_tempo("there is no such file", factor)  # type: ignore[arg-type]
    for factor, shown in ((3.0, "3"), ("0,8", "'0,8'")):
        with pytest.raises(ConfigurationError, match=rf"factor is {shown}\. Give"):
            phonseg.change_tempo("there is no such file", factor)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="even is 'no'"):
        phonseg.change_tempo("there is no such file", 0.8, even="no")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="segments are given, so model, sensitivity and rate have no effect"):
        change((SPEECH, RATE), 0.8, segmentation=Segmentation(JOINS, len(SPEECH) / RATE))
    with pytest.raises(ConfigurationError, match="segmentation is 3"):
        phonseg.change_tempo((SPEECH, RATE), 0.8, segmentation=3)  # type: ignore[arg-type]
    with pytest.raises(AudioError, match="does not exist"):
        phonseg.change_tempo("there is no such file", 0.8)
    for number in (np.float32(0.75), np.float64(0.75), Fraction(3, 4), np.longdouble(0.75)):
        assert len(change((SPEECH, RATE), number).samples) == round(len(SPEECH) / 0.75)
    assert len(change((SPEECH, RATE), 2).samples) == len(change((SPEECH, RATE), np.int64(2)).samples)


def test_what_cannot_be_sound_is_refused_in_every_channel() -> None:
    bad = np.stack([SPEECH, SPEECH], axis=1)
    bad[7, 1] = np.nan
    for channel in ("mix", 1, 2):
        with pytest.raises(AudioError, match="not finite"):
            change((bad, RATE), 0.8, channel=channel)
    with pytest.raises(AudioError, match="0 samples"):
        change((np.zeros(0), RATE), 0.8)


def test_the_map_is_made_by_one_channel_and_all_are_changed_alike() -> None:
    both = np.stack([SPEECH, 0.01 * noise(len(SPEECH))], axis=1)
    made = change((both, RATE), 0.7, channel=1)
    assert np.array_equal(made.time_map.new, change((SPEECH, RATE), 0.7).time_map.new)
    assert made.samples.shape[1] == 2
    assert made.provenance.settings["channel"] == 1


def test_what_is_beyond_full_scale_is_told(tmp_path: Path) -> None:
    loud = change((3 * SPEECH / np.abs(SPEECH).max(), RATE), 1.0)
    loud.save(tmp_path / "x.wav")  # floating point holds all
    assert np.array_equal(soundfile.read(tmp_path / "x.wav", dtype="float32")[0], loud.samples)
    with pytest.warns(
        PhonsegWarning, match=r"x\.flac: \d+ samples are beyond full scale after the change, and clipped"
    ):
        loud.save(tmp_path / "x.flac")
    with pytest.raises(ConfigurationError, match=r"x\.mp3: is neither a \.wav nor a \.flac file"):
        loud.save(tmp_path / "x.mp3")


@pytest.mark.filterwarnings("ignore::phonseg.PhonsegWarning")
def test_silence_is_changed_too() -> None:
    made = change((np.zeros(RATE), RATE), 0.5)
    assert not made.samples.any()
    assert len(made.segmentation) == 1


def test_the_recording_is_not_written_over_by_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, noise(RATE // 4, 0, level=0.1), RATE)
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    with path.open("rb") as file:
        from_file = phonseg.change_tempo(file, 1.0)
        with pytest.raises(ConfigurationError, match=r"is not written over"):
            from_file.save("x.wav")
    named = phonseg.change_tempo("x.wav", 1.0)
    monkeypatch.chdir("/")
    with pytest.raises(ConfigurationError, match=r"is not written over"):
        named.save(path)
    assert named.plot()  # the recording is still found
    assert path.read_bytes() == before
