from __future__ import annotations

import io
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from hypothesis import given, settings, strategies as st
from IPython.core.formatters import DisplayFormatter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from phonseg import read_reference
from phonseg.detection.dissimilarity import LeftRightContrast, euclidean
from phonseg.detection.peaks import OperatingPoint
from phonseg.display.figure import save_figure
from phonseg.display.plot import plot_segmentation
from phonseg.encoders.log_mel import LogMel
from phonseg.errors import AudioError, ConfigurationError, OutputError, PhonsegWarning, TextGridError
from phonseg.evaluation.evaluate import evaluate
from phonseg.evaluation.score import Score
from phonseg.model.segmenter import Segmenter
from phonseg.model.streams import Stream
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.grid import Curve, FrameGrid
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation

RATE = 8_000
CURVE_SIGNS = ["prominence needed", "peak kept", "peak not kept"]
SECOND = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)


def cut(*boundaries: float, duration: float = 1.0, **others: object) -> Segmentation:
    """A segmentation of noise, unless something else is given."""
    recording = (np.resize(SECOND, round(duration * RATE)), RATE)
    return Segmentation(np.array(boundaries), duration, **{"recording": recording, **others})  # type: ignore[arg-type]


def lines(figure: Figure) -> list[dict[str, list[float]]]:
    """For each panel from top to bottom: kind of line -> times."""
    return [
        {str(kind.get_label()): [float(segment[0][0]) for segment in kind.get_segments()] for kind in axes.collections}
        for axes in figure.axes
    ]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def panel_names(figure: Figure) -> list[str]:
    return [axes.get_ylabel() for axes in figure.axes]


def test_a_reference_alone_is_sound_and_segments() -> None:
    figure = plot_segmentation(cut(0.2, 0.5, labels=["a", "b", "c"]))
    assert panel_names(figure) == ["amplitude", "frequency (kHz)", "segments"]
    assert lines(figure) == [{"boundary": [0.2, 0.5]}] * 3
    assert [text.get_text() for text in figure.axes[-1].texts] == ["a", "b", "c"]
    assert legend(figure) == ["boundary (2)"]


def test_all_panels_share_the_window_in_seconds() -> None:
    figure = plot_segmentation(cut(0.2, 0.5), 0.1, 0.4, reference=cut(0.3))
    assert [axes.get_xlim() for axes in figure.axes] == [(0.1, 0.4)] * 4
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "", "time (s)"]
    times = figure.axes[0].lines[0].get_xdata()
    assert (times[0], times[-1]) == pytest.approx((0.1, 0.4), abs=0.011)


def test_what_a_segmenter_makes_can_be_drawn_with_its_curve_and_its_peaks() -> None:
    stream = Stream(LogMel(window=256), LeftRightContrast(euclidean, (2, 3, 4)), 1 / 8.7)
    segmenter = Segmenter("plain", (stream,), OperatingPoint(0.35))
    frequencies = np.repeat([300, 1200, 500, 2500, 700, 700, 700, 700], 1_600)
    tones = 0.1 * np.sin(2 * np.pi * np.cumsum(frequencies) / 16_000)
    samples = tones * np.minimum(1, np.exp((8_000 - np.arange(12_800)) / 800)) + np.resize(SECOND, 12_800) / 400
    segmentation = segmenter.segment((np.pad(samples, 4_000), 16_000), sensitivity=0.5)
    figure = segmentation.plot()
    assert panel_names(figure) == ["amplitude", "frequency (kHz)", "dissimilarity", "segments"]
    drawn = {line.get_label(): list(line.get_xdata()) for line in figure.axes[2].lines}
    assert drawn["peak kept"] == list(segmentation.boundaries)
    assert 0 < len(segmentation.boundaries) < len(segmentation.candidates.times)
    rejected = np.setdiff1d(segmentation.candidates.times, segmentation.boundaries)
    assert drawn["peak not kept"] == list(rejected[:-1])
    assert drawn["end of speech not kept"] == [rejected[-1]]  # where the sound has died away
    assert lines(figure) == [{"boundary": list(segmentation.boundaries)}] * 4
    assert legend(figure) == [f"boundary ({len(segmentation.boundaries)})", *CURVE_SIGNS, "end of speech not kept"]
    assert legend(segmentation.at(sensitivity=1).plot())[-1] == "end of speech kept"


times = st.lists(st.integers(1, 99), max_size=40, unique=True).map(sorted)


