from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phonseg.display.fonts import FONT, font_for, text_width
from phonseg.display.turns.lanes import (
    HIGHEST,
    NAME_WIDTH,
    bars_of,
    draw_lanes,
    draw_names,
    lanes_height,
    names_of,
    overlaps,
)
from phonseg.display.turns.time_axis import MOST_TICKS, clock, draw_time_axis
from phonseg.timeline.turns import Turn, speakers_of


def panel(start: float = 0.0, end: float = 10.0) -> Axes:
    axes = Figure(figsize=(8, 2)).add_axes((0, 0, 1, 1))
    axes.set_xlim(start, end)
    return axes


def draw(axes: Axes, *turns: Turn) -> Axes:
    speakers = speakers_of(turns)
    return draw_lanes(axes, bars_of(turns, speakers, *axes.get_xlim()), dict.fromkeys(speakers, "#0072B2"))


def rectangles(axes: Axes) -> dict[str, list[tuple[float, float, float, float]]]:
    """Name -> left, right, top and bottom of every bar."""
    found = {}
    for bars in axes.collections:
        if str(bars.get_label())[0] != "_":
            corners = [path.vertices for path in bars.get_paths()]
            edges = [(x.min(), x.max(), y.min(), y.max()) for x, y in (np.asarray(one).T for one in corners)]
            found[str(bars.get_label())] = [tuple(map(float, edge)) for edge in edges]
    return found


def test_each_speaker_has_a_lane_and_what_overlaps_is_shaded_behind_all() -> None:
    axes = draw(panel(), Turn(1, 4, "b"), Turn(3, 5, "a"), Turn(6, 7, "b"))
    assert rectangles(axes) == {
        "overlap": [(3, 4, 0, 2)],
        "b": [(1, 4, pytest.approx(0.14), pytest.approx(0.86)), (6, 7, pytest.approx(0.14), pytest.approx(0.86))],
        "a": [(3, 5, pytest.approx(1.14), pytest.approx(1.86))],
    }
    assert axes.get_ylim() == (2, 0)  # the first speaker at the top
    assert len({bars.get_zorder() for bars in axes.collections if bars.get_label() == "overlap"}) == 1
    depth = {str(bars.get_label()): bars.get_zorder() for bars in axes.collections}
    assert depth["overlap"] < depth["a"] == depth["b"]


def test_only_turns_in_the_window_are_drawn_and_lanes_stay() -> None:
    axes = draw(panel(4, 6), Turn(0, 4, "a"), Turn(3, 5, "b"), Turn(5.5, 9, "c"), Turn(6, 7, "a"))
    assert {name: len(bars) for name, bars in rectangles(axes).items()} == {"overlap": 0, "a": 0, "b": 1, "c": 1}


def test_a_turn_that_is_narrower_than_a_dot_is_widened_and_turns_that_touch_are_parted() -> None:
    """At 576 points in 3600 s, half a second is 0.08 points wide."""
    axes = draw(panel(0, 3600), Turn(100, 100.5, "a"), Turn(200, 300, "a"), Turn(300, 400, "a"))
    (bars,) = [one for one in axes.collections if one.get_label() == "a"]
    edges = bars.get_edgecolor()
    assert edges[0].tolist() == bars.get_facecolor()[0].tolist()
    assert edges[1].tolist() == edges[2].tolist() == [1, 1, 1, 1]


def test_without_turns_it_says_so() -> None:
    assert [text.get_text() for text in draw(panel()).texts] == ["no turns"]
    assert lanes_height(0) == lanes_height(1)


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=12)


@settings(max_examples=100)
@given(spans)
def test_overlaps_are_where_two_or_more_speak(lists: list[tuple[int, int]]) -> None:
    """On a grid of seconds, against counting in each second."""
    turns = [Turn(start, start + length, f"p{i}") for i, (start, length) in enumerate(lists)]
    found = overlaps(bars_of(turns, speakers_of(turns), 0, 40))
    inside = [sum(start <= second < end for start, end in found) for second in range(40)]
    assert inside == [int(sum(turn.start <= second < turn.end for turn in turns) > 1) for second in range(40)]
    assert all(start < end for start, end in found)


