"""Where frames lie in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from phonseg.errors import ConfigurationError
from phonseg.timeline.grid import Curve, FrameGrid

grids = st.builds(
    FrameGrid,
    sample_rate=st.integers(1, 96_000),
    hop=st.integers(1, 500),
    window=st.integers(1, 2000),
    origin=st.integers(-10_000, 10_000),
)


@given(grid=grids, n_samples=st.integers(0, 3000))
def test_count_is_the_number_of_whole_frames(grid, n_samples):
    whole = [i for i in range(n_samples) if i * grid.hop + grid.window <= n_samples]
    assert grid.count(n_samples) == len(whole)


@given(grid=grids, count=st.integers(0, 1000))
def test_n_samples_is_the_least_that_holds_so_many_frames(grid, count):
    n_samples = grid.n_samples(count)
    assert grid.count(n_samples) == count
    assert grid.count(max(0, n_samples - 1)) == max(0, count - 1)


@given(grid=grids, frame=st.integers(-100, 10_000))
def test_the_centre_of_a_frame_is_midway_between_its_ends(grid, frame):
    start = grid.origin + frame * grid.hop
    assert grid.centre(frame) == pytest.approx((start + start + grid.window) / 2 / grid.sample_rate)


@given(grid=grids, frame=st.integers(-100, 10_000))
def test_a_boundary_lies_midway_between_the_centres_of_its_frames(grid, frame):
    assert grid.boundary(frame) == pytest.approx((grid.centre(frame - 1) + grid.centre(frame)) / 2)


@given(grid=grids, frame=st.integers(0, 10_000), later=st.floats(0.001, 0.999))
def test_the_first_frame_from_a_time_on_is_the_one_whose_middle_comes_next(grid, frame, later):
    assert grid.first_from(grid.centre(frame)) == frame
    assert grid.first_from(grid.centre(frame + later)) == frame + 1
    assert grid.first_from(grid.centre(-1 - frame)) == 0


@given(grid=grids, samples=st.integers(-5000, 5000))
def test_a_moved_grid_has_everything_later(grid, samples):
    frames = np.arange(5)
    np.testing.assert_allclose(grid.moved(samples).centre(frames), grid.centre(frames) + samples / grid.sample_rate)


def test_conversions_work_on_whole_arrays():
    grid = FrameGrid(1000, hop=10, window=30, origin=-5)
    np.testing.assert_allclose(grid.boundary([0, 1, 2]), [0.005, 0.015, 0.025])
    np.testing.assert_allclose(Curve(np.zeros(3, np.float32), grid).times(), [0.005, 0.015, 0.025])


@pytest.mark.parametrize("name", ["sample_rate", "hop", "window"])
def test_a_grid_of_nothing_is_refused(name):
    with pytest.raises(ConfigurationError, match=f"{name} is 0"):
        FrameGrid(**{"sample_rate": 1, "hop": 1, "window": 1, name: 0})
