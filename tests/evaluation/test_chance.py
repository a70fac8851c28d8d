"""Whether two recordings would agree as well: recordings of other times do not, and moved ones are found."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from phonseg.evaluation.chance import best_offset, no_better_than_chance


def speech(seed: int, n: int = 100) -> NDArray[np.float64]:
    """Boundaries about as far apart as those of sounds."""
    return 0.5 + np.cumsum(np.random.default_rng(seed).gamma(3, 0.025, n))


def heard(times: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """The same boundaries, placed by somebody else: a quarter is missed."""
    generator = np.random.default_rng(seed)
    return np.sort((times + generator.normal(0, 0.008, len(times)))[generator.uniform(size=len(times)) < 0.75])


def test_other_recordings_agree_by_chance_and_the_same_ones_better() -> None:
    pairs = [(speech(seed), heard(speech(seed), seed), speech(100 + seed)) for seed in range(100)]
    assert sum(no_better_than_chance(reference, same) for reference, same, _ in pairs) == 0
    assert sum(no_better_than_chance(reference, other) for reference, _, other in pairs) > 90
    assert sum(best_offset(reference, other) is not None for reference, _, other in pairs) < 20


@pytest.mark.parametrize("late", [-0.15, -0.05, 0.035, 0.1])
def test_a_constant_offset_is_found(late: float) -> None:
    pairs = [(speech(seed), heard(speech(seed), seed) + late) for seed in range(20)]
    assert sum(no_better_than_chance(*pair) for pair in pairs) >= 17
    assert [best_offset(*pair) for pair in pairs] == pytest.approx([-late] * 20, abs=0.016)


def test_a_few_boundaries_prove_nothing() -> None:
    assert not no_better_than_chance(speech(1, 19), speech(2, 300))
