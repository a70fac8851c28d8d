"""Recordings whose bytes have slipped: noise at full scale that is speech, read one byte too early or too late.

Where a recording of 16 bits a sample was once copied as text, single bytes are missing or too many: what looks like the
end of a line has been rewritten. From there to the next such place every sample is made of the bytes of two neighbours,
the upper byte of one and the lower byte of the other. Nothing is lost but a sample at each of these places, so all
others can be read as they were. Sound never looks like that: of what was recorded, successive samples are closer to
each other than the bytes that are put together from two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.channels import Samples

Stored = NDArray[np.int16]

FULL_SCALE = 2**15
SPAN = 128  # samples that are judged together
SMOOTHER = 4  # times by which one reading must be smoother than the other to be the right one
FAINT = 512  # mean difference between successive samples under which it does not matter how they are read
JUMP = 1.0  # between successive samples: noise at full scale is full of such, and hardly any sound has one
JOIN = 4  # samples by which the place may be missed from which bytes have slipped, and of which one is lost


class Stretch(NamedTuple):
    """Samples start..end-1 of a recording."""

    start: int
    end: int


def restored(blocks: Iterable[Samples], slipped: Sequence[Stretch]) -> Iterator[Samples]:
    """The (n, 1) blocks of a recording from its beginning, with the slipped samples read as they were."""
    done, before = 0, np.zeros((0, 1), np.float32)
    for block in blocks:
        joined = np.concatenate([before, block]) if slipped else block
        yield put_back(joined, done - len(before), slipped)[len(joined) - len(block) :]
        done, before = done + len(block), joined[-2 * JOIN :]


def put_back(block: Samples, start: int, slipped: Sequence[Stretch]) -> Samples:
    """(n, 1) samples, the first of which is sample `start` of a recording, with the slipped ones read as they were.

    The JOIN samples on either side of the ends of a stretch lie on a straight line between their neighbours.
    The first sample of the block lacks its lower byte if it is a slipped one.
    """
    within = [part for part in slipped if part.start - JOIN < start + len(block) and part.end + JOIN > start]
    stored = _stored(block[:, 0]) if within else None
    if stored is None:
        return block
    place = start + np.arange(len(block))
    wrong = np.any([(place >= part.start) & (place < part.end) for part in within], axis=0)
    right = _bridged(np.where(wrong, _other(stored), stored), [edge - start for part in within for edge in part])
    return np.asarray(right[:, np.newaxis] / FULL_SCALE, dtype=np.float32)


def looks_slipped(block: Samples) -> bool:
    """Whether SPAN of (n, 1) samples are noise at full scale as they are, but sound if their bytes have slipped."""
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.diff(block[:, 0])
    if max(steps.max(initial=0.0), -steps.min(initial=0.0)) < JUMP:  # first, since the rest takes time
        return False
    stored = _stored(block[:, 0])
    return stored is not None and bool(np.any(_verdicts(stored) > 0))


def slipped_stretches(blocks: Iterable[Samples]) -> tuple[Stretch, ...]:
    """Where the bytes of a recording of one channel have slipped, in time order, from its (n, 1) blocks."""
    edges: list[int] = []
    start, held = 0, np.zeros(0, np.int16)
    silence = np.zeros((SPAN, 1), np.float32)  # with which the last samples are judged, too
    for block in chain(blocks, [silence]):
        stored = _stored(block[:, 0])
        if stored is None:  # then no other block is of whole numbers either
            return ()
        held = np.concatenate([held, stored])
        verdicts = _verdicts(held)
        for span in np.flatnonzero(verdicts).tolist():
            if (verdicts[span] > 0) != len(edges) % 2:
                first = SPAN * max(0, span - 1)
                window = held[first : (span + 1) * SPAN]
                edges.append(start + first + _join(window, slips=verdicts[span] > 0))
        judged = max(0, len(verdicts) - 1) * SPAN  # but for the last, where the next may have begun
        start, held = start + judged, held[judged:]
    end = start + len(held) - SPAN
    edges = np.minimum([*edges, *[end] * (len(edges) % 2)], end).tolist()
    return tuple(Stretch(*pair) for pair in zip(edges[::2], edges[1::2], strict=True) if pair[0] < pair[1])


def _stored(samples: Samples) -> Stored | None:
    """(n,) samples as the whole numbers of 16 bits that they were stored as; None if they were not."""
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = samples * np.float32(FULL_SCALE)
        stored = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    return stored if np.array_equal(stored, scaled) else None


def _other(stored: Stored) -> Stored:
    """(n,) samples of the upper byte of the sample before, as the lower one, and the lower byte of each, as the upper.

    The first has 0 for its lower byte.
    """
    bits = stored.view(np.uint16)
    other = bits << 8
    other[1:] |= bits[:-1] >> 8
    return other.view(np.int16)


def _spans(stored: Stored) -> Stored:
    """(n,) samples -> (n // SPAN, SPAN) of them."""
    return stored[: len(stored) // SPAN * SPAN].reshape(-1, SPAN)


def _roughness(stored: Stored) -> NDArray[np.float64]:
    """(n,) samples -> (n // SPAN,) mean differences between successive samples."""
    return np.asarray(_differences(_spans(stored)).mean(axis=1))


def _differences(stored: Stored) -> NDArray[np.int32]:
    return np.abs(np.diff(stored.astype(np.int32), axis=-1))


def _verdicts(stored: Stored) -> NDArray[np.int8]:
    """(n,) samples -> (n // SPAN,) 1 where their bytes have slipped, -1 where they have not, 0 where none can say."""
    as_it_is, otherwise = _roughness(stored), _roughness(_other(stored))
    spans = _spans(stored)
    # A recording of 8 bits has nothing in its lower bytes, and one that is clipped has the same over and over.
    values = 1 + np.count_nonzero(np.diff(np.sort(spans, axis=1), axis=1), axis=1)
    telling = (np.ptp(spans & 0xFF, axis=1) > 0) & (values > SPAN // 2)
    slipped = telling & (as_it_is >= FAINT) & (SMOOTHER * otherwise < as_it_is)
    return np.asarray(slipped.astype(np.int8) - (SMOOTHER * as_it_is < otherwise).astype(np.int8))


def _join(window: Stored, *, slips: bool) -> int:
    """How many of (n,) samples come before the place from which their bytes have slipped (or no longer have)."""
    before, after = (window, _other(window)) if slips else (_other(window), window)
    gain = _unlikely(before) - _unlikely(after)
    about = int(np.argmin(np.cumsum(gain))) + 1
    # At the join itself neither reading is smooth, so that it may be off by a few samples: no click may be left.
    places = range(max(0, about - 2 * JOIN), min(len(window), about + 2 * JOIN) + 1)
    joined = [_bridged(np.concatenate([before[:place], after[place:]]), [place]) for place in places]
    return places[int(np.argmin([np.square(np.diff(one)).sum() for one in joined]))]


def _bridged(stored: Stored, edges: Sequence[int]) -> NDArray[np.float64]:
    """(n,) samples, of which those around the edges lie on straight lines between their neighbours."""
    place = np.arange(len(stored))
    lost = np.any([(place >= edge - JOIN) & (place < edge + JOIN) for edge in edges], axis=0)
    return stored.astype(np.float64) if lost.all() else np.interp(place, place[~lost], stored[~lost])


def _unlikely(stored: Stored) -> NDArray[np.float64]:
    """(n,) samples -> (n - 1,) how much each difference speaks against them; small ones may come by chance."""
    return np.log1p(_differences(stored) / 256)
