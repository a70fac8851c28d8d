from __future__ import annotations

import numpy as np
import pytest
from choices import chosen_from, times_and_prominences
from hypothesis import given, strategies as st

from phonseg.errors import ConfigurationError
from phonseg.timeline.segmentation import Segmentation


@given(times_and_prominences, st.floats(0, 1), st.integers(0, 40))
def test_the_least_certain_lie_nearest_to_the_line(
    pair: tuple[list[float], list[float]], sensitivity: float, k: int
) -> None:
    made = chosen_from(*pair).at(sensitivity=sensitivity)
    scores = [p / (p + 0.5) for p in pair[1]]
    kept = [time in made.boundaries for time in pair[0]]
    line = (
        min([1.0, *(s for s, is_kept in zip(scores, kept, strict=True) if is_kept)])
        + max([0.0, *(s for s, is_kept in zip(scores, kept, strict=True) if not is_kept)])
    ) / 2
    everything = sorted((abs(s - line), time, is_kept) for time, s, is_kept in zip(pair[0], scores, kept, strict=True))
    decisions = made.to_check(k)
    assert [(one.margin, one.time, one.kept) for one in decisions] == everything[:k]
    assert all(one.score == scores[pair[0].index(one.time)] for one in decisions)
    # Below the line nothing is kept, above it everything is.
    assert all(one.kept == (one.score > line) for one in decisions if one.margin > 0)


def test_a_decision_says_what_there_is_to_decide() -> None:
    made = chosen_from([1.0, 2.0, 3.0], [0.55, 0.45, 2.0]).at(sensitivity=0.5)
    assert [str(one) for one in made.to_check(2)] == ["remove? 0.52", "add? 0.47"]


def test_nothing_can_be_checked_without_candidates_or_with_a_negative_number() -> None:
    with pytest.raises(ConfigurationError, match="to_check: this segmentation has no candidates"):
        Segmentation(np.array([0.5]), 1.0).to_check(3)
    with pytest.raises(ConfigurationError, match="to_check: k is -1"):
        chosen_from([1.0], [0.5]).to_check(-1)
