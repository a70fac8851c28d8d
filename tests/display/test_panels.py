from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from phonseg.audio.excerpt import EXCERPT_MARGIN, Excerpt, read_excerpt
from phonseg.audio.recording import open_recording
from phonseg.display.panels import draw_curve, draw_spectrogram, draw_waveform
from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.grid import Curve, FrameGrid, Samples
from phonseg.timeline.segmentation import Segmentation

RATE = 16_000
GRID = FrameGrid(sample_rate=1000, hop=10, window=20)


def noise(n: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).normal(0, 0.1, n).astype(np.float32)


def tone(n: int, frequency: float) -> Samples:
    return (0.1 * np.sin(2 * np.pi * frequency * np.arange(n) / RATE)).astype(np.float32)


def panel(start: float = 0.0, end: float = 1.0, width: float = 8.0, height: float = 0.5) -> Axes:
    """Axes that fill a picture of `width` times `height` inches."""
    axes = Figure(figsize=(width, height)).add_axes((0, 0, 1, 1))
    axes.set_xlim(start, end)
    return axes


def image(axes: Axes) -> NDArray[np.float64]:
    return np.asarray(axes.images[0].get_array(), dtype=np.float64)


@settings(max_examples=30)
@given(st.floats(0, 24), st.floats(0.02, 1), st.sampled_from([8_000, 44_100, 96_000]))
def test_an_excerpt_is_the_samples_of_its_times_and_a_margin(start: float, length: float, rate: int) -> None:
    """At an integer rate up to 48 kHz, sample for sample; above it, as many as 48 kHz has."""
    n = 25 * rate  # longer than the blocks that it is read in
    samples = np.arange(n, dtype=np.float32) / np.float32(n)
    excerpt = read_excerpt(open_recording((samples, rate)), start, start + length)
    held = min(rate, 48_000)
    assert excerpt.sample_rate == held
    first = max(0, round((start - EXCERPT_MARGIN) * held))
    last = min(25 * held, round((start + length + EXCERPT_MARGIN) * held))
    assert excerpt.start == first / held
    assert len(excerpt.samples) == last - first
    if rate == held:
        assert np.array_equal(excerpt.samples, samples[first:last])


def test_of_a_long_recording_only_the_excerpt_is_held() -> None:
    samples = np.zeros(300 * RATE, dtype=np.int16)  # 19 MB as float32
    recording = open_recording((samples, RATE))
    tracemalloc.start()
    read_excerpt(recording, 290, 291)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5_000_000


