"""Where the new recording has to show exactly what the map says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, strategies as st

from phonseg.tempo.rendering.anchors import SPACING, Anchor, SampleMap, anchors_of, settled
from phonseg.tempo.rendering.likeness import Likeness
from phonseg.timeline.time_map import TimeMap

RATE = 1000


def anchors(old: list[float], new: list[float]) -> list[Anchor]:
    """The anchors of a map whose knots are samples at 1000 a second."""
    whole = SampleMap.of(TimeMap(np.array(old) / RATE, np.array(new) / RATE), RATE, round(new[-1]))
    return list(anchors_of(whole, RATE))


def test_pins_and_ends() -> None:
    assert anchors([0, 100, 120, 220], [0, 50, 70, 120]) == [
        Anchor(0, 0, 0),
        Anchor(50, 70, 50),
        Anchor(120, 120, 100),
    ]


def test_a_pin_of_several_knots_is_one_and_a_rounded_one_still_is() -> None:
    assert anchors([0, 100, 200, 300, 400], [0, 50.2, 150.1, 250.3, 300])[1:-1] == [Anchor(51, 250, 50)]


def test_a_slow_change_between_close_knots_is_no_pin() -> None:
    old = np.arange(0, 200, 2.0)
    assert anchors(list(old), [*(old[:-1] * 1.05), 208.0]) == [Anchor(0, 0, 0), Anchor(208, 208, -10)]


def test_the_ends_stand_whatever_the_map_covers() -> None:
    whole = SampleMap.of(TimeMap(np.array([0.1, 0.2]), np.array([0.2, 0.4])), RATE, 600)
    assert list(anchors_of(whole, RATE)) == [Anchor(0, 0, 0), Anchor(600, 600, -300)]


@given(st.lists(st.tuples(st.integers(1, 5000), st.sampled_from([0.3, 0.5, 1, 1, 2, 3.5])), min_size=1, max_size=8))
def test_anchors_follow_the_map_and_are_never_far_apart(lengths: list[tuple[int, float]]) -> None:
    old = np.cumsum([0, *(length for length, _ in lengths)]).astype(float)
    new = np.cumsum([0.0, *(length * ratio for length, ratio in lengths)])
    new[-1] = max(1, np.rint(new[-1]))
    if new[-1] <= new[-2]:
        return
    whole = SampleMap.of(TimeMap(old / RATE, new / RATE), RATE, int(new[-1]))
    found = list(anchors_of(whole, RATE))
    assert (found[0].start, found[-1].end) == (0, new[-1])
    for left, right in pairwise(found):
        assert left.start <= left.end <= right.start
        begin, end = np.interp([left.start, right.start], whole.new, whole.course)
        assert end - begin <= 2 * SPACING * RATE + 5
    for anchor in found:
        assert abs(whole.ideal(anchor.start) - anchor.offset) <= 1
        assert abs(whole.ideal(anchor.end) - anchor.offset) <= 1


def test_anchors_move_to_where_it_is_quiet_or_voiceless_or_are_left_out() -> None:
    whole = SampleMap.of(TimeMap.even(1.0, 1.0), RATE, 1000)
    values = np.full((100, 33), 0.9, np.float32)  # voiced at every lag; a moment every 10 samples
    values[45] = 0.1
    power = np.ones(100)
    power[70] = 1e-6
    like = Likeness(values, power, 0, 10, 1)
    first, last = Anchor(0, 0, 0), Anchor(1000, 1000, 0)
    for place, moved in [(430, [450]), (680, [700]), (200, [])]:
        found = settled([first, Anchor(place, place, 0, leeway=50), last], like, whole)
        assert found[0] == first
        assert found[-1] == last
        assert [round(anchor.start, -1) for anchor in found[1:-1]] == moved
    end = settled([first, Anchor(200, 200, 0, leeway=50)], like, whole)[-1]
    assert end == Anchor(200, 200, 0, leeway=50)
