"""Stretches of a recording that comes in blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from phonseg.tempo.rendering.old_samples import OldSamples, Reader


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=9),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20)), max_size=6),
)
def test_stretches_are_those_of_the_whole(lengths: list[int], wanted: list[tuple[int, int]]) -> None:
    whole = np.arange(sum(lengths), dtype=np.float64)[:, None]
    reader = Reader(iter(np.split(whole, np.cumsum(lengths)[:-1])))
    start = -3
    for step, length in wanted:
        start += step
        found = reader.read(start, start + length)
        index = np.arange(start, start + length)
        expected = np.where((index >= 0) & (index < len(whole)), index, 0)
        np.testing.assert_array_equal(found.at(index)[:, 0], expected)


def test_around_a_stretch_lies_silence() -> None:
    old = OldSamples(np.ones((3, 2), np.float32), 10)
    assert old.at(np.array([[9, 10], [12, 13]])).tolist() == [[[0, 0], [1, 1]], [[1, 1], [0, 0]]]
    assert old.at(np.array([10])).dtype == np.float32