@settings(max_examples=20)
@given(times, times)
def test_hits_misses_and_false_alarms_are_as_many_as_evaluate_counts(first: list[int], second: list[int]) -> None:
    """On a grid of 10 ms, where boundaries compete for partners."""
    reference, predicted = cut(*(n / 100 for n in first)), cut(*(n / 100 for n in second))
    score = evaluate(reference, predicted)
    assert isinstance(score, Score)
    figure = predicted.plot(reference=reference)
    segments, others = lines(figure)[-2:]
    assert {name: len(drawn) for name, drawn in segments.items()} == {
        "hit within 20 ms": score.hits,
        "false alarm": score.n_predicted - score.hits,
    }
    assert {name: len(drawn) for name, drawn in others.items()} == {
        "hit within 20 ms": score.hits,
        "missed": score.n_reference - score.hits,
    }
    assert sorted(chain.from_iterable(segments.values())) == list(predicted.boundaries)
    assert sorted(chain.from_iterable(others.values())) == list(reference.boundaries)
    assert legend(figure) == [
        f"hit within 20 ms ({score.hits})",
        f"missed ({score.n_reference - score.hits})",
        f"false alarm ({score.n_predicted - score.hits})",
    ]


def test_the_sound_is_crossed_by_what_was_predicted_and_what_was_missed() -> None:
    figure = plot_segmentation(cut(0.2, 0.5), reference=cut(0.21, 0.8))
    assert lines(figure) == [
        *[{"hit within 20 ms": [0.2], "missed": [0.8], "false alarm": [0.5]}] * 2,
        {"hit within 20 ms": [0.2], "false alarm": [0.5]},
        {"hit within 20 ms": [0.21], "missed": [0.8]},
    ]


def test_of_two_predictions_within_reach_the_nearer_is_the_hit() -> None:
    figure = plot_segmentation(cut(0.485, 0.501), reference=cut(0.5))
    assert lines(figure)[-2] == {"hit within 20 ms": [0.501], "false alarm": [0.485]}


def test_a_partner_outside_the_window_counts() -> None:
    figure = plot_segmentation(cut(0.495), 0.5, 0.9, reference=cut(0.505))
    assert lines(figure)[-2:] == [
        {"hit within 20 ms": [], "false alarm": []},
        {"hit within 20 ms": [0.505], "missed": []},
    ]


def test_in_a_long_window_lines_do_not_hide_the_sound() -> None:
    figure = plot_segmentation(cut(3, 5, duration=11))
    assert lines(figure) == [{}, {}, {"boundary": [3, 5]}]
    assert lines(plot_segmentation(cut(3, 5, duration=11), 1, 11)) == [{"boundary": [3, 5]}] * 3


def test_nothing_is_cut_off_at_the_edges_of_the_picture_and_no_text_meets_another() -> None:
    """The worst case: a curve, hits, misses and false alarms in hundreds, and the last tick at the right edge."""
    duration = 10.0
    predicted, wanted = np.arange(0.02, 10, 0.011), np.arange(0.025, 10, 0.031)
    grid = FrameGrid(sample_rate=1000, hop=10, window=20)
    curve = Curve(np.resize(np.array([0, 1], np.float32), 999), grid)
    candidates = Candidates(curve.times()[1::2], np.ones(499), 0.5, 9.0)
    segmentation = cut(*predicted, duration=duration, curve=curve, candidates=candidates)
    figure = segmentation.plot(reference=cut(*wanted, duration=duration))
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [text.get_window_extent(renderer) for legend in figure.legends for text in legend.get_texts()]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    boxes += [
        label.get_window_extent(renderer) for axes in figure.axes for label in (axes.xaxis.label, axes.yaxis.label)
    ]
    ticks = [label.get_window_extent(renderer) for label in figure.axes[-1].get_xticklabels()]
    assert len(figure.legends) == 2
    for box in (*boxes, *ticks):
        assert 0 <= box.x0 <= box.x1 <= figure.bbox.width
        assert 0 <= box.y0 <= box.y1 <= figure.bbox.height
    above, below = (legend.get_window_extent(renderer) for legend in figure.legends)
    assert above.y0 >= below.y1
    time = figure.axes[-1].xaxis.label.get_window_extent(renderer)
    assert not time.overlaps(above)
    assert not any(tick.overlaps(other) for tick in ticks for other in (above, time))


