"""Regions and likeness -> the cheapest way through each region, from the offset of one anchor to that of the next.

Between splices the recording is copied, and so drifts from what the map says; a splice jumps by one period or more, or
by whatever makes its two sides most alike. Either has its price, and dynamic programming finds the cheapest sequence:
the method of Viterbi over offsets, with the best lags of each moment as steps. All regions go at once, place by place.

References:
    Verhelst & Roelands (1993), An overlap-add technique based on waveform similarity (WSOLA), ICASSP.
    Malah (1979), Time-domain algorithms for harmonic bandwidth reduction and time scaling, IEEE ASSP 27.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonseg.tempo.rendering.likeness import Likeness
from phonseg.tempo.rendering.regions import Region

# Prices. Of a splice: one for each, and one for all lack of likeness. Of a drift: for a second that is a millisecond
# off, growing with the square of how far it is off.
SPLICE, UNLIKE, DRIFT = 0.1, 1.0, 2.0
# The farthest drift and the shortest jump, in seconds; and how many lags are tried at each place.
REACH, SHORTEST, TRIED = 0.008, 0.001, 8


@dataclass(frozen=True, slots=True)
class _Trellis:
    """What may happen at the places of R regions, of which none has more places than the one before it; K is the most.

    State s after a place is the offset first + unit * (base + s - reach).
    """

    first: NDArray[np.int64]  # (R,) offset before the region
    last: NDArray[np.int64]  # (R,) and after it, where it is not free
    free: NDArray[np.bool_]  # (R,)
    unit: int
    reach: int
    lengths: NDArray[np.int64]  # (R,) how many places a region has
    places: NDArray[np.int64]  # (R, K) samples of the new recording
    base: NDArray[np.int64]  # (R, K) units
    slide: NDArray[np.int64]  # (R, K) by how much the base differs from that before, in units
    lags: NDArray[np.int64]  # (R, K, 1 + M) units to jump by, the first of them 0
    prices: NDArray[np.float32]  # (R, K, 1 + M) of these jumps
    drift: NDArray[np.float32]  # (R, K, 2 reach + 1) price of being off from this place to the next, by state

    def active(self, k: int) -> int:
        """How many regions have a place k."""
        return int(np.count_nonzero(self.lengths > k))

    def offsets(self, region: NDArray[np.int64], k: NDArray[np.int64], state: NDArray[np.int64]) -> NDArray[np.int64]:
        """The offsets that states after places mean."""
        return self.first[region] + self.unit * (self.base[region, k] + state - self.reach)


def cheapest_paths(regions: Sequence[Region], like: Likeness, sample_rate: float) -> list[NDArray[np.int64]]:
    """Returns the offset of every moment in the new recording, as the cheapest sequence of splices has it.

    Args:
        regions: one or more, of which none has more places than the one before it.
        like: how like the old recording is to itself, there.
        sample_rate: samples per second.

    Returns:
        For each region (P + 1,) samples to be added before the first place, between places, and after the last.
    """
    trellis = _trellis(regions, like, sample_rate)
    cost, chosen = _forwards(trellis)
    state, last = _ends(trellis, cost, like)
    offsets = _backwards(trellis, state, last, chosen)
    return [offsets[i, : length + 1] for i, length in enumerate(trellis.lengths)]


def _trellis(regions: Sequence[Region], like: Likeness, sample_rate: float) -> _Trellis:
    unit, reach = like.unit, max(2, round(REACH * sample_rate / like.unit))
    lengths = np.array([len(region.places) for region in regions])
    places, ideal, seconds = np.zeros((3, len(regions), lengths[0]))
    for i, region in enumerate(regions):
        row = slice(0, lengths[i])
        places[i, row], ideal[i, row], seconds[i, row] = region.places, region.ideal, region.seconds
    first = np.array([region.offsets[0] for region in regions])
    last = np.array([region.offsets[1] or 0 for region in regions])
    free = np.array([region.offsets[1] is None for region in regions])
    base = np.rint((ideal - first[:, None]) / unit).astype(np.int64)
    slide = np.zeros_like(base)
    for k in range(lengths[0]):
        # The states move along with the map, but never so fast that none is left that can be reached.
        full = base[:, k] - (base[:, k - 1] if k else 0)
        slide[:, k] = np.clip(full, -(reach // 2), reach // 2)
        base[:, k] += slide[:, k] - full
    lags, prices = _jumps(like, reach, max(1, round(SHORTEST * sample_rate / unit)))
    moments = like.moment(places + ideal)
    states = unit * np.arange(-reach, reach + 1)
    off = (first[:, None] + unit * base - ideal)[:, :, None] + states
    drift = (off * (1000 / sample_rate)) ** 2 * (DRIFT * seconds)[:, :, None]
    return _Trellis(
        *(first, last, free, unit, reach, lengths, places.astype(np.int64), base, slide),
        *(lags[moments], prices[moments], drift.astype(np.float32)),
    )


def _jumps(like: Likeness, reach: int, shortest: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """What to jump by at each moment, and its price: (T, 1 + M) each. The first is not to jump at all."""
    far, values = like.farthest, like.values
    peaks = np.full_like(values, -2)
    inner = values[:, 1:-1]
    np.copyto(peaks[:, 1:-1], inner, where=(inner >= values[:, :-2]) & (inner >= values[:, 2:]))
    peaks[:, far - shortest + 1 : far + shortest] = -2
    rows = np.arange(len(values))
    index = np.full((len(values), TRIED + 3), far)
    for i in range(TRIED):
        index[:, i + 1] = peaks.argmax(1)
        peaks[rows, index[:, i + 1]] = -2
    # Two lags are always among them, so that there is a way whatever happens.
    index[:, -2:] = far - reach // 2, far + reach // 2
    prices = SPLICE + UNLIKE * (1 - np.take_along_axis(values, index, axis=1))
    prices[:, 0] = 0
    return index - far, prices


def _forwards(trellis: _Trellis) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """(R, states) cost of each state before the last place of each region, and (K, R, states) the jump chosen."""
    count, most = trellis.places.shape
    states = np.arange(2 * trellis.reach + 1)
    # Room for states that are left or reached from outside, at infinite cost.
    pad = int(np.abs(trellis.slide[:, :, None] - trellis.lags).max())
    width = len(states) + 2 * pad
    cost = np.full((count, width), np.inf, np.float32)
    cost[:, pad + trellis.reach] = 0
    chosen = np.zeros((most, count, len(states)), np.int8)
    starts = (np.arange(count) * width + pad)[:, None, None] + trellis.slide[:, :, None] - trellis.lags
    for k in range(most - 1):
        active = trellis.active(k + 1)
        tried = cost.take(starts[:active, k, :, None] + states)
        tried += trellis.prices[:active, k, :, None]
        chosen[k, :active] = tried.argmin(1)
        cost[:active, pad : pad + len(states)] = tried.min(1) + trellis.drift[:active, k]
    return cost[:, pad : pad + len(states)], chosen


def _ends(trellis: _Trellis, cost: NDArray[np.float32], like: Likeness) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(R,) the cheapest state before the last place of each region, and (R,) the offset after it."""
    regions, before = np.arange(len(cost))[:, None], trellis.lengths[:, None] - 2
    states = np.arange(cost.shape[1])[None]
    start = trellis.first[:, None] + trellis.unit * (states - trellis.reach)
    offsets = np.where(before < 0, start, trellis.offsets(regions, np.maximum(before, 0), states))
    lag = np.where(trellis.free[:, None], 0, trellis.last[:, None] - offsets)
    old = trellis.places[regions, before + 1] + offsets
    jump = np.where(lag == 0, 0, SPLICE + UNLIKE * (1 - like.at(old, lag)))
    state = (cost + jump).argmin(1)
    chosen = regions[:, 0], state
    return state, offsets[chosen] + lag[chosen]


def _backwards(
    trellis: _Trellis, state: NDArray[np.int64], last: NDArray[np.int64], chosen: NDArray[np.int8]
) -> NDArray[np.int64]:
    """(R, K + 1) offsets before, between and after the places."""
    count, most = trellis.places.shape
    offsets = np.zeros((count, most + 1), np.int64)
    offsets[:, 0] = trellis.first
    offsets[np.arange(count), trellis.lengths] = last
    for k in range(most - 1, 0, -1):
        regions = np.arange(trellis.active(k))
        now = state[regions]
        offsets[regions, k] = trellis.offsets(regions, np.full_like(regions, k - 1), now)
        choice = chosen[k - 1, regions, now]
        state[regions] = now + trellis.slide[regions, k - 1] - trellis.lags[regions, k - 1, choice]
    return offsets
