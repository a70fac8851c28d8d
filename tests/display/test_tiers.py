from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from phonseg.display.marks import BOUNDARY, FALSE_ALARM, HIT, draw_boundaries
from phonseg.display.tiers import draw_tier
from phonseg.timeline.segmentation import Segmentation


def panel(start: float = 0.0, end: float = 1.0, width: float = 8.0, height: float = 0.5) -> Axes:
    """Axes that fill a picture of `width` times `height` inches."""
    axes = Figure(figsize=(width, height)).add_axes((0, 0, 1, 1))
    axes.set_xlim(start, end)
    return axes


def lines_at(axes: Axes) -> list[tuple[str, list[float]]]:
    """Name and times of every kind of line."""
    return [
        (str(kind.get_label()), [float(segment[0][0]) for segment in kind.get_segments()]) for kind in axes.collections
    ]


def test_in_tiers_signs_stand_on_top_of_the_lines_of_their_kind() -> None:
    segmentation = Segmentation(np.array([0.2, 0.5]), 1.0)
    marks = {HIT: np.array([0.2]), FALSE_ALARM: np.array([0.5, 1.5])}
    (line,) = draw_tier(panel(), segmentation, marks, "prediction").lines
    assert (line.get_marker(), line.get_markerfacecolor()) == (FALSE_ALARM.sign, FALSE_ALARM.colour)
    assert line.get_xydata().tolist() == [[0.5, 1.0]]
    assert list(draw_boundaries(panel(), marks, linewidth=1).lines) == []


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
    axes = draw_tier(panel(0.2, 0.7, width), segmentation, {BOUNDARY: boundaries}, "phones")
    segments = list(segmentation.intervals())
    for left, right, name in ink(axes):
        assert any(name == label and start <= left < right <= end for start, end, label in segments)
        assert 0.2 <= left < right <= 0.7


def test_labels_with_room_lie_and_those_with_less_stand_and_those_with_none_are_left_out() -> None:
    """At 432 points per second: segments of 130, 16.4, 13, 8.2, 2.2 and 262 points."""
    segmentation = Segmentation(
        np.cumsum([0.3, 0.038, 0.03, 0.019, 0.005]), 1.0, labels=["o", "dcl", *["bcl"] * 3, "z"]
    )
    axes = draw_tier(panel(width=6), segmentation, {BOUNDARY: segmentation.boundaries}, "phones")
    assert [(text.get_text(), text.get_rotation(), text.get_fontsize()) for text in axes.texts] == [
        ("o", 0, 9),
        ("dcl", 0, 7),
        ("bcl", 90, 9),
        ("bcl", 90, 7),
        ("z", 0, 9),
    ]
    assert [text.xy[0] for text in axes.texts] == pytest.approx([0.15, 0.319, 0.353, 0.3775, 0.696])
    assert axes.get_ylabel() == "phones"
    assert lines_at(axes) == [("boundary", list(segmentation.boundaries))]


def test_a_label_too_long_for_the_height_of_the_tier_is_left_out() -> None:
    segmentation = Segmentation(np.array([0.3, 0.35]), 1.0, labels=["a", "a very long name", "b"])
    assert [text.get_text() for text in draw_tier(panel(), segmentation, {}, "words").texts] == ["a", "b"]


def test_labels_are_taken_as_they_are() -> None:
    names = ["$x$", "a_{b", "\\alpha", "two\nlines"]
    axes = draw_tier(panel(), Segmentation(np.array([0.25, 0.5, 0.75]), 1.0, labels=names), {}, "phones")
    assert [text.get_text() for text in axes.texts] == ["$x$", "a_{b", "\\alpha", "two lines"]
    assert [text.get_parse_math() for text in axes.texts] == [False] * 4


def test_every_letter_of_the_ipa_is_drawn() -> None:
    """A letter without a shape would warn, and a warning is an error here."""
    ipa = "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟʘǀǃǂǁɓɗʄɠʛʼʍwɥʜʢʡɕʑɺɧ"
    ipa += "iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝˈˌːˑ.‿n̥d̬tʰɔ̹ɔ̜u̟e̠ëe̽n̩e̯ə˞b̤b̰t̼tʷtʲtˣtˠtˤɫe̝e̞e̘e̙t̪t̺t̻ẽtⁿtˡt̚t͡s˥˦˧˨˩"
    axes = draw_tier(panel(width=40), Segmentation(np.zeros(0), 1.0, labels=[ipa]), {}, "phones")
    FigureCanvasAgg(axes.figure).draw()  # type: ignore[arg-type]
    assert [text.get_text() for text in axes.texts] == [ipa]


def test_segments_without_names_have_no_labels() -> None:
    segmentation = Segmentation(np.array([0.3, 0.6]), 1.0)
    axes = draw_tier(panel(), segmentation, {BOUNDARY: segmentation.boundaries}, "segments")
    assert list(axes.texts) == []
    assert lines_at(axes) == [("boundary", [0.3, 0.6])]
