from __future__ import annotations

import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import noise
from IPython.core.formatters import DisplayFormatter
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from phonseg.display.figure import save_figure
from phonseg.display.turns.colours import PALETTE, UNMATCHED
from phonseg.errors import AudioError, ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.turns import Turn

RATE = 8_000
TURNS = (1.0, 4.0, "speaker 1"), (3.5, 6.0, "speaker 2"), (7.0, 9.0, "speaker 1")


def talk(*turns: tuple[float, float, str], duration: float = 10.0, **others: object) -> Diarization:
    """Turns of noise, unless something else is given."""
    recording = (np.resize(noise(RATE), round(duration * RATE)), RATE)
    named = {"recording": recording, **others}
    return Diarization(tuple(Turn(*turn) for turn in turns), duration, **named)  # type: ignore[arg-type]


def bars(axes: Axes) -> dict[str, tuple[str, list[tuple[float, float]]]]:
    """Speaker -> colour, and start and end of every bar."""
    found = {}
    for one in axes.collections:
        name = str(one.get_label())
        if name[0] != "_" and name != "overlap":
            edges = [np.asarray(path.vertices)[:, 0] for path in one.get_paths()]
            colour = to_hex(one.get_facecolor()[0]).upper()
            found[name] = colour, [(round(float(x.min()), 6), round(float(x.max()), 6)) for x in edges]
    return found


def names(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_a_picture_has_the_waveform_and_a_lane_for_each_speaker() -> None:
    figure = talk(*TURNS).plot()
    waveform, lanes = figure.axes
    assert waveform.get_xlim() == lanes.get_xlim() == (0, 10)
    assert waveform.lines[0].get_ydata().max() == noise(RATE).max()  # type: ignore[union-attr]
    assert bars(lanes) == {
        "speaker 1": (PALETTE[0], [(1, 4), (7, 9)]),
        "speaker 2": (PALETTE[1], [(3.5, 6)]),
    }
    assert names(lanes) == ["speaker 1", "speaker 2"]
    assert legend(figure) == ["overlapping speech"]
    assert legend(talk(*TURNS[:1]).plot()) == []
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "time (s)"]


def test_lanes_and_colours_are_the_same_in_every_window() -> None:
    whole, part = talk(*TURNS).plot(), talk(*TURNS).plot(3.8, 6.5)
    assert part.axes[0].get_xlim() == (3.8, 6.5)
    assert bars(part.axes[1])["speaker 2"][0] == bars(whole.axes[1])["speaker 2"][0] == PALETTE[1]
    assert names(part.axes[1]) == names(whole.axes[1])
    assert legend(part) == ["overlapping speech"]
    assert legend(talk(*TURNS).plot(6.5, 9.5)) == []  # nobody overlaps there


def test_a_reference_is_below_in_the_colours_of_whom_it_fits() -> None:
    reference = talk((0.5, 0.9, "Cy"), (3.6, 6, "Bo"), (7, 9, "Ann"), recording=None)
    figure = talk(*TURNS).plot(0.2, 6, reference=reference)
    _, found, wanted = figure.axes
    assert [axes.get_title("left") for axes in (found, wanted)] == ["prediction", "reference"]
    assert names(wanted) == ["Ann", "Bo", "Cy"]
    edges = [bars.get_facecolor() for bars in wanted.collections if bars.get_label() in ("Bo", "Cy")]
    assert [to_hex(colours[0]).upper() for colours in edges] == [PALETTE[1], UNMATCHED]
    assert len(found.collections) == len(wanted.collections) - 1


def test_no_turns_are_told_in_words() -> None:
    figure = talk().plot(reference=talk(*TURNS))
    assert names(figure.axes[1]) == ["no turns"]
    assert names(figure.axes[2]) == ["speaker 1", "speaker 2"]
    assert names(talk(*TURNS).plot(reference=talk()).axes[2]) == ["no turns"]


def test_the_picture_says_what_it_shows_and_how_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "a$b$c.wav"
    soundfile.write(path, noise(RATE), RATE)
    made = Provenance("1.2", "mine", "", {"channel": "mix", "speakers": "2-4", "speech_model": "c0ffee" * 10 + "c0ff"})
    axes = talk(duration=1.0, recording=path, provenance=made).plot().axes[0]
    assert axes.get_title("left") == "a$b$c.wav"
    assert axes.get_title("right") == "phonseg 1.2, model mine, channel mix, speakers 2-4"


def test_the_channel_that_was_diarized_is_drawn() -> None:
    stereo = np.stack([noise(RATE), np.linspace(0, 0.7, RATE)], axis=1)
    made = Provenance("1.2", "mine", "", {"channel": 2})
    axes = talk(duration=1.0, recording=(stereo, RATE), provenance=made).plot().axes[0]
    assert axes.lines[0].get_ydata().min() == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("speakers", [2, 9, 105])