@settings(max_examples=30)
@given(st.integers(400, 60_000), st.integers(0, 99))
def test_no_peak_of_the_waveform_is_lost(n: int, seed: int) -> None:
    samples = noise(n, seed)
    axes = draw_waveform(panel(), Excerpt(samples, RATE, 5.0))
    times, values = axes.lines[0].get_data()
    size = max(1, n // 2000)
    for i, first in enumerate(range(0, n, size)):
        together = samples[first : first + size]
        assert list(times[2 * i : 2 * i + 2]) == [5.0 + first / RATE] * 2
        assert list(values[2 * i : 2 * i + 2]) == [together.min(), together.max()]
    assert len(values) == 2 * len(range(0, n, size))


@pytest.mark.parametrize("frequency", [250, 1000, 3000])
def test_a_tone_is_a_dark_line_at_its_frequency(frequency: int) -> None:
    axes = draw_spectrogram(panel(), Excerpt(tone(RATE, frequency), RATE, 0.0))
    bottom, top = axes.images[0].get_extent()[2:]
    heights = bottom + (np.arange(len(image(axes))) + 0.5) * (top - bottom) / len(image(axes))
    # The emphasis of 6 dB per octave draws the line upwards, more so at the bottom, but by less than its width.
    assert heights[image(axes).mean(axis=1).argmax()] == pytest.approx(frequency / 1000, abs=0.1)


def test_a_click_is_a_dark_line_at_its_time() -> None:
    samples = np.zeros(RATE, dtype=np.float32)
    samples[4_000] = 0.5
    axes = draw_spectrogram(panel(), Excerpt(samples, RATE, 7.0))
    left, right = axes.images[0].get_extent()[:2]
    columns = left + (np.arange(image(axes).shape[1]) + 0.5) * (right - left) / image(axes).shape[1]
    assert columns[image(axes).max(axis=0).argmax()] == pytest.approx(7.25, abs=0.001)


def test_equal_tones_an_octave_apart_differ_by_six_decibels() -> None:
    axes = draw_spectrogram(panel(), Excerpt(tone(RATE, 1500) + tone(RATE, 3000), RATE, 0.0))
    loudness = image(axes).mean(axis=1)
    heights = np.arange(len(loudness)) * 5 / len(loudness)
    lower, upper = loudness[heights < 2.2].max(), loudness[heights > 2.2].max()
    assert upper - lower == pytest.approx(6, abs=0.3)


@pytest.mark.parametrize(("rate", "highest"), [(16_000, 5.0), (48_000, 5.0), (8_000, 4.0)])
def test_the_spectrogram_shows_50_decibels_up_to_5_khz_or_what_there_is(rate: int, highest: float) -> None:
    axes = draw_spectrogram(panel(), Excerpt(noise(rate // 2), rate, 0.0))
    white, black = axes.images[0].get_clim()
    assert black == image(axes).max()
    assert black - white == 50
    assert axes.get_ylim() == (0, highest)
    assert axes.images[0].cmap(0.0)[:3] == (1, 1, 1)
    assert axes.images[0].cmap(1.0)[:3] == (0, 0, 0)


def test_silence_is_white() -> None:
    axes = draw_spectrogram(panel(), Excerpt(np.zeros(RATE, np.float32), RATE, 0.0))
    assert image(axes).max() < axes.images[0].get_clim()[0]


def test_the_shortest_excerpt_can_be_drawn() -> None:
    axes = draw_spectrogram(panel(), Excerpt(noise(RATE // 50), RATE, 0.0))
    left, right = axes.images[0].get_extent()[:2]
    assert 0 <= left < right <= 0.02


def test_the_curve_goes_through_its_peaks_those_kept_and_those_not() -> None:
    curve = Curve(np.array([0, 1, 0, 2, 0, 3, 0, 1, 0, 4, 0], dtype=np.float32), GRID)
    peaks = curve.times()[[1, 3, 5, 7, 9]]
    candidates = Candidates(peaks, np.array([0.3, 0.6, 0.7, 0.3, 0.8]), 0.5, speech_seconds=0.1)
    axes = draw_curve(
        panel(0.02, 0.08), Segmentation(peaks[[1, 2, 4]], 0.2, candidates=candidates, curve=curve, labels=list("abcd"))
    )
    line, threshold, kept, others = axes.lines
    start, end = axes.get_xlim()
    assert line.get_xdata()[0] <= start
    assert end <= line.get_xdata()[-1]
    assert set(line.get_xdata()) <= set(curve.times())
    assert (list(kept.get_xdata()), list(kept.get_ydata())) == (list(peaks[[1, 2]]), [2, 3])
    assert (list(others.get_xdata()), list(others.get_ydata())) == ([peaks[3]], [1])
    assert [kept.get_label(), others.get_label()] == ["peak kept", "peak not kept"]
    assert (threshold.get_label(), set(threshold.get_ydata())) == ("prominence needed", {0.5})
    assert kept.get_marker() != others.get_marker()


def test_where_another_rule_chose_no_threshold_is_drawn() -> None:
    curve = Curve(np.array([0, 1, 0, 2, 0, 3, 0], dtype=np.float32), GRID)
    peaks = curve.times()[[1, 3, 5]]
    candidates = Candidates(peaks, np.array([1.0, 2.0, 3.0]), 0.5, speech_seconds=0.1)
    axes = draw_curve(panel(0, 0.1), Segmentation(peaks[[0, 2]], 0.2, candidates=candidates, curve=curve))
    assert [line.get_label() for line in axes.lines[1:]] == ["peak kept", "peak not kept"]


def test_ends_of_speech_where_the_curve_has_no_peak_have_a_sign_of_their_own() -> None:
    """But not peaks whose vertex lies between two frames."""
    curve = Curve(np.array([0, 1, 0, 2, 0, 3, 0, 0, 2, 1, 0], dtype=np.float32), GRID)
    times = curve.times()[[1, 3, 5, 7, 9]] + [0, 0.004, -0.004, 0, 0]
    candidates = Candidates(times, np.array([1.0, 2.0, 3.0, 3.0, 3.0]), 0.5, speech_seconds=0.1)
    axes = draw_curve(panel(0, 0.2), Segmentation(times[[1, 2, 3]], 0.2, candidates=candidates, curve=curve))
    assert {line.get_label(): list(line.get_xdata()) for line in axes.lines[1:]} == {
        "peak kept": list(times[[1, 2]]),
        "peak not kept": [times[0]],
        "end of speech kept": [times[3]],
        "end of speech not kept": [times[4]],
    }


def test_a_curve_without_candidates_is_a_line() -> None:
    curve = Curve(np.arange(50, dtype=np.float32), GRID)
    (line,) = draw_curve(panel(), Segmentation(np.array([0.1]), 1.0, curve=curve)).lines
    assert np.array_equal(line.get_xydata(), np.stack([curve.times(), curve.values], axis=1))


def test_without_a_curve_there_is_nothing_to_draw() -> None:
    with pytest.raises(ConfigurationError, match="has no curve, since no model made it"):
        draw_curve(panel(), Segmentation(np.array([0.1]), 1.0))
