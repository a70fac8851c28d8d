from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from phonseg.audio import Samples, open_recording
from phonseg.candidates import Candidates
from phonseg.errors import ConfigurationError
from phonseg.panels import (
    BOUNDARY,
    FALSE_ALARM,
    HIT,
    MARGIN,
    MISSED,
    Excerpt,
    draw_boundaries,
    draw_curve,
    draw_lane,
    draw_spectrogram,
    draw_waveform,
    read_excerpt,
)
from phonseg.segmentation import Segmentation
from phonseg.timeline import Curve, FrameGrid

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


def lines_at(axes: Axes) -> list[tuple[str, list[float]]]:
    """Name and times of every kind of line."""
    return [
        (str(kind.get_label()), [float(segment[0][0]) for segment in kind.get_segments()]) for kind in axes.collections
    ]


@settings(max_examples=30)
@given(st.floats(0, 24), st.floats(0.02, 1), st.sampled_from([8_000, 44_100, 96_000]))
def test_an_excerpt_is_the_samples_of_its_times_and_a_margin(start: float, length: float, rate: int) -> None:
    """At an integer rate up to 48 kHz, sample for sample; above it, as many as 48 kHz has."""
    n = 25 * rate  # longer than the blocks that it is read in
    samples = np.arange(n, dtype=np.float32) / np.float32(n)
    excerpt = read_excerpt(open_recording((samples, rate)), start, start + length)
    held = min(rate, 48_000)
    assert excerpt.sample_rate == held
    first = max(0, round((start - MARGIN) * held))
    last = min(25 * held, round((start + length + MARGIN) * held))
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
    rows = bottom + (np.arange(len(image(axes))) + 0.5) * (top - bottom) / len(image(axes))
    # The emphasis of 6 dB per octave draws the line upwards, more so at the bottom, but by less than its width.
    assert rows[image(axes).mean(axis=1).argmax()] == pytest.approx(frequency / 1000, abs=0.1)


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
    rows = np.arange(len(loudness)) * 5 / len(loudness)
    lower, upper = loudness[rows < 2.2].max(), loudness[rows > 2.2].max()
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
    line, kept, others = axes.lines
    start, end = axes.get_xlim()
    assert line.get_xdata()[0] <= start
    assert end <= line.get_xdata()[-1]
    assert set(line.get_xdata()) <= set(curve.times())
    assert (list(kept.get_xdata()), list(kept.get_ydata())) == (list(peaks[[1, 2]]), [2, 3])
    assert (list(others.get_xdata()), list(others.get_ydata())) == ([peaks[3]], [1])
    assert [kept.get_label(), others.get_label()] == ["peak kept", "peak not kept"]
    assert kept.get_marker() != others.get_marker()


def test_a_curve_without_candidates_is_a_line() -> None:
    curve = Curve(np.arange(50, dtype=np.float32), GRID)
    (line,) = draw_curve(panel(), Segmentation(np.array([0.1]), 1.0, curve=curve)).lines
    assert np.array_equal(line.get_xydata(), np.stack([curve.times(), curve.values], axis=1))


def test_without_a_curve_there_is_nothing_to_draw() -> None:
    with pytest.raises(ConfigurationError, match="has no curve, since no model made it"):
        draw_curve(panel(), Segmentation(np.array([0.1]), 1.0))


def test_boundaries_are_lines_from_top_to_bottom_within_the_limits() -> None:
    axes = draw_boundaries(panel(1, 2), {HIT: np.array([0.9, 1.2, 1.5]), MISSED: np.array([1.7, 2.1])}, linewidth=1)
    assert lines_at(axes) == [("hit within 20 ms", [1.2, 1.5]), ("missed", [1.7])]
    heights = [segment[:, 1].tolist() for kind in axes.collections for segment in kind.get_segments()]
    assert heights == [[0, 1]] * 3  # of the axes, whatever the limits of y are
    assert (
        axes.collections[0].get_transform().transform((1.5, 1)).tolist() == axes.transAxes.transform((0.5, 1)).tolist()
    )


def test_kinds_differ_in_colour_and_in_dashes() -> None:
    for one, other in [(HIT, FALSE_ALARM), (HIT, MISSED), (FALSE_ALARM, MISSED)]:
        assert one.colour != other.colour
        assert one.dashes != other.dashes