@pytest.mark.parametrize("name", ["$x^2$", "a_{b", "\\alpha", "two\nlines", "\x1b[31m", "\ud800", "Žofie Ωμέγα мама"])
def test_names_are_taken_as_they_are(name: str) -> None:
    names, _ = names_of([name, "b"], 9)
    axes = draw_names(draw(panel(), Turn(0, 1, name), Turn(1, 2, "b")), names, 9)
    assert len(axes.texts) == 2
    assert not any(text.get_parse_math() for text in axes.texts)
    assert axes.texts[0].get_text().isprintable()
    axes.figure.savefig("/dev/null", format="svg")  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["Interviewer of the northern part", "m" * 1_000_000, "speaker 1"])
def test_names_that_are_too_long_are_shortened(name: str) -> None:
    names, width = names_of([name], 9)
    assert width == text_width(names[0], 9) <= NAME_WIDTH
    assert name.startswith(names[0].removesuffix("…"))
    assert (names[0] == name) == (name == "speaker 1")
    assert width > NAME_WIDTH - 0.3 or name == "speaker 1"


def test_lanes_of_many_speakers_are_lower_and_names_do_not_meet() -> None:
    for count in (1, 5, 8, 9, 20, 100, 150, 5000):
        height = lanes_height(count)
        assert height <= HIGHEST
        names, _ = names_of([f"p{i}" for i in range(count)], 7)
        lines = sorted(names)
        assert len(names) == count or count > 150
        assert all((other - one) * height / count > 7 / 72 for one, other in pairwise(lines))


def test_letters_that_the_usual_font_lacks_are_taken_from_another_one() -> None:
    """matplotlib itself brings fonts with letters that DejaVu Sans lacks."""
    from matplotlib.font_manager import findfont, get_font

    own = get_font(findfont(FONT)).get_charmap()
    other = get_font(findfont("STIXGeneral")).get_charmap()
    letter = chr(next(code for code in sorted(other) if code > 0x3000 and code not in own))
    assert font_for("abc ʃ", 9).get_family() == [FONT]
    families = font_for(f"a{letter}", 9).get_family()
    assert families[0] == FONT
    assert get_font(findfont(families[1])).get_char_index(ord(letter))


@pytest.mark.parametrize(
    ("start", "end", "unit", "first"),
    [
        (0, 30, "s", "0"),
        (3600.2, 3600.3, "s", "3600.20"),
        (0, 120, "s", "0"),
        (0, 200, "min:s", "0:00"),
        (1800, 2100, "min:s", "30:00"),
        (0, 3600, "h:min", "0:00"),
        (3700, 3900, "h:min:s", "1:01:40"),
        (0, 360_000, "h:min", "0:00"),
        (-100, 200, "min:s", "-1:30"),
    ],
)
def test_long_windows_are_told_as_a_clock_tells_the_time(start: float, end: float, unit: str, first: str) -> None:
    axes = draw_time_axis(panel(start, end))
    axes.figure.savefig("/dev/null", format="svg")  # type: ignore[union-attr]
    shown = [
        label.get_text()
        for tick, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        if start <= tick <= end
    ]
    assert axes.get_xlabel() == f"time ({unit})"
    assert shown[0].replace("\N{MINUS SIGN}", "-") == first
    assert 3 <= len(shown) <= MOST_TICKS + 1
    assert len(set(shown)) == len(shown)


@given(st.integers(-400_000, 400_000))
def test_a_clock_tells_all_seconds(seconds: int) -> None:
    hours, minutes, rest = map(int, clock(seconds, "h:min:s").removeprefix("-").split(":"))
    assert 3600 * hours + 60 * minutes + rest == abs(seconds)
    assert clock(seconds, "min:s") == f"{'-' if seconds < 0 else ''}{60 * hours + minutes}:{rest:02}"
