"""Jumps corrected to the sample."""

from __future__ import annotations

import numpy as np

from phonseg.tempo.rendering.old_samples import OldSamples
from phonseg.tempo.rendering.refinement import refined
from phonseg.tempo.rendering.splices import Splices

RATE = 16_000


def splices(places: list[int], offsets: list[int], regions: list[int]) -> Splices:
    return Splices(
        np.array(places), np.array(offsets[:-1]), np.array(offsets[1:]), np.full(len(places), 50), np.array(regions)
    )


def test_jumps_become_whole_periods_where_they_may() -> None:
    period = 97
    old = OldSamples(np.random.default_rng(0).standard_normal((1, period, 1)).repeat(60, 0).reshape(-1, 1), 0)
    # Off by +1, -2 and +1 samples: all can be right.
    plan = splices([1000, 1300, 1600], [0, 98, 193, 291], [0, 0, 0])
    found = refined(plan, old, RATE)
    assert np.diff(np.append(found.before, found.after[-1])).tolist() == [97, 97, 97]
    assert (found.before[0], found.after[-1]) == (0, 291)
    # With an anchor after the first, what it is off by stays.
    parted = refined(splices([1000, 1300, 1600], [0, 98, 193, 291], [0, 1, 1]), old, RATE)
    assert parted.after[0] == parted.before[1] == 98


def test_no_splices_are_no_matter() -> None:
    assert len(refined(Splices.none(), OldSamples(np.zeros((10, 1)), 0), RATE).places) == 0