def ink(axes: Axes) -> list[tuple[float, float, str]]:
    """Left and right end, in seconds, of the ink of every label, and what it says, but for the outermost dots.

    Letters are moved to whole dots, so that these may stick out.
    """
    found = []
    canvas = FigureCanvasAgg(axes.figure)  # type: ignore[arg-type]
    axes.set_axis_off()
    for text in axes.texts:
        for other in (*axes.texts, *axes.collections):
            other.set_visible(other is text)
        canvas.draw()
        columns = np.flatnonzero(np.asarray(canvas.buffer_rgba())[..., :3].min(axis=(0, 2)) < 128)
        ends = axes.transData.inverted().transform([(columns[0] + 1, 0), (columns[-1], 0)])
        found.append((ends[0, 0], ends[1, 0], text.get_text()))
    return found


labels = st.lists(st.sampled_from(["a", "t͡ʃ", "m", "ɻ̍ː", "dcl", "ˈœ̃ː", "silence", ""]), min_size=2, max_size=8)


@settings(max_examples=25)
@given(labels, st.integers(0, 99), st.floats(0.5, 4))
def test_labels_stay_inside_their_segments_and_so_none_overlaps_another(
    names: list[str], seed: int, width: float
) -> None:
    boundaries = np.sort(np.random.default_rng(seed).uniform(0.001, 0.999, len(names) - 1))
    segmentation = Segmentation(boundaries, 1.0, labels=names)
    axes = draw_lane(panel(0.2, 0.7, width), segmentation, {BOUNDARY: boundaries}, "phones")
    segments = list(segmentation.intervals())
    for left, right, name in ink(axes):
        assert any(name == label and start <= left < right <= end for start, end, label in segments)
        assert 0.2 <= left < right <= 0.7


def test_labels_with_room_lie_and_those_with_less_stand_and_those_with_none_are_left_out() -> None:
    segmentation = Segmentation(np.array([0.3, 0.33, 0.335]), 1.0, labels=["open", "dcl", "q", "close"])
    axes = draw_lane(panel(width=6), segmentation, {BOUNDARY: segmentation.boundaries}, "phones")
    assert [(text.get_text(), text.get_rotation()) for text in axes.texts] == [("open", 0), ("dcl", 90), ("close", 0)]
    assert [text.xy[0] for text in axes.texts] == pytest.approx([0.15, 0.315, 0.6675])
    assert axes.get_ylabel() == "phones"
    assert lines_at(axes) == [("boundary", [0.3, 0.33, 0.335])]


def test_a_label_too_long_for_the_height_of_the_lane_is_left_out() -> None:
    segmentation = Segmentation(np.array([0.3, 0.35]), 1.0, labels=["a", "a very long name", "b"])
    assert [text.get_text() for text in draw_lane(panel(), segmentation, {}, "words").texts] == ["a", "b"]


def test_labels_are_taken_as_they_are() -> None:
    names = ["$x$", "a_{b", "\\alpha", "two\nlines"]
    axes = draw_lane(panel(), Segmentation(np.array([0.25, 0.5, 0.75]), 1.0, labels=names), {}, "phones")
    assert [text.get_text() for text in axes.texts] == ["$x$", "a_{b", "\\alpha", "two lines"]
    assert [text.get_parse_math() for text in axes.texts] == [False] * 4


def test_every_letter_of_the_ipa_is_drawn() -> None:
    """A letter without a shape would warn, and a warning is an error here."""
    ipa = "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟʘǀǃǂǁɓɗʄɠʛʼʍwɥʜʢʡɕʑɺɧ"
    ipa += "iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝˈˌːˑ.‿n̥d̬tʰɔ̹ɔ̜u̟e̠ëe̽n̩e̯ə˞b̤b̰t̼tʷtʲtˣtˠtˤɫe̝e̞e̘e̙t̪t̺t̻ẽtⁿtˡt̚t͡s˥˦˧˨˩"
    axes = draw_lane(panel(width=40), Segmentation(np.zeros(0), 1.0, labels=[ipa]), {}, "phones")
    FigureCanvasAgg(axes.figure).draw()  # type: ignore[arg-type]
    assert [text.get_text() for text in axes.texts] == [ipa]


def test_segments_without_names_have_no_labels() -> None:
    segmentation = Segmentation(np.array([0.3, 0.6]), 1.0)
    axes = draw_lane(panel(), segmentation, {BOUNDARY: segmentation.boundaries}, "segments")
    assert list(axes.texts) == []
    assert lines_at(axes) == [("boundary", [0.3, 0.6])]
