"""Recordings: mono blocks at the wanted rate, their true duration, channels, samples in memory, and folders."""

from __future__ import annotations

import io
import os
import re
import tracemalloc
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings, strategies as st

from phonseg.audio import scan as scan
from phonseg.audio.find import find_recordings
from phonseg.audio.recording import open_recording, read
from phonseg.audio.scan import KEPT_SECONDS
from phonseg.errors import AudioError, ConfigurationError, PhonsegWarning

RATES = [1_000, 8_000, 11_025, 22_050, 44_100, 47_999, 48_000, 96_000, 44_100.5, 768_000]


def noise(n: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    """(n, channels) float32, as quiet as speech."""
    return np.random.default_rng(seed).normal(0, 0.1, (n, channels)).astype(np.float32)


# Every format


@pytest.mark.parametrize(
    ("container", "coding", "rate"),
    [("WAV", coding, 16_000) for coding in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")]
    + [("WAV", "PCM_16", rate) for rate in (1_000, 8_000, 47_999, 192_000, 768_000)]
    + [
        ("FLAC", "PCM_24", 44_100),
        ("OGG", "VORBIS", 44_100),
        ("OGG", "OPUS", 48_000),
        ("MP3", None, 44_100),
        ("MP3", None, 16_000),
    ]
    + [("AIFF", "PCM_16", 22_050), ("NIST", "PCM_16", 16_000), ("RF64", "PCM_16", 16_000), ("WAV", "IMA_ADPCM", 8_000)],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_gives_the_samples_of_libsndfile_whatever_the_suffix(tmp_path, container, coding, rate, channels):
    path = tmp_path / "recording.txt"
    soundfile.write(path, noise(20_000, channels), rate, format=container, subtype=coding)
    expected = soundfile.read(path, dtype="float32", always_2d=True)[0].astype(np.float64).mean(axis=1)
    recording = open_recording(path)
    # soundfile, reading a whole MP3 file, seeks to its start first: that changes the last bit of the samples.
    tolerance = 1e-6 if container == "MP3" else 0
    result = np.concatenate(list(recording.blocks(rate, block_seconds=0.1)))
    np.testing.assert_allclose(result, expected.astype(np.float32), rtol=0, atol=tolerance)
    assert recording.duration == len(expected) / rate
    assert (recording.sample_rate, recording.channels, recording.name) == (rate, channels, str(path))


@pytest.mark.parametrize("kept", [0, KEPT_SECONDS])
def test_a_file_object_is_rewound_for_every_pass_and_left_open(monkeypatch, kept):
    monkeypatch.setattr(scan, "KEPT_SECONDS", kept)
    file = io.BytesIO()
    soundfile.write(file, noise(5_000), 16_000, format="FLAC")
    recording = open_recording(file)
    first, second = (np.concatenate(list(recording.blocks(8_000))) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(first) == 2_500
    assert not file.closed


@given(
    n=st.integers(3, 40_000),
    channels=st.integers(1, 3),
    cancelling=st.booleans(),
    channel=st.sampled_from(["mix", 1]),
    kept=st.integers(0, 40_000),
)
@pytest.mark.filterwarnings("ignore:.*channels cancel each other")
def test_whether_a_recording_is_kept_plays_no_part(n, channels, cancelling, channel, kept):
    samples = noise(n, channels)
    if cancelling:
        samples[:, -1] -= samples.sum(axis=1)
    with patch.object(scan, "KEPT_SECONDS", kept / 16_000):
        recording = open_recording((samples, 16_000), channel=channel)
    with patch.object(scan, "KEPT_SECONDS", 0):
        again = open_recording((samples, 16_000), channel=channel)
    assert (recording.channel, recording.n_samples) == (again.channel, again.n_samples)
    for rate in (16_000, 8_000):
        both = [np.concatenate([np.zeros(0), *each.blocks(rate)]) for each in (recording, again)]
        np.testing.assert_array_equal(*both)


# Blocks and rates


@given(
    n=st.integers(1, 40_000),
    rate=st.sampled_from([*RATES, 16_000]),
    wanted=st.sampled_from([8_000, 16_000, 22_050]),
    block_seconds=st.floats(1e-3, 3),
)
def test_blocks_are_the_whole_resampled_at_once_however_it_is_cut(n, rate, wanted, block_seconds):
    samples = noise(n)[:, 0]
    recording = open_recording((samples, rate))
    blocks = [np.zeros(0, np.float32), *recording.blocks(wanted, block_seconds=block_seconds)]
    result = np.concatenate(blocks)
    whole = samples if rate == wanted else soxr.resample(samples, rate, wanted, quality="HQ")
    length = round(n * wanted / rate)
    expected = np.concatenate([whole, np.zeros(1, np.float32)])[:length]  # soxr may differ by one sample at the end
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == np.float32
    size = round(block_seconds * wanted)
    assert [len(block) for block in blocks[1:-1]] == [size] * len(blocks[1:-1])
    assert recording.duration == n / rate


@pytest.mark.parametrize("rate", RATES[2:])
def test_a_click_near_the_end_does_not_drift(rate):
    n = int(60 * rate)
    samples = np.zeros(n, np.int16)
    at = n - int(rate / 10)
    samples[at] = 30_000
    result, duration = read((samples, rate), sample_rate=16_000)
    assert abs(np.argmax(np.abs(result)) / 16_000 - at / rate) < 0.6 / 16_000
    assert abs(len(result) / 16_000 - duration) <= 0.5 / 16_000


@pytest.mark.parametrize("rate", [1_000, 8_000, 48_000])
def test_a_low_tone_keeps_its_course_through_resampling(rate):
    tone = np.sin(2 * np.pi * 100 * np.arange(3 * rate) / rate)
    result, _ = read((tone, rate), sample_rate=16_000)
    expected = np.sin(2 * np.pi * 100 * np.arange(3 * 16_000) / 16_000)
    np.testing.assert_allclose(result[8_000:-8_000], expected[8_000:-8_000], atol=1e-4)


@pytest.mark.parametrize("kept", [0, KEPT_SECONDS])
def test_memory_does_not_grow_with_the_recording(monkeypatch, tmp_path, kept):
    monkeypatch.setattr(scan, "KEPT_SECONDS", kept)
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 16_000, 2, subtype="FLOAT") as file:
        for seed in range(120):
            file.write(noise(5 * 16_000, 2, seed))
    tracemalloc.start()
    recording = open_recording(path)
    n = sum(len(block) for block in recording.blocks(16_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n == 600 * 16_000
    assert 4e6 < path.stat().st_size / 10
    assert peak < 4e6 + 4 * 16_000 * kept  # what is kept until it turns out to be too long


@pytest.mark.parametrize("rate", [0, -16_000, float("nan")])
def test_an_impossible_wanted_rate_is_refused(rate):
    with pytest.raises(ConfigurationError, match="sample_rate is"):
        open_recording((noise(10), 16_000)).blocks(rate)


@pytest.mark.parametrize("seconds", [0, -1, 1e-9, float("nan"), float("inf")])
def test_an_impossible_block_length_is_refused(seconds):
    with pytest.raises(ConfigurationError, match="block_seconds is"):
        open_recording((noise(10), 16_000)).blocks(16_000, block_seconds=seconds)


# Channels


@pytest.mark.parametrize("channels", [2, 3, 6, 7, 64])
def test_identical_channels_are_exactly_the_mono_recording(channels):
    mono = noise(1_000)
    np.testing.assert_array_equal(read((np.repeat(mono, channels, axis=1), 16_000), sample_rate=16_000)[0], mono[:, 0])


@pytest.mark.parametrize("channels", [2, 5])
def test_mix_is_the_mean_and_a_number_is_one_channel_counted_from_1(channels):
    samples = noise(1_000, channels)
    mix, _ = read((samples, 16_000), sample_rate=16_000)
    np.testing.assert_allclose(mix, samples.astype(np.float64).mean(axis=1), rtol=0, atol=1e-7)
    for number in range(1, channels + 1):
        one, _ = read((samples, 16_000), sample_rate=16_000, channel=number)
        np.testing.assert_array_equal(one, samples[:, number - 1])


def test_channels_that_cancel_are_not_mixed():
    mono = noise(30_000)
    with pytest.warns(PhonsegWarning, match=r"<samples>: its channels cancel each other .* Channel 1 is used"):
        result, _ = read((np.hstack([mono, -mono]), 16_000), sample_rate=16_000)
    np.testing.assert_array_equal(result, mono[:, 0])


def test_the_loudest_of_the_channels_that_cancel_is_taken():
    mono = noise(30_000)
    channels = np.hstack([0 * mono, -mono, 1.01 * mono])
    with pytest.warns(PhonsegWarning, match="Channel 3 is used"):
        assert open_recording((channels, 16_000)).channel == 3


def test_a_chosen_channel_of_a_cancelling_pair_and_silence_are_not_warned_about():
    mono = noise(1_000)
    assert open_recording((np.hstack([mono, -mono]), 16_000), channel=2).channel == 2
    assert open_recording((np.zeros((1_000, 2)), 16_000)).channel == "mix"


@pytest.mark.parametrize("channel", [0, -1, 1.0, "left", True, None])
def test_a_channel_is_mix_or_a_whole_number_from_1(channel):
    with pytest.raises(ConfigurationError, match="channel is"):
        open_recording((noise(10, 2), 16_000), channel=channel)


def test_a_channel_that_the_recording_lacks_is_named():
    with pytest.raises(AudioError, match="<samples>: has 2 channels, so there is no channel 3"):
        open_recording((noise(10, 2), 16_000), channel=3)


# What samples may be


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2])
def test_values_that_are_no_numbers_are_counted_and_the_first_is_located(tmp_path, value, channels):
    samples = noise(100_000, channels)
    samples[[40_000, 40_001, 90_000], 0] = value
    path = tmp_path / "x.wav"
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    for source in (path, (samples, 16_000)):
        with pytest.raises(AudioError, match=r"3 of 100000 samples are not finite .* the first at 2\.5000 s"):
            open_recording(source)


def test_opposite_infinities_and_numbers_too_large_are_not_finite():
    with pytest.raises(AudioError, match="1 of 2 samples"):
        open_recording((np.array([[np.inf, -np.inf], [0, 0]]), 16_000))
    with pytest.raises(AudioError, match="1 of 2 samples"):
        open_recording((np.array([0, 1e300]), 16_000))


@pytest.mark.parametrize("n", [1, 2, 160, 384])
def test_the_shortest_recordings_are_recordings(n):
    result, duration = read((noise(n), 16_000), sample_rate=16_000)
    assert (len(result), duration) == (n, n / 16_000)


# Folders


def test_recordings_are_found_by_suffix_in_folders_within_folders(tmp_path):
    wanted = ["a.wav", "B.FLAC", "c d/e.Mp3", "c d/é.opus", "x.sph", "TIMIT.WAV.wav", "call.M4A", "d.wma", "e.webm"]
    for name in [*wanted, "notes.txt", "a.TextGrid", ".hidden.wav", "._a.wav", ".cache/z.wav", "wav", "x.mp4"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert find_recordings(tmp_path) == sorted(tmp_path / name for name in wanted)
    assert find_recordings([tmp_path / "c d", tmp_path / "x.mp4", tmp_path]) == sorted(
        tmp_path / name for name in [*wanted, "x.mp4"]
    )


@pytest.mark.parametrize("places", ["", [""], ["a", ""]])
def test_an_empty_path_is_not_the_current_folder(places: str | list[str]) -> None:
    with pytest.raises(AudioError, match="an empty path is no recording"):
        find_recordings(places)


def test_loops_of_links_end(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.wav").touch()
    os.symlink(tmp_path, inner / "up")
    os.symlink(inner, inner / "self")
    assert find_recordings(str(tmp_path)) == [inner / "a.wav"]


def test_a_recording_is_found_once_whatever_way_leads_to_it(tmp_path):
    recording = tmp_path / "in" / "a.wav"
    recording.parent.mkdir()
    recording.touch()
    (tmp_path / "link").symlink_to("in")
    ways = [tmp_path / "in", recording, tmp_path / "in" / ".." / "in" / "a.wav", tmp_path / "link" / "a.wav"]
    assert find_recordings(ways) == [recording]


def test_a_place_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AudioError, match="nowhere: does not exist"):
        find_recordings([tmp_path, Path("nowhere")])


def test_a_folder_that_may_not_be_listed_stands_for_what_it_holds(tmp_path, unlistable):
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a.wav").touch()
    closed = unlistable(tmp_path / "closed")
    assert find_recordings(tmp_path) == [closed, tmp_path / "open" / "a.wav"]
    with pytest.raises(AudioError, match=r"closed: is a folder that cannot be listed \(Permission denied\)"):
        open_recording(closed)
    with pytest.raises(AudioError, match=r"closed: cannot be listed \(Permission denied\)"):
        find_recordings([tmp_path, closed])


# Level and remarks


@given(n=st.integers(3, 40_000), channels=st.integers(1, 3), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_peak_and_power_are_those_of_the_channels_that_count(n, channels, seed):
    samples = noise(n, channels, seed)
    recording = open_recording((samples, 16_000))
    assert recording.peak == np.abs(samples).max()
    assert recording.power == pytest.approx(np.square(samples.astype(np.float64).mean(axis=1)).mean(), rel=1e-4)
    last = open_recording((samples, 16_000), channel=channels)
    assert last.peak == np.abs(samples[:, -1]).max()
    assert last.power == pytest.approx(np.square(samples[:, -1].astype(np.float64)).mean(), rel=1e-4)


def test_clipping_is_remarked_upon_and_loud_sound_is_not(tmp_path):
    loud = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000)
    path = tmp_path / "x.wav"
    soundfile.write(path, np.clip(1.5 * loud, -1, 1), 16_000)
    (remark,) = open_recording(path).remarks
    assert re.search(r"x\.wav: is clipped \(\d+ samples stand at the limit\)\. .*record with less gain", remark)
    for gain, coding in ((1.0, "PCM_16"), (0.9, "PCM_16"), (1.5, "FLOAT")):
        soundfile.write(path, gain * loud, 16_000, subtype=coding)
        assert open_recording(path).remarks == ()


def test_an_mp3_file_is_later_in_praat_and_that_is_said(tmp_path):
    parselmouth = pytest.importorskip("parselmouth")
    path = tmp_path / "x.mp3"
    click = np.zeros(16_000, np.float32)
    click[8_000] = 0.9
    soundfile.write(path, click, 16_000)
    (remark,) = open_recording(path).remarks
    assert "x.mp3: is an MP3 file, which Praat shows 37 to 66 ms later" in remark
    here = np.abs(read(path, sample_rate=16_000)[0]).argmax() / 16_000
    in_praat = np.abs(parselmouth.Sound(str(path)).values[0]).argmax() / 16_000
    assert here == pytest.approx(0.5, abs=1e-3)
    assert 0.037 <= in_praat - here <= 0.066
