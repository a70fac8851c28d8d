"""Recordings that can be trained on, and random crops of them."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from conftest import RATE, noise, speech_like, vowel

from phonseg.audio.recording import open_recording, read
from phonseg.errors import PhonsegWarning, TrainingError
from phonseg.model.speech import measure_level
from phonseg.training.crops import TrainingItem, crop, draw_crops, scan_items


def training_set(*paths: Path, shortest: float = 0.5) -> tuple[list[TrainingItem], dict[str, str]]:
    found = scan_items(paths, RATE, shortest, progress=False)
    return list(found.items), found.left_out


def item(path: Path, level: float = 1.0) -> TrainingItem:
    return TrainingItem(path, soundfile.info(path).duration, level, "mix")


# scan_items


def test_every_good_recording_is_an_item_with_its_duration_and_level(recordings):
    paths = sorted(recordings.iterdir())
    items, left_out = training_set(*paths)
    assert left_out == {}
    assert [found.path for found in items] == paths
    for path, found in zip(paths, items, strict=True):
        assert found.duration == soundfile.info(path).duration
        assert found.level == measure_level(open_recording(path), RATE)
        assert found.channel == "mix"


def test_whatever_cannot_be_used_is_left_out_with_its_reason(tmp_path):
    good, _ = speech_like(10)
    soundfile.write(tmp_path / "good.wav", good, RATE)
    soundfile.write(tmp_path / "short.wav", vowel(RATE // 10), RATE)
    soundfile.write(tmp_path / "silent.wav", np.zeros(2 * RATE), RATE)
    (tmp_path / "text.wav").write_text("no sound", "utf-8")
    streamed = bytearray((tmp_path / "good.wav").read_bytes())
    streamed[4:8] = streamed[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "streamed.wav").write_bytes(streamed)
    items, left_out = training_set(*sorted(tmp_path.iterdir()), tmp_path / "missing.wav", shortest=0.5)
    names = {Path(path).name: reason for path, reason in left_out.items()}
    assert {found.path.name for found in items} | names.keys() == {
        *("good.wav", "short.wav", "silent.wav", "text.wav", "streamed.wav", "missing.wav")
    }
    assert "lasts 0.10 s; at least 0.50 s are needed" in names["short.wav"]
    assert "is digital silence" in names["silent.wav"]
    assert "cannot be read as sound" in names["text.wav"]
    assert "does not exist" in names["missing.wav"]
    assert all(reason.startswith(path) for path, reason in left_out.items())
    assert "good.wav" in {found.path.name for found in items}
    # Crops of every item can be read, to its very end.
    for found in items:
        crop(found, found.duration - 0.5, RATE // 2, RATE)


@pytest.mark.parametrize(
    ("suffix", "coding"), [("wav", "PCM_16"), ("flac", "PCM_16"), ("ogg", "VORBIS"), ("mp3", None)]
)
def test_a_recording_that_was_cut_short_is_cropped_safely_or_left_out(tmp_path, suffix, coding):
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, speech_like(20)[0], RATE, subtype=coding)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + 7])
    soundfile.write(tmp_path / "good.wav", speech_like(10)[0], RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PhonsegWarning)  # Vorbis does not tell that something is missing
        items, left_out = training_set(path, tmp_path / "good.wav")
    for found in items:
        for start in np.linspace(0, found.duration - 0.5, 7):
            assert len(crop(found, start, RATE // 2, RATE)) == RATE // 2
    assert len(items) + len(left_out) == 2
    if suffix in ("flac", "mp3"):
        assert "cannot be read from the middle" in left_out[str(path)]
        assert "it may have been cut short" in left_out[str(path)]


def test_if_nothing_can_be_used_the_error_gives_the_reasons(tmp_path):
    (tmp_path / "text.wav").write_text("no sound", "utf-8")
    with pytest.raises(TrainingError, match=r"none of 1 recordings can be used\. .*text\.wav: cannot be read as sound"):
        training_set(tmp_path / "text.wav")


def test_if_there_is_no_recording_the_error_says_so():
    with pytest.raises(TrainingError, match=r"training: no recordings were found\. Give"):
        training_set()


# crop


def test_at_its_own_rate_a_crop_is_the_samples_at_level_one(tmp_path):
    samples = noise(RATE)
    soundfile.write(tmp_path / "x.wav", samples, RATE, subtype="FLOAT")
    found = crop(item(tmp_path / "x.wav", level=0.04), 0.25, 4000, RATE)
    np.testing.assert_allclose(found, samples[4000:8000] / 0.2, rtol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_at_any_rate_and_format_a_crop_is_that_stretch_of_the_recording(tmp_path, suffix, rate):
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, soxr.resample(speech_like(15)[0], RATE, rate), rate)
    samples, _ = read(path, sample_rate=RATE)
    for start in (0.0, 0.5, 1.24):  # whole samples at all these rates
        first = round(start * RATE)
        expected = samples[first + 200 : first + 7800]  # the ends of a crop are resampled without what is beyond
        found = crop(item(path), start, 8000, RATE)[200:7800]
        assert np.corrcoef(found, expected)[0, 1] > 0.999
        assert found.std() == pytest.approx(expected.std(), rel=0.01)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 47_999, 48_000])
@pytest.mark.parametrize("start", [0.0, 0.2, 0.4999, 0.5])
def test_a_click_is_where_it_was(tmp_path, rate, start):
    samples = np.zeros(round(1.5 * rate), np.float32)
    samples[rate * 4 // 5] = 0.9
    soundfile.write(tmp_path / "x.wav", samples, rate)
    found = crop(item(tmp_path / "x.wav"), start, RATE, RATE)
    # At the very end a crop begins up to two samples early, to have enough to resample.
    assert np.abs(found).argmax() / RATE == pytest.approx(rate * 4 // 5 / rate - start, abs=3 / rate + 0.5 / RATE)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 47_999])
@pytest.mark.parametrize("n", [7_001, 8_000, 12_345])
def test_the_last_crop_and_a_crop_of_all_have_their_length(tmp_path, rate, n):
    soundfile.write(tmp_path / "x.wav", noise(n), rate)
    whole = item(tmp_path / "x.wav")
    for n_samples in (1500, math.floor(whole.duration * RATE)):
        found = crop(whole, whole.duration - n_samples / RATE, n_samples, RATE)
        assert found.shape == (n_samples,)
        assert np.isfinite(found).all()


def test_the_channel_of_the_item_is_taken(tmp_path):
    samples, _ = speech_like(10)
    soundfile.write(tmp_path / "x.wav", np.stack([samples / 2, -samples], axis=1) / 2, RATE, subtype="FLOAT")
    one, two, mix = (crop(TrainingItem(tmp_path / "x.wav", 1.0, 1.0, c), 0.5, 4000, RATE) for c in (1, 2, "mix"))
    np.testing.assert_allclose(one, samples[8000:12_000] / 4, atol=1e-6)
    np.testing.assert_allclose(two, -samples[8000:12_000] / 2, atol=1e-6)
    np.testing.assert_allclose(mix, (one + two) / 2, atol=1e-6)


def test_a_recording_that_went_away_or_shrank_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, noise(2 * RATE), RATE)
    whole = item(path)
    soundfile.write(path, noise(RATE // 4), RATE)
    with pytest.raises(TrainingError, match=r"x\.wav: is shorter than when training began"):
        crop(whole, 1.0, RATE // 2, RATE)
    path.unlink()
    with pytest.raises(TrainingError, match=r"x\.wav: cannot be read any more"):
        crop(whole, 1.0, RATE // 2, RATE)


# draw_crops


def test_the_draw_is_that_of_the_generator_and_each_crop_is_what_it_says(recordings):
    items, _ = training_set(*recordings.iterdir())
    first, again, other = (draw_crops(items, 5, 0.5, RATE, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.samples, again.samples)
    assert not np.array_equal(first.samples, other.samples)
    assert first.samples.shape == (5, 8000)
    for place, start, samples in zip(first.which, first.starts, first.samples, strict=True):
        assert 0 <= start <= items[place].duration - 0.5
        np.testing.assert_array_equal(samples, crop(items[place], start, 8000, RATE))


def test_every_stretch_of_audio_is_about_equally_likely(tmp_path):
    paths = [tmp_path / "short.wav", tmp_path / "long.wav"]
    for path, seconds in zip(paths, (1, 3), strict=True):
        soundfile.write(path, noise(seconds * RATE), RATE)
    n = 600
    crops = draw_crops([item(path) for path in paths], n, 0.01, RATE, np.random.default_rng(0))
    assert abs((crops.which == 1).sum() - 0.75 * n) < 5 * math.sqrt(0.75 * 0.25 * n)
    starts = crops.starts[crops.which == 1]
    counts, _ = np.histogram(starts, bins=5, range=(0, 2.99))
    share = len(starts) / 5
    assert np.abs(counts - share).max() < 5 * math.sqrt(share)