def test_nothing_is_cut_off_and_no_text_meets_another(speakers: int, tmp_path: Path) -> None:
    """With names as wide as they may be, and the last time at the right edge."""
    turns = [(i * 0.01, i * 0.01 + 0.5, f"{'W' * (i % 40)} {i}") for i in range(speakers)]
    seconds = 3600.0 if speakers == 9 else 10.0
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros(round(seconds * 1000), np.int16), 1000)
    figure = talk(*turns, duration=seconds, recording=path).plot(reference=talk(*turns, duration=seconds))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [text for axes in figure.axes for text in (*axes.texts, axes.xaxis.label, axes.yaxis.label)]
    texts += [axes._left_title for axes in figure.axes]  # type: ignore[attr-defined]
    start, end = figure.axes[0].get_xlim()
    ticks = zip(figure.axes[-1].get_xticks(), figure.axes[-1].get_xticklabels(), strict=True)
    texts += [label for tick, label in ticks if start <= tick <= end]
    texts += [text for legend in figure.legends for text in legend.get_texts()]
    boxes = [text.get_window_extent(renderer) for text in texts if text.get_text()]
    for i, box in enumerate(boxes):
        assert 0 <= box.x0 <= box.x1 <= figure.bbox.width
        assert 0 <= box.y0 <= box.y1 <= figure.bbox.height
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_an_hour_is_drawn_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    soundfile.write(path, np.resize(noise(1000), 3_600_000), 1000)  # 14 MB as float32
    turns = [(4.0 * i, 4.0 * i + 3.5, f"speaker {1 + i % 3}") for i in range(900)]
    diarization = talk(*turns, duration=3600.0, recording=path)
    diarization.plot()
    tracemalloc.start()
    figure = diarization.plot()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000
    assert figure.axes[-1].get_xlabel() == "time (h:min)"
    assert sum(len(edges) for _, edges in bars(figure.axes[1]).values()) == 900


def test_a_diarization_without_a_recording_is_drawn_if_it_is_given_one() -> None:
    with pytest.raises(ConfigurationError, match=r"this diarization does not know its recording\. Give it as"):
        talk(*TURNS, recording=None).plot()
    figure = talk(*TURNS, recording=None).plot(recording=(noise(10 * RATE), RATE))
    assert len(figure.axes) == 2


def test_a_recording_that_is_gone_or_too_short_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone\.wav"):
        talk(*TURNS, recording=tmp_path / "gone.wav").plot()
    with pytest.raises(ConfigurationError, match=r"<samples>: ends at 1\.000 s, before the turns \(10\.000 s\)"):
        talk(*TURNS, recording=(noise(RATE), RATE)).plot()


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (-0.1, 0.5, r"-0\.100 to 0\.500 s is not inside it \(0\.000 to 10\.000 s\)"),
        (0.6, 0.5, r"0\.600 to 0\.500 s is not inside"),
        (10.5, None, r"10\.500 to 10\.000 s is not inside"),
        (float("nan"), None, "nan to"),
        (0.5, 0.51, r"0\.5 to 0\.51 s is too short for a picture\. Give start and end at least 0\.02 s apart"),
    ],
)
def test_a_window_outside_the_recording_is_an_error(start: float, end: float | None, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        talk(*TURNS).plot(start, end)


def test_the_duration_of_a_reference_is_compared_with_that_of_the_recording() -> None:
    with pytest.warns(PhonsegWarning, match=r"reference: lasts 12\.000 s, but <samples> lasts 10\.000 s\."):
        talk(*TURNS).plot(reference=talk(*TURNS, duration=12.0))
    for duration in (4.0, 20.0):
        with pytest.raises(TextGridError, match=rf"reference: lasts {duration:.3f} s, but <samples> lasts 10\.000 s"):
            talk(*TURNS).plot(reference=talk((1, 2, "a"), duration=duration))
    with pytest.raises(TextGridError, match=r"seem to be milliseconds"):
        talk(*TURNS).plot(reference=talk((1, 9900, "a"), duration=9900.0, tells_duration=False))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # often only a part was annotated
        talk(*TURNS).plot(reference=talk((1, 2, "a"), duration=2.0, tells_duration=False))


def test_times_are_those_of_a_sound_that_begins_elsewhere() -> None:
    import parselmouth

    sound = parselmouth.Sound(noise(10 * RATE), RATE, start_time=100.0)
    shifted = talk((101, 104, "a"), recording=sound, start=100.0)
    figure = shifted.plot()
    assert figure.axes[0].get_xlim() == (100, 110)
    assert bars(figure.axes[1])["a"][1] == [(101, 104)]


def test_any_name_is_drawn_and_written_in_every_kind_of_file(tmp_path: Path) -> None:
    odd = ("$x^2$", "a\x1b[31m\u202eb", "<b>&", "\ud800", "Žofie мама", "ʃ̍ ɻ", "two\nlines", "_hidden", "%s")
    figure = talk(*[(i, i + 0.5, name) for i, name in enumerate(odd)]).plot()
    for kind in ("svg", "png", "pdf"):
        save_figure(figure, tmp_path / f"x.{kind}")
    assert names(figure.axes[1]) == [
        *("$x^2$", r"a\x1b[31m\u202eb", "<b>&", "?", "Žofie мама", "ʃ̍ ɻ", "two lines", "_hidden", "%s")
    ]


def test_a_notebook_shows_the_picture() -> None:
    shown, _ = DisplayFormatter().format(talk(*TURNS).plot())
    assert "image/png" in shown


def test_matplotlib_is_left_as_it_was_and_no_neural_network_is_loaded() -> None:
    code = """
import sys, matplotlib, numpy
from phonseg.timeline.diarization import Diarization
settings = lambda: {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}
before = settings()
Diarization(((0, 0.5, "a"),), 1.0, recording=(numpy.ones(8000), 8000)).plot()._repr_png_()
print(before == settings(), {"matplotlib.pyplot", "torch"} & set(sys.modules))
"""
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout == "True set()\n"
