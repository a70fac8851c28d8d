"""Regions and likeness -> the cheapest way through each region, from the offset of one anchor to that of the next.

Between splices the recording is copied, and so drifts from what the map says; a splice jumps by one period, or by
whatever makes its two sides most alike. Either has its price, and dynamic programming finds the cheapest sequence:
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

from phonseg.tempo.rendering.jumps import Jumps
from phonseg.tempo.rendering.likeness import Likeness
from phonseg.tempo.rendering.regions import MARGIN, Region

# The price of a drift: for a second that is a millisecond off, growing with the square of how far it is off.
DRIFT = 3.0
# The price of a second of what is not there, before the old recording begins or after it has ended: above all others.
BEYOND = 1e6
# The farthest drift and the shortest jump, in seconds.
REACH, SHORTEST_JUMP = 0.008, 0.001


@dataclass(frozen=True, slots=True)
class _Trellis:
    """What may happen at the places of R regions, of which none has more places than the one before it; K is the most.

    State s after a place is the offset first + unit * (base + s - reach). It is reached from state s + move.
    """

    first: NDArray[np.int64]  # (R,) offset before the region
    last: NDArray[np.int64]  # (R,) and after it, where it is not free
    free: NDArray[np.bool_]  # (R,)
    unit: int
    reach: int
    lengths: NDArray[np.int64]  # (R,) how many places a region has
    places: NDArray[np.int64]  # (K, R) samples of the new recording
    base: NDArray[np.int64]  # (K, R) units
    moves: NDArray[np.int64]  # (K, R, 1 + M) units; the first goes without a splice
    prices: NDArray[np.float32]  # (K, R, 1 + M) of these moves
    drift: NDArray[np.float32]  # (K, R, 2 reach + 1) price of being off from this place to the next, by state

    def offsets(self, k: NDArray[np.int64], state: NDArray[np.int64]) -> NDArray[np.int64]:
        """The offsets that states after places mean, where k is -1 before the first place: (..., R) for (..., R)."""
        base = np.where(k < 0, 0, self.base[k, np.arange(len(self.first))])
        return np.asarray(self.first + self.unit * (base + state - self.reach))


def cheapest_paths(
    regions: Sequence[Region], like: Likeness, sample_rate: float, n_samples: int
) -> list[NDArray[np.int64]]:
    """Returns the offset of every moment in the new recording, as the cheapest sequence of splices has it.

    Args:
        regions: one or more, of which none has more places than the one before it.
        like: how like the old recording is to itself, there.
        sample_rate: samples per second.
        n_samples: of the old recording.

    Returns:
        For each region (P + 1,) samples to be added before the first place, between places, and after the last.
    """
    jumps = Jumps.of(like)
    trellis = _trellis(regions, jumps, sample_rate, n_samples)
    costs, pad = _forwards(trellis)
    state, last = _ends(trellis, costs, pad, jumps)
    states = _backwards(trellis, costs, pad, state)
    offsets = trellis.offsets(np.arange(len(states))[:, None] - 1, states)
    return [np.append(offsets[:length, i], last[i]) for i, length in enumerate(trellis.lengths)]


def _trellis(regions: Sequence[Region], jumps: Jumps, sample_rate: float, n_samples: int) -> _Trellis:
    like = jumps.like
    unit, reach = like.unit, max(2, round(REACH * sample_rate / like.unit))
    lengths = np.array([len(region.places) for region in regions])
    places, ideal, seconds = np.zeros((3, lengths[0], len(regions)))
    for i, region in enumerate(regions):
        row = slice(0, lengths[i])
        places[row, i], ideal[row, i], seconds[row, i] = region.places, region.ideal, region.seconds
    first = np.array([region.offsets[0] for region in regions])
    last = np.array([region.offsets[1] or 0 for region in regions])
    free = np.array([region.offsets[1] is None for region in regions])
    base = np.rint((ideal - first) / unit).astype(np.int64)
    slide = np.zeros_like(base)
    before, most = np.zeros_like(first), reach // 2
    for k, wanted in enumerate(base):
        # The states move along with the map, but never so fast that none is left that can be reached.
        slide[k] = np.minimum(np.maximum(wanted - before, -most), most)
        before = base[k] = before + slide[k]
    lags, prices = jumps.best(reach, max(1, round(SHORTEST_JUMP * sample_rate / unit)))
    moments = like.moment(places + ideal)
    course, steps = first + unit * base, unit * np.arange(-reach, reach + 1)
    off = ((course - ideal) * (1000 / sample_rate)).astype(np.float32)[:, :, None]
    drift = np.square(off + (steps * (1000 / sample_rate)).astype(np.float32))
    drift *= (DRIFT * seconds)[:, :, None].astype(np.float32)
    begin = places + course
    ends = np.stack([begin, n_samples - begin - seconds * sample_rate]) - MARGIN * sample_rate
    near = (ends < steps[-1]).any(axis=0)  # few places are, so that this costs nothing
    before, after = ends[:, near, None]
    beyond = np.maximum(-before - steps, 0) + np.maximum(steps - after, 0)
    drift[near] += (BEYOND * beyond / sample_rate).astype(np.float32)
    moves = slide[:, :, None] - lags[moments]
    return _Trellis(
        first, last, free, unit, reach, lengths, places.astype(np.int64), base, moves, prices[moments], drift
    )


def _forwards(trellis: _Trellis) -> tuple[list[NDArray[np.float32]], int]:
    """The costs of states before each place, (regions that have it, pad + states + pad), and the padding."""
    states = np.arange(2 * trellis.reach + 1)
    pad = int(np.abs(trellis.moves).max())
    cost = np.full((len(trellis.first), len(states) + 2 * pad), np.inf, np.float32)
    cost[:, pad + trellis.reach] = 0
    costs = [cost]
    starts = trellis.moves + (np.arange(len(cost)) * cost.shape[1] + pad)[:, None]
    for k in range(len(trellis.places) - 1):
        active = int(np.count_nonzero(trellis.lengths > k + 1))
        tried = cost.take(starts[k, :active, :, None] + states)
        tried += trellis.prices[k, :active, :, None]
        cost = cost[:active].copy()
        cost[:, pad:-pad] = tried.min(1) + trellis.drift[k, :active]
        costs.append(cost)
    return costs, pad


def _ends(
    trellis: _Trellis, costs: Sequence[NDArray[np.float32]], pad: int, jumps: Jumps
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(R,) the cheapest state before the last place of each region, and (R,) the offset after it."""
    states = np.arange(2 * trellis.reach + 1)[:, None]
    end = trellis.lengths - 1
    offsets = trellis.offsets(np.broadcast_to(end - 1, (len(states), len(end))), states)
    lag = np.where(trellis.free, 0, trellis.last - offsets)
    old = trellis.places[end, np.arange(len(end))] + offsets
    jump = jumps.price(jumps.like.moment(old), np.rint(lag / trellis.unit).astype(np.int64))
    jump[lag == 0] = 0
    cost = np.stack([costs[k][i, pad:-pad] for i, k in enumerate(end)], axis=1)
    state = (cost + jump).argmin(0)
    return state, (offsets + lag)[state, np.arange(len(end))]


def _backwards(
    trellis: _Trellis, costs: Sequence[NDArray[np.float32]], pad: int, state: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(K, R) the states before the places."""
    states = np.repeat(state[None], len(costs), axis=0)
    for k in range(len(costs) - 2, -1, -1):
        active = len(costs[k + 1])
        regions = np.arange(active)
        sources = states[k + 1, :active, None] + trellis.moves[k, :active]
        tried = costs[k][regions[:, None], sources + pad] + trellis.prices[k, :active]
        states[k, :active] = sources[regions, tried.argmin(1)]
    return states
