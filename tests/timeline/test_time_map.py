"""Time maps: knots, the way back, and what is mapped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from phonseg.errors import ConfigurationError, OutputError
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap
from phonseg.timeline.turns import Turn

steps = st.lists(st.tuples(st.floats(1e-3, 2.0), st.floats(0.3, 3.0)), min_size=1, max_size=30)


def of(pairs: list[tuple[float, float]], start: float = 0.0) -> TimeMap:
    """The map whose stretches have these lengths and ratios."""
    lengths, ratios = np.array(pairs).T
    return TimeMap(start + np.append(0, np.cumsum(lengths)), start + np.append(0, np.cumsum(lengths * ratios)))


@settings(max_examples=30)
@given(steps, st.lists(st.floats(-1, 60), min_size=1, max_size=20))
def test_the_way_back_leads_back_and_time_never_stands(pairs: list[tuple[float, float]], times: list[float]) -> None:
    time_map = of(pairs)
    assert np.array_equal(time_map(time_map.old), time_map.new)
    assert np.array_equal(time_map.inverse(time_map.new), time_map.old)
    np.testing.assert_allclose(time_map.inverse(time_map(times)), times, rtol=0, atol=1e-9)
    np.testing.assert_allclose(time_map.reversed(time_map(times)), times, rtol=0, atol=1e-9)
    apart = np.unique(np.round(times, 6))
    assert np.all(np.diff(time_map(apart)) > 0)


@settings(max_examples=15)
@given(steps, st.floats(-5, 5))
def test_segments_and_turns_are_those_of_the_new_recording(pairs: list[tuple[float, float]], start: float) -> None:
    time_map = of(pairs, start)
    inside = np.unique(np.round(np.linspace(time_map.old[0], time_map.old[-1], 9)[1:-1], 9))
    scores = np.linspace(0, 1, len(inside))
    duration = time_map.old[-1] - time_map.old[0]
    candidates = Candidates(inside, scores, 0.5, 1.0)
    labels = [f"{i}ə" for i in range(len(inside) + 1)]
    segments = Segmentation(
        inside, duration, scores, labels, candidates=candidates, recording="old.wav", start=time_map.old[0]
    )
    new = time_map.apply(segments)
    assert np.array_equal(new.boundaries, time_map(inside))
    assert (new.labels, list(new.scores)) == (tuple(labels), list(scores))
    assert new.start == time_map.new[0]
    assert new.end == pytest.approx(time_map.new[-1], abs=1e-9)
    assert (new.curve, new.recording) == (None, None)
    again, chosen = new.at(sensitivity=0.6), segments.at(sensitivity=0.6)
    assert np.array_equal(again.boundaries, time_map(chosen.boundaries))
    assert new.candidates is not None
    assert new.candidates.speech_seconds == pytest.approx(new.duration / duration)
    turns = Diarization(
        (Turn(time_map.old[0], segments.end, "A", 0.5), Turn(inside[0], inside[1], "B")),
        duration,
        start=time_map.old[0],
    )
    talk = time_map.apply(turns)
    assert talk.turns[0] == (new.start, talk.end, "A", 0.5)
    assert talk.turns[1][:3] == (time_map(inside[0]), time_map(inside[1]), "B")


def test_what_belongs_to_another_recording_is_refused() -> None:
    time_map = TimeMap.even(2.0, 0.5)
    with pytest.raises(ConfigurationError, match=r"lasts from 0 to 2\.5 s, and the recording of the map from 0 to 2 s"):
        time_map.apply(Segmentation(np.array([1.0]), 2.5))
    for seconds in (1.95, 2.05):  # as of an MP3 file in Praat
        made = time_map.apply(Segmentation(np.array([1.0]), seconds))
        assert (made.boundaries[0], made.end) == (2.0, 4.0)
    for other in (Segmentation(np.array([1.0]), 1.8), Diarization((Turn(0, 1, "A"),), 1.8)):
        with pytest.raises(ConfigurationError, match=r"lasts from 0 to 1\.8 s, and the recording of the map"):
            time_map.apply(other)
        assert time_map.apply(replace(other, tells_duration=False)).duration == 3.6
    with pytest.raises(ConfigurationError, match=r"lasts from 0\.2 to 2 s"):
        time_map.apply(Segmentation(np.array([1.0]), 1.8, start=0.2))
    with pytest.raises(ConfigurationError, match="list has no times"):
        time_map.apply([1.0])  # type: ignore[call-overload]


@settings(max_examples=30)
@given(steps, st.floats(-0.099, 0.099), st.floats(-0.099, 0.099))
def test_labels_of_a_recording_end_where_its_sound_ends(
    pairs: list[tuple[float, float]], early: float, late: float
) -> None:
    time_map = of([(0.3, 1.0), *pairs, (0.3, 1.0)], 1.0)
    start, end = time_map.old[0] + early, time_map.old[-1] + late
    times = np.unique(np.round(np.linspace(start, end, 40)[1:-1], 9))
    new = time_map.apply(Segmentation(times, end - start, start=start))
    assert (new.start, new.end) == pytest.approx((time_map.new[0], time_map.new[-1]), abs=1e-9)
    inside = (time_map.old[0] < times) & (times < time_map.old[-1])
    np.testing.assert_allclose(new.boundaries[inside], time_map(times[inside]), rtol=0, atol=1e-9)


def test_a_map_is_shown_in_one_line() -> None:
    assert repr(TimeMap.even(4.96, 0.8)) == "TimeMap(4.960 s become 6.200 s, factor 0.8, 2 knots)"
    long = TimeMap.even(1000, 0.66667, 5)
    assert repr(long) == "TimeMap(1000.000 s become 1499.993 s, factor 0.66667, 2 knots)"


@pytest.mark.parametrize(
    ("old", "new"),
    [("ab", "cd"), (None, [0, 1]), ([0, 1], [0, np.nan]), ([0, 1, 2], [0, 1]), ([0, 5e-324], [0, 1]), ([1, 0], [0, 1])],
)
def test_what_is_no_map_is_refused(old: object, new: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^time map: "):
        TimeMap(old, new)  # type: ignore[arg-type]


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(OutputError, match="no name of a file"):
        TimeMap.even(1.0, 2.0).to_duration_tier("")