def test_seconds_are_written_in_full_an_hour_into_a_recording() -> None:
    figure = plot_segmentation(cut(100.0, duration=3700.0), 3600.2, 3600.3)
    FigureCanvasAgg(figure).draw()
    assert figure.axes[-1].get_xticklabels()[0].get_text().startswith("3600.2")
    assert figure.axes[-1].xaxis.get_offset_text().get_text() == ""


def test_the_picture_says_what_it_shows_and_how_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "a$b$c.wav"
    soundfile.write(path, SECOND, RATE)
    made = Provenance("1.2", "mine", "", {"channel": "mix", "sensitivity": 0.7}, tuned_on_labels=True)
    axes = plot_segmentation(cut(0.5, recording=path, provenance=made)).axes[0]
    assert axes.get_title("left") == "a$b$c.wav"
    assert axes.get_title("right") == "phonseg 1.2, model mine, channel mix, sensitivity 0.7, tuned on labels"


def test_a_name_that_is_no_text_is_drawn_as_far_as_it_is(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.wav"))
    soundfile.write(tmp_path / "a.wav", SECOND, RATE)
    (tmp_path / "a.wav").rename(path)
    figure = plot_segmentation(cut(0.5, recording=path, labels=["\ud800", "b"]))
    save_figure(figure, tmp_path / "x.png")
    assert figure.axes[0].get_title("left") == "a?.wav"
    assert [text.get_text() for text in figure.axes[-1].texts] == ["?", "b"]


def test_the_channel_that_was_segmented_is_drawn() -> None:
    stereo = np.stack([SECOND, np.linspace(0, 0.7, RATE)], axis=1)
    made = Provenance("1.2", "mine", "", {"channel": 2})
    axes = plot_segmentation(cut(0.5, recording=(stereo, RATE), provenance=made)).axes[0]
    assert np.array_equal(axes.lines[0].get_ydata()[::2], np.linspace(0, 0.7, RATE, dtype=np.float32)[::4])


@pytest.mark.parametrize("settings_of_model", [{}, {"channel": "mix", "sensitivity": 0.7}])
def test_a_long_name_of_a_recording_is_shortened_before_it_meets_the_settings(
    settings_of_model: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / f"{'interview_' * 24}.wav"
    soundfile.write(path, SECOND, RATE)
    made = Provenance("1.2", "mine", "", settings_of_model)
    figure = plot_segmentation(cut(0.5, recording=path, provenance=made))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    left, right = figure.axes[0]._left_title, figure.axes[0]._right_title  # type: ignore[attr-defined]
    assert path.name.startswith(left.get_text().removesuffix("…"))
    assert not left.get_window_extent(canvas.get_renderer()).overlaps(right.get_window_extent(canvas.get_renderer()))


@pytest.mark.parametrize("kind", ["path", "samples", "Sound"])
def test_a_segmentation_that_does_not_know_its_recording_can_be_given_one(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, SECOND, RATE, subtype="FLOAT")
    recording = {"path": path, "samples": (SECOND, RATE), "Sound": parselmouth.Sound(SECOND, RATE)}[kind]
    figure = plot_segmentation(cut(0.5, recording=None), recording=recording)
    assert figure.axes[0].lines[0].get_ydata().max() == SECOND.max()


def test_without_a_recording_there_is_no_picture() -> None:
    with pytest.raises(ConfigurationError, match=r"does not know its recording\. Give it as `recording`"):
        cut(0.5, recording=None).plot()


def test_a_recording_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone\.wav"):
        cut(0.5, recording=tmp_path / "gone.wav").plot()


def test_segments_that_outlast_the_recording_do_not_belong_to_it() -> None:
    longer = cut(0.5, duration=1.2)
    with pytest.raises(ConfigurationError, match=r"<samples>: ends at 1\.000 s, before the segments \(1\.200 s\)"):
        plot_segmentation(longer, recording=(SECOND, RATE))


def test_the_duration_of_a_reference_is_compared_with_that_of_the_recording() -> None:
    with pytest.warns(
        PhonsegWarning, match=r"reference: lasts 1\.200 s, but <samples> lasts 1\.000 s\. Do they belong"
    ):
        cut(0.5).plot(reference=cut(0.5, duration=1.2))
    for duration in (0.5, 2.0):
        with pytest.raises(TextGridError, match=rf"reference: lasts {duration:.3f} s, but <samples> lasts 1\.000 s"):
            cut(0.5).plot(reference=cut(0.25, duration=duration))
    with pytest.warns(PhonsegWarning, match="reference: ends at 0.900 s, .* All after that counts as part"):
        cut(0.5).plot(reference=Segmentation(np.array([0.5]), 0.9, tells_duration=False))


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (-0.1, 0.5, r"-0\.100 to 0\.500 s is not inside it \(0\.000 to 1\.000 s\)"),
        (0.5, 0.5, r"0\.500 to 0\.500 s is not inside"),
        (0.6, 0.5, r"0\.600 to 0\.500 s is not inside"),
        (0.5, 1.1, r"0\.500 to 1\.100 s is not inside"),
        (1.5, None, r"1\.500 to 1\.000 s is not inside"),
        (float("nan"), None, "nan to"),
        (0.5, float("nan"), "to nan s is not inside"),
        (
            0.5,
            0.51,
            r"0\.5 to 0\.51 s is too short or too long for a picture\. Give start and end 0\.02 to 120 s apart",
        ),
    ],
)
def test_a_window_outside_the_recording_is_an_error(start: float, end: float | None, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        cut(0.5).plot(start, end)


def test_an_end_that_was_rounded_up_is_the_end() -> None:
    samples = np.resize(SECOND, RATE - 3)  # 0.999625 s, which people see as 1.000
    segmentation = cut(0.5, duration=0.999625, recording=(samples, RATE))
    assert segmentation.plot(0.5, 1.0).axes[0].get_xlim() == (0.5, 0.999625)


def test_more_than_30_seconds_have_to_be_asked_for() -> None:
    segmentation = cut(20.0, duration=125.0)
    with pytest.raises(ConfigurationError, match=r"lasts 125\.000 s, too long for one picture\. Give start and end"):
        segmentation.plot()
    assert segmentation.plot(100).axes[0].get_xlim() == (100, 125)
    assert segmentation.plot(10, 50).axes[0].get_xlim() == (10, 50)
    with pytest.raises(ConfigurationError, match="too long for a picture"):
        segmentation.plot(0, 121)


def test_a_notebook_shows_the_picture() -> None:
    """As IPython asks for it, and whether pyplot was imported or not."""
    shown, _ = DisplayFormatter().format(cut(0.5).plot())
    with Image.open(io.BytesIO(shown["image/png"])) as image:
        assert image.format == "PNG"
        assert image.width == 1500


def test_matplotlib_is_left_as_it_was() -> None:
    """And no neural network is loaded. (To ask for the backend would be to choose one, which imports pyplot.)"""
    code = """
import sys, matplotlib, numpy
from phonseg.timeline.segmentation import Segmentation
settings = lambda: {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}
before = settings()
Segmentation([0.5], 1.0, recording=(numpy.ones(8000), 8000)).plot()._repr_png_()
print(before == settings(), {"matplotlib.pyplot", "torch"} & set(sys.modules))
"""
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout == "True set()\n"


@pytest.mark.parametrize(
    ("name", "beginning"), [("x.png", b"\x89PNG\r\n\x1a\n"), ("x.PDF", b"%PDF-"), ("x.svg", b"<?xml")]
)
def test_pictures_are_written_as_their_suffix_says(name: str, beginning: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("old")
    save_figure(cut(0.5).plot(), path)
    assert path.read_bytes().startswith(beginning)
    assert list(tmp_path.iterdir()) == [path]


def test_a_png_has_200_dots_per_inch(tmp_path: Path) -> None:
    figure = cut(0.5).plot()
    save_figure(figure, str(tmp_path / "x.png"))
    with Image.open(tmp_path / "x.png") as image:
        assert image.size == pytest.approx(200 * figure.get_size_inches(), abs=1)


def test_another_suffix_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"x\.jpg: is not a kind of picture.*\.png, \.svg, \.pdf"):
        save_figure(cut(0.5).plot(), tmp_path / "x.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"x\.png: cannot be written"):
        save_figure(cut(0.5).plot(), tmp_path / "nowhere" / "x.png")


def test_a_picture_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.png"
    path.write_text("old")
    figure = cut(0.5).plot()

    def fail(*arguments: object, **named: object) -> None:
        raise MemoryError

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(MemoryError):
        save_figure(figure, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_segmentation_from_a_file_is_drawn_if_it_is_given_its_recording(tmp_path: Path) -> None:
    cut(0.5).to_textgrid(tmp_path / "a.TextGrid")
    read = read_reference(tmp_path / "a.TextGrid")
    samples = np.zeros(round(read.duration * RATE), np.float32)
    assert read.plot(recording=(samples, RATE)).axes
