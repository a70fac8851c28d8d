"""What is rounding, what is a gap and what is an error, in every kind of label file."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from textgrids import long, short

from phonseg.annotation.intervals import COARSEST_UNIT, ROUNDING, SAME_TIME, segments_from_intervals
from phonseg.annotation.readers import read_reference
from phonseg.errors import PhonsegWarning, TextGridError

Spans = list[tuple[float, float]]


def joined(
    spans: Spans, unit: float = 0.0, duration: float | None = None
) -> tuple[list[tuple[float, float, str]], str]:
    """The segments, and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        labels = [str(i) for i in range(len(spans))]
        made = segments_from_intervals(
            "x", np.array(spans), labels, lambda i: f"line {i + 1}", unit=lambda: unit, end=duration
        )
    return list(made.intervals()), " ".join(str(one.message) for one in caught)


def slow(spans: Spans, unit: float, duration: float | None) -> list[tuple[float, float, str]] | None:
    """The definition, interval by interval; None for an error."""
    segments: list[tuple[float, str]] = []
    before, length_before = 0.0, np.inf
    edge = spans[-1][1] if duration is None else duration
    for i, (start, end) in enumerate([*spans, (edge, np.inf)]):
        gap, room = start - before, min(length_before, end - start)
        size = abs(gap)
        is_one_unit = unit <= COARSEST_UNIT and size <= unit + SAME_TIME and size < room
        is_rounding = size > SAME_TIME and ((size < ROUNDING and (gap > 0 or size < room)) or is_one_unit)
        if i == len(spans):
            if gap > SAME_TIME and not is_rounding:
                segments.append((before, ""))
            last = edge if is_rounding else max(before, edge)
            break
        if end <= start or (gap < -SAME_TIME and not is_rounding):
            return None
        if gap > SAME_TIME and not is_rounding:
            segments.append((before, ""))
        segments.append((before if is_rounding else start, str(i)))
        before, length_before = end, end - start
    starts = [0.0, *(start for start, _ in segments[1:])]
    return [(a, b, name) for a, b, (_, name) in zip(starts, [*starts[1:], last], segments, strict=True)]


@given(
    st.lists(st.tuples(st.integers(-30, 60), st.integers(1, 300)), min_size=1, max_size=8),
    st.sampled_from([0.0, 0.001, 0.01, 1.0]),
    st.none() | st.integers(-20, 40),
)
def test_joints_are_as_defined(steps: list[tuple[int, int]], unit: float, rest: int | None) -> None:
    """Gaps of -15 to 30 ms between intervals of 0.5 to 150 ms."""
    spans: Spans = []
    at = 0.0
    for gap, length in steps:
        start = round(at + gap / 2000, 4)
        at = round(start + length / 2000, 4)
        spans.append((start, at))
    duration = None if rest is None else max(0.0001, round(at + rest / 2000, 4))
    expected = slow(spans, unit, duration)
    if expected is None:
        with pytest.raises(TextGridError, match=r"x: line \d+ "):
            joined(spans, unit, duration)
        return
    made, warned = joined(spans, unit, duration)
    assert made == expected
    assert all(start < end for start, end, _ in made)
    assert sum(name != "" for *_, name in made) == len(spans)
    late = duration is not None and made[-1][1] == at > duration
    assert ("after the end of the file" in warned) == late


@pytest.mark.parametrize("size", [3e-5, -3e-5, 9e-4, -9e-4])
def test_below_a_millisecond_there_is_one_boundary_where_the_earlier_ends(size: float) -> None:
    made, warned = joined([(0, 0.5), (0.5 + size, 0.75), (0.75 + size, 1)])
    assert [start for start, *_ in made] == [0, 0.5, 0.75]
    assert f"2 gaps or overlaps of up to {abs(size) * 1000:g} ms between intervals, taken as rounding" in warned


def test_a_microsecond_is_joined_without_a_word() -> None:
    assert joined([(0, 0.5), (0.5000009, 1)]) == ([(0, 0.5000009, "0"), (0.5000009, 1, "1")], "")


def test_one_unit_of_the_last_decimal_is_rounding_unless_it_is_coarse_or_an_interval_is_as_short() -> None:
    assert [start for start, *_ in joined([(0, 0.5), (0.51, 0.75)], 0.01)[0]] == [0, 0.5]
    assert [start for start, *_ in joined([(0, 0.5), (0.49, 0.75)], 0.01)[0]] == [0, 0.5]
    assert [start for start, *_ in joined([(0, 0.5), (0.52, 0.75)], 0.01)[0]] == [0, 0.5, 0.52]
    assert [start for start, *_ in joined([(0, 0.5), (0.51, 0.52)], 0.01)[0]] == [0, 0.5, 0.51]
    assert [start for start, *_ in joined([(0, 5), (6, 9)], 1.0)[0]] == [0, 5, 6]
    with pytest.raises(TextGridError, match=r"line 2 \(0.49 to 0.75 s\) starts before 0.5 s"):
        joined([(0, 0.5), (0.49, 0.75)], 0.001)
    with pytest.raises(TextGridError, match=r"line 2 \(4.0 to 9.0 s\) starts before 5.0 s"):
        joined([(0.0, 5.0), (4.0, 9.0)], 1.0)


