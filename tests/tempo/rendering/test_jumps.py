"""What a jump costs, from its definition."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import noise, vowel

from phonseg.tempo.rendering.jumps import OFF_PERIOD, SPLICE, UNLIKE, Jumps
from phonseg.tempo.rendering.likeness import likeness


def test_the_price_of_a_jump() -> None:
    like = likeness(noise(4000)[:, None], 0, 16_000)
    jumps = Jumps.of(like)
    for moment in range(0, len(like.values), 7):
        period, voiced = jumps.period[moment], jumps.voiced[moment]
        for lag in (-200, -50, -9, 8, 30, 128):
            expected = SPLICE + OFF_PERIOD * voiced * min(1, abs(np.log2(abs(lag) / period)))
            expected += UNLIKE * (1 - like.values[moment, like.farthest + max(-like.farthest, min(lag, like.farthest))])
            assert jumps.price(np.array([moment]), np.array([lag]))[0] == pytest.approx(expected, abs=1e-5)


def test_in_a_vowel_one_period_is_cheapest() -> None:
    jumps = Jumps.of(likeness(vowel(8000, (500, 1500), 200.0)[:, None], 0, 16_000))
    lags, prices = jumps.best(64, 8)
    assert not lags[:, 0].any()
    assert not prices[:, 0].any()
    cheapest = lags[np.arange(len(lags)), 1 + prices[:, 1:].argmin(1)]
    assert np.all(np.abs(np.abs(cheapest[10:-10]) - 40) <= 1)
