"""A Praat Sound on its own time axis: what is found, written and drawn is in its times."""

from __future__ import annotations

import csv
import json

import numpy as np
import parselmouth
import pytest
from conftest import RATE, mel_segmenter, speech_like
from hypothesis import given, settings, strategies as st
from parselmouth.praat import call

from phonseg.audio.recording import open_recording
from phonseg.errors import AudioError, ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.segmentation import Segmentation

SEGMENTER = mel_segmenter()
SPEECH = speech_like(12, 1)[0]
SOUND = parselmouth.Sound(SPEECH.astype(np.float64), RATE)


def part(start: float, end: float) -> parselmouth.Sound:
    return SOUND.extract_part(start, end, preserve_times=True)


def shifted(sound: parselmouth.Sound, seconds: float) -> parselmouth.Sound:
    sound = sound.copy()
    sound.shift_times_by(seconds)
    return sound


def samples_of(sound: parselmouth.Sound) -> tuple[np.ndarray, float]:
    return sound.values.T.copy(), RATE


@pytest.mark.parametrize("start", [0.0, 0.5, -0.25, -20.0, 1.1, 12_345.6789])
def test_everything_is_that_of_the_same_samples_shifted(start):
    sound = shifted(SOUND, start)
    found, plain = SEGMENTER.segment(sound), SEGMENTER.segment(samples_of(sound))
    assert (found.start, found.duration) == pytest.approx((start, plain.duration), abs=1e-9)
    assert found.end == pytest.approx(sound.xmax, abs=1e-9)
    for time, expected in (
        (found.boundaries, plain.boundaries),
        (found.candidates.times, plain.candidates.times),
        (found.curve.times(), plain.curve.times()),
        ([one.time for one in found.to_check(9)], np.array([one.time for one in plain.to_check(9)])),
        ([one.end for one in found.at(sensitivity=0.8)], np.array([one.end for one in plain.at(sensitivity=0.8)])),
        ([one.start for one in found], np.array([one.start for one in plain])),
    ):
        np.testing.assert_allclose(time, expected + start, rtol=0, atol=1e-9)
    assert len(found.boundaries) > 5
    np.testing.assert_array_equal(found.scores, plain.scores)
    np.testing.assert_array_equal(found.curve.values, plain.curve.values)
    assert found.candidates.speech_seconds == plain.candidates.speech_seconds
    if start == 0:
        np.testing.assert_array_equal(found.boundaries, plain.boundaries)
        assert found.end == found.duration == plain.duration


@given(st.floats(-100, 100), st.floats(0, 0.3), st.floats(0.1, 1.0))
@settings(max_examples=10)
def test_boundaries_lie_at_the_samples_though_a_part_begins_and_ends_within_one(shift, start, length):
    sound = shifted(SOUND, shift).extract_part(shift + start, shift + start + length, preserve_times=True)
    found, plain = SEGMENTER.segment(sound), SEGMENTER.segment(samples_of(sound))
    assert (found.start, found.end) == pytest.approx((sound.xmin, sound.xmax), abs=1e-9)
    np.testing.assert_allclose(found.boundaries, plain.boundaries + sound.x1 - sound.dx / 2, rtol=0, atol=1e-9)


def from_file(folder, sound: parselmouth.Sound, start: float, end: float) -> parselmouth.Sound:
    """The Sound with another domain, but its samples where they are; only a file can say so."""
    path = str(folder / "x.Sound")
    sound.save_as_text_file(path)
    text = (folder / "x.Sound").read_text()
    text = text.replace(f"xmin = {sound.xmin:g}", f"xmin = {start}").replace(
        f"xmax = {sound.xmax:.5f}", f"xmax = {end}"
    )
    (folder / "x.Sound").write_text(text)
    changed = parselmouth.read(path)
    assert (changed.xmin, changed.xmax, changed.x1) == (start, end, sound.x1)
    return changed


def test_a_sound_may_begin_long_before_its_samples_and_end_long_after_them(tmp_path):
    sound = shifted(SOUND, 2.0)
    found = SEGMENTER.segment(from_file(tmp_path, sound, 1.0, 9.0))
    assert (found.start, found.end) == (1.0, 9.0)
    np.testing.assert_allclose(found.boundaries, SEGMENTER.segment(SOUND).boundaries + 2)
    assert found.plot(1.5, 8.0).axes[0].get_xlim() == pytest.approx((2.0, 2.0 + SOUND.duration))
    narrow = SEGMENTER.segment(from_file(tmp_path, sound, 2.5, 2.6))  # which Praat would not make
    assert (narrow.start, narrow.end) == pytest.approx((2.0, 2 + SOUND.duration))


def test_a_channel_of_a_sound():
    both = shifted(parselmouth.Sound(np.stack([np.zeros_like(SPEECH), SPEECH]).astype(np.float64), RATE), 3.0)
    found = SEGMENTER.segment(both, channel=2)
    np.testing.assert_allclose(found.boundaries, SEGMENTER.segment((SPEECH, RATE)).boundaries + 3, rtol=0, atol=1e-9)
    both.values[1, RATE] = np.nan
    with pytest.raises(AudioError, match=r"the first at 4\.0000 s"):
        open_recording(both)