def test_intervals_below_a_millisecond_stay() -> None:
    spans = [(i * 4e-4, (i + 1) * 4e-4) for i in range(5)]
    assert len(joined(spans)[0]) == 5


TENTHS = [(0, 0.3), (0.31, 0.6), (0.6, 0.9)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.TextGrid", long({"phones": [(a, b, "x") for a, b in TENTHS]}, end=1)),
        ("a.TextGrid", short({"phones": [(a, b, "x") for a, b in TENTHS]})),
        ("a.csv", "start,end\n" + "".join(f"{a},{b}\n" for a, b in TENTHS)),
        ("a.csv", "start;end\n" + "".join(f"{a};{b}\n".replace(".", ",") for a, b in TENTHS)),
        ("a.txt", "".join(f"{a:.2f}\t{b:.2f}\tx\n".replace(".", ",") for a, b in TENTHS)),
        ("a.lab", "".join(f"{a:.2f} {b:.2f} x\n" for a, b in TENTHS)),
        ("a.ctm", "".join(f"a 1 {a:.2f} {b - a:.2f} x\n" for a, b in TENTHS)),
        ("a.phn", "MillisecondsPerFrame: 10\nEND OF HEADER\n0 30 x\n31 60 x\n60 90 x\n"),
    ],
)
def test_the_unit_is_that_in_which_the_file_is_written(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.warns(PhonsegWarning, match="1 gap or overlap of 10.0 ms between intervals"):
        read = read_reference(tmp_path / name)
    assert np.allclose(read.boundaries[:2], [0.3, 0.6])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "".join(f"{a:.6f}\t{b:.6f}\tx\n" for a, b in TENTHS)),
        ("a.csv", "start,end\n" + "".join(f"{a:.3f},{b:.3f}\n" for a, b in TENTHS)),
        ("a.lab", "".join(f"{1e7 * a:.0f} {1e7 * b:.0f} x\n" for a, b in TENTHS)),
        ("a.phn", "".join(f"{16_000 * a:.0f} {16_000 * b:.0f} x\n" for a, b in TENTHS)),
    ],
)
def test_a_gap_of_many_units_is_a_gap(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert np.allclose(read_reference(tmp_path / name).boundaries, [0.3, 0.31, 0.6])


def test_overlaps_by_one_sample_and_gaps_of_a_millisecond_in_elan_are_rounding(tmp_path: Path) -> None:
    (tmp_path / "a.phn").write_text("0 1600 a\n1599 3200 b\n3199 4800 c\n")
    with pytest.warns(PhonsegWarning, match="2 gaps or overlaps of up to 0.063 ms"):
        assert read_reference(tmp_path / "a.phn").boundaries.tolist() == [0.1, 0.2]
    (tmp_path / "a.phn").write_text("0 1600 a\n1500 3200 b\n")
    with pytest.raises(TextGridError, match=r"line 2 \(0.09375 to 0.2 s\) starts before 0.1 s"):
        read_reference(tmp_path / "a.phn")


def test_an_end_that_is_not_the_last_end_may_be_finer(tmp_path: Path) -> None:
    """Times with two decimals, but the end of the recording has all of its own."""
    spans = [(0, 0.3, "a"), (0.31, 0.6, "b"), (0.6, 4.970125, "c")]
    (tmp_path / "a.TextGrid").write_text(long({"phones": spans}, end=4.970125))
    with pytest.warns(PhonsegWarning, match="1 gap or overlap"):
        assert read_reference(tmp_path / "a.TextGrid").boundaries.tolist() == [0.3, 0.6]


def test_intervals_that_run_past_the_end_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.TextGrid").write_text(long({"phones": [(0, 0.5, "a"), (0.5, 1.25, "b")]}, end=1))
    with pytest.warns(
        PhonsegWarning, match=r'interval 2 of tier "phones" ends at 1.25 s, after the end of the file \(1'
    ):
        assert read_reference(tmp_path / "a.TextGrid").duration == 1.25
    (tmp_path / "a.TextGrid").write_text(long({"phones": [(0, 0.5, "a"), (0.5, 1.0004, "b")]}, end=1))
    with pytest.warns(PhonsegWarning, match="taken as rounding"):
        assert read_reference(tmp_path / "a.TextGrid").duration == 1


def test_the_end_of_the_tier_itself_has_no_effect(tmp_path: Path) -> None:
    text = long({"phones": [(0, 0.5, "a"), (0.5, 0.75, "b")]}).replace("        xmax = 1 ", "        xmax = 0.6 ")
    (tmp_path / "a.TextGrid").write_text(text)
    assert list(read_reference(tmp_path / "a.TextGrid").intervals()) == [(0, 0.5, "a"), (0.5, 0.75, "b"), (0.75, 1, "")]
