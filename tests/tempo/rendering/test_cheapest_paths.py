"""The cheapest way through a region, against all ways there are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from phonseg.tempo.rendering import cheapest_paths as paths, jumps
from phonseg.tempo.rendering.likeness import Likeness
from phonseg.tempo.rendering.regions import Region

RATE, UNIT, FAR = 1000, 2, 16


def random_likeness(seed: int) -> Likeness:
    values = np.random.default_rng(seed).uniform(-0.2, 1, (40, 2 * FAR + 1)).astype(np.float32)
    return Likeness(values, np.ones(40), -100, 10, UNIT)


def lags_at(like: Likeness, moment: int, reach: int) -> NDArray[np.int64]:
    """Units that may be jumped by at a moment: where it is most like itself, and two more."""
    row = like.values[moment]
    peaks = [d for d in range(1, 2 * FAR) if row[d] >= row[d - 1] and row[d] >= row[d + 1] and abs(d - FAR) >= 1]
    best = sorted(peaks, key=lambda d: -row[d])[: jumps.TRIED]
    return np.array([d - FAR for d in best] + [-(reach // 2), reach // 2])


def cost(region: Region, like: Likeness, offsets: list[float], n_samples: int) -> float:
    """What a way costs, from the definition, its last jump apart."""
    total = 0.0
    for k in range(len(region.places) - 1):
        off = (offsets[k + 1] - region.ideal[k]) * 1000 / RATE
        total += paths.DRIFT * region.seconds[k] * off**2
        start = region.places[k] + offsets[k + 1]
        end = start + region.seconds[k] * RATE
        over = max(paths.MARGIN * RATE - start, 0) + max(end + paths.MARGIN * RATE - n_samples, 0)
        total += paths.BEYOND * over / RATE
    for k, place in enumerate(region.places):
        if (jump := offsets[k + 1] - offsets[k]) != 0:
            last = k == len(region.places) - 1
            old = place + (offsets[k] if last else region.ideal[k])
            lag = np.array([round(jump / UNIT)])
            total += jumps.Jumps.of(like).price(like.moment(np.array([old])), lag)[0]
    return total


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("n_samples", [1000, 32])
def test_no_way_is_cheaper(seed: int, free: bool, n_samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jumps, "TRIED", 3)
    generator = np.random.default_rng(seed)
    like = random_likeness(seed)
    ideal = 10 + np.cumsum(generator.integers(-4, 5, 4)).astype(float)
    places = np.array([10, 14, 18, 22])
    # The second region shows that several go side by side.
    region = Region(places, ideal, np.full(4, 0.004), (10, None if free else 17), (0, 40))
    short = Region(places[:1] + 40, ideal[:1], np.full(1, 0.004), (17, 3), (40, 80))
    found, single = paths.cheapest_paths([region, short], like, RATE, n_samples)
    assert single.tolist() == [17, 3]
    reach = max(2, round(paths.REACH * RATE / UNIT))
    steps = []
    for k in range(3):
        moment = int(like.moment(np.array([places[k] + ideal[k]]))[0])
        steps.append([0, *(UNIT * lags_at(like, moment, reach))])
    best = np.inf
    for way in product(*steps):
        offsets = [10, *(10 + np.cumsum(way)).tolist()]
        offsets.append(offsets[-1] if free else 17)
        if all(abs(o - i) <= UNIT * (reach - 1) for o, i in zip(offsets[1:4], ideal, strict=False)):
            best = min(best, cost(region, like, offsets, n_samples))
    assert cost(region, like, found.tolist(), n_samples) <= best * (1 + 1e-6) + 1e-5


def test_a_map_that_runs_away_is_followed_as_fast_as_may_be() -> None:
    places = np.arange(0, 40, 4)
    region = Region(places, np.linspace(0, 400, 10), np.full(10, 0.004), (0, 400), (0, 44))
    (found,) = paths.cheapest_paths([region], random_likeness(0), RATE, 1000)
    assert (found[0], found[-1], len(found)) == (0, 400, 11)
    assert np.all(np.isfinite(found))