def test_the_rate_of_a_sound_is_whole_although_praat_holds_the_period():
    assert open_recording(parselmouth.Sound(np.zeros(100), 25_000)).sample_rate == 25_000
    assert open_recording(parselmouth.Sound(np.zeros(100), 11_025.5)).sample_rate == pytest.approx(11_025.5)


@pytest.mark.parametrize("start", [1.0, -0.7])
def test_all_files_have_the_times_of_the_sound(tmp_path, start):
    sound = shifted(part(0.1, 1.3), start - 0.1)
    found = SEGMENTER.segment(sound)
    edges = [sound.xmin, *found.boundaries, sound.xmax]
    path = tmp_path / "x.TextGrid"
    found.to_textgrid(path, check=3)
    grid = parselmouth.read(str(path))
    assert (grid.xmin, grid.xmax) == pytest.approx((sound.xmin, sound.xmax), abs=1e-12)
    count = call(grid, "Get number of intervals", 1)
    assert [call(grid, "Get start time of interval", 1, i + 1) for i in range(count)] == pytest.approx(edges[:-1])
    points = [call(grid, "Get time of point", 2, i + 1) for i in range(3)]
    assert points == pytest.approx(sorted(one.time for one in found.to_check(3)))
    for suffix in (".csv", ".json", ".ctm", ".txt"):
        found.save(tmp_path / f"x{suffix}")
    rows = list(csv.DictReader((tmp_path / "x.csv").read_text().splitlines()))
    assert [float(row["start"]) for row in rows] == pytest.approx(edges[:-1])
    content = json.loads((tmp_path / "x.json").read_text())
    assert [one["end"] for one in content["segments"]] == pytest.approx(edges[1:])
    assert [one["time"] for one in content["candidates"]] == found.candidates.times.tolist()
    assert [float(line.split()[2]) for line in (tmp_path / "x.ctm").read_text().splitlines()] == pytest.approx(
        edges[:-1]
    )
    assert [float(line.split()[1]) for line in (tmp_path / "x.txt").read_text().splitlines()] == pytest.approx(
        edges[1:]
    )


def test_elan_has_no_times_before_zero(tmp_path):
    pympi = pytest.importorskip("pympi")
    found = SEGMENTER.segment(shifted(SOUND, 1.0))
    found.save(tmp_path / "x.eaf")
    annotations = pympi.Eaf(str(tmp_path / "x.eaf")).get_annotation_data_for_tier("phones")
    assert [start for start, *_ in annotations] == [1000, *np.rint(1000 * found.boundaries)]
    with pytest.raises(TextGridError, match=r"begins at -1 s, and ELAN has no times before 0\. Shift the times"):
        SEGMENTER.segment(shifted(SOUND, -1.0)).save(tmp_path / "x.eaf")


def test_a_tier_is_added_to_the_textgrid_of_the_sound_and_to_no_other(tmp_path):
    sound = shifted(SOUND, 1.5)
    path = tmp_path / "x.TextGrid"
    call(sound, "To TextGrid", "words", "").save_as_text_file(str(path))
    SEGMENTER.segment(sound).to_textgrid(path, into=path)
    grid = parselmouth.read(str(path))
    assert (grid.xmin, grid.xmax, call(grid, "Get number of tiers")) == (sound.xmin, sound.xmax, 2)
    assert call(grid, "Get start time of interval", 2, 1) == 1.5
    with pytest.raises(TextGridError, match=r"the TextGrid starts at 1\.5 s, whereas the recording starts at 0 s"):
        SEGMENTER.segment(SOUND).to_textgrid(path, into=path)


def test_pictures_and_players_show_the_times_of_the_sound():
    sound = shifted(SOUND, -0.7)
    found = SEGMENTER.segment(sound)
    whole = found.plot(reference=found)
    assert whole.axes[0].get_xlim() == (sound.xmin, pytest.approx(sound.xmax))
    loudest = whole.axes[0].get_lines()[0].get_xydata()
    assert loudest[0, 0] == pytest.approx(sound.xmin, abs=0.001)
    assert loudest[-1, 0] == pytest.approx(sound.xmax, abs=0.002)
    middle = found.plot(-0.2, 0.5)
    assert middle.axes[0].get_xlim() == (-0.2, 0.5)
    image = middle.axes[1].get_images()[0].get_extent()
    assert image[0] == pytest.approx(-0.2, abs=0.015)
    page = found.player(-0.2, 0.3)._repr_html_()
    assert "Shown: -0.2 to 0.3 s" in page
    assert f"Shown: -0.7 to {sound.xmax:.3f}".rstrip("0") in found._repr_html_()
    with pytest.raises(ConfigurationError, match=r"is not inside it \(-0\.700 to "):
        found.plot(-1.0)
    with pytest.warns(PhonsegWarning, match=r"reference: goes from -2 to .*, but <samples> from -0\.7 to"):
        found.plot(reference=Segmentation([-1.5], found.duration, start=-2.0))
