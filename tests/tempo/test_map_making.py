"""The map's contract, held for any recording, segmentation and factor."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from numpy.typing import NDArray

from phonseg.audio.recording import Recording, open_recording
from phonseg.tempo.map_making import find_time_map, new_length
from phonseg.timeline.grid import Curve, FrameGrid
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap

FACTORS = st.floats(0.5, 2.0) | st.sampled_from([0.5, 0.66, 1.0, 1.33, 2.0])


def recording(n: int, rate: float, clicks: list[int], level: float = 0.0) -> Recording:
    """Faint noise with clicks, which are bursts."""
    samples = level * np.random.default_rng(n).normal(size=n)
    for click in clicks:
        samples[click : click + 3] += [0.5, -0.5, 0.3][: max(0, min(3, n - click))]
    return open_recording((samples.astype(np.float32), rate))


def segmentation(duration: float, curve: NDArray[np.float32] | None, boundaries: list[float]) -> Segmentation:
    lying = None if curve is None else Curve(curve, FrameGrid(16_000, hop=160, window=512, origin=-176))
    inside = sorted({share * duration for share in boundaries if 0 < share * duration < duration})
    return Segmentation(np.array(inside), duration, curve=lying)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Recording, Segmentation]:
    rate = draw(st.sampled_from([1_000, 8_000, 16_000, 22_050, 44_100]))
    n = draw(st.integers(1, 3 * rate))
    clicks = draw(st.lists(st.integers(0, n - 1), max_size=30))
    curve = None
    if draw(st.booleans()):
        seed = np.random.default_rng(draw(st.integers(0, 99)))
        curve = (seed.random(draw(st.integers(0, n * 100 // rate + 1))) ** 3).astype(np.float32)
    boundaries = draw(st.lists(st.floats(0, 1, exclude_min=True, exclude_max=True), max_size=20))
    return recording(n, rate, clicks, draw(st.sampled_from([0.0, 1e-4]))), segmentation(n / rate, curve, boundaries)


def pinned(time_map: TimeMap) -> NDArray[np.bool_]:
    return np.asarray(np.abs(time_map.ratios - 1) < 1e-9)


@settings(deadline=None, max_examples=60)
@given(cases(), FACTORS, st.booleans())
@example((recording(1, 16_000, []), segmentation(1 / 16_000, None, [])), 2.0, False)
@example((recording(160, 16_000, [80]), segmentation(0.01, np.zeros(1, np.float32), [0.5])), 0.5, False)
def test_the_contract_of_the_map(case: tuple[Recording, Segmentation], factor: float, even: bool) -> None:
    old_recording, segments = case
    n, rate = old_recording.n_samples, old_recording.sample_rate
    n_new = new_length(n, factor)
    found = find_time_map(old_recording, segments, factor, even=even)  # strictly increasing, or TimeMap would raise
    assert found.old[0] == found.new[0] == 0
    assert found.old[-1] == n / rate
    assert found.new[-1] == n_new / rate
    if even:
        assert len(found.old) == 2
        return
    copied = pinned(found)
    places = np.flatnonzero(np.diff(copied, prepend=False, append=False))
    for times in (found.old[places], found.new[places]):
        assert times * rate == pytest.approx(np.rint(times * rate), abs=1e-6)
    whole = n_new / n
    # Between what is copied, a gap of d samples is moved by up to a sample, so its ratios by as much as 1 / d.
    edges = np.unique(np.concatenate([[0], places, [len(copied)]]))
    for first, end in pairwise(edges.tolist()):
        slack = 1e-6 if copied[first] else 4 / ((found.old[end] - found.old[first]) * rate * whole)
        assert np.all(found.ratios[first:end] >= min(1.0, whole / 2 if whole < 1 else 1.0) * (1 - slack))
        assert np.all(found.ratios[first:end] <= max(1.0, whole * 2 if whole > 1 else 1.0) * (1 + slack))


@pytest.mark.parametrize("factor", [0.5, 0.66, 1.33, 2.0])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_bursts_are_copied_and_syllables_keep_their_place(factor: float, rate: int) -> None:
    clicks = [rate * k // 5 for k in range(1, 15)]
    found = find_time_map(recording(3 * rate, rate, clicks, 1e-4), segmentation(3.0, None, []), factor)
    for click in clicks:
        at = np.searchsorted(found.old, click / rate, side="right") - 1
        assert pinned(found)[at]
        assert found.old[at] == pytest.approx(click / rate - 0.010, abs=0.005)
        assert found.old[at + 1] == pytest.approx(click / rate + 0.020, abs=0.005)
    assert pinned(found).sum() == len(clicks)
    times = np.linspace(0, 3, 1000)
    assert np.abs(found(times) - times / factor).max() < 0.025 / factor  # 30 ms are copied at a time


def test_factor_one_changes_nothing() -> None:
    found = find_time_map(recording(16_000, 16_000, [8_000]), segmentation(1.0, None, [0.5]), 1.0)
    assert found.old.tolist() == found.new.tolist() == [0, 1]


def test_what_is_steady_takes_more_of_the_change() -> None:
    times = np.arange(300) / 100  # a boundary every 200 ms
    curve = np.exp(-np.square((times + 0.1) % 0.2 - 0.1) / 2e-4).astype(np.float32)
    for segments in (segmentation(3.0, curve, []), segmentation(3.0, None, [k / 15 for k in range(1, 15)])):
        for factor in (0.5, 2.0):
            found = find_time_map(recording(48_000, 16_000, []), segments, factor)
            near, far = found([0.995, 1.005]), found([1.095, 1.105])
            assert abs(np.log(far[1] - far[0]) - np.log(0.01)) > abs(np.log(near[1] - near[0]) - np.log(0.01)) + 0.3


def test_silence_without_boundaries_is_changed_evenly() -> None:
    found = find_time_map(recording(30_000, 16_000, []), segmentation(1.875, np.zeros(180, np.float32), []), 0.66)
    assert found.ratios == pytest.approx(1 / 0.66, rel=1e-4)


def test_times_of_a_sound_that_begins_elsewhere_count_from_its_first_sample() -> None:
    import parselmouth

    samples = 0.01 * np.random.default_rng(1).normal(size=16_000)
    here, elsewhere = (open_recording(parselmouth.Sound(samples, 16_000, start_time=start)) for start in (0.0, 7.0))
    boundaries = np.array([0.3, 0.6])
    maps = [
        find_time_map(here, Segmentation(boundaries, 1.0), 0.7),
        find_time_map(elsewhere, Segmentation(boundaries + 7, 1.0, start=7.0), 0.7),
    ]
    assert maps[0].new == pytest.approx(maps[1].new, abs=1e-9)
    assert maps[1].old[0] == 0


def test_a_train_of_clicks_is_copied_as_far_as_the_rest_can_make_up_for_it() -> None:
    for spacing in (20, 45, 61, 80):
        clicks = list(range(0, 32_000, spacing * 16))
        found = find_time_map(recording(32_000, 16_000, clicks, 1e-4), segmentation(2.0, None, []), 2.0)
        assert found.new[-1] == 1.0
        assert found.ratios.min() > 0.2


@pytest.mark.parametrize(("n", "factor", "length"), [(1, 2.0, 1), (5, 2.0, 2), (7, 0.66, 11), (48_000, 1.33, 36_090)])
def test_the_new_length(n: int, factor: float, length: int) -> None:
    assert new_length(n, factor) == length
