"""Recordings whose bytes have slipped: noise at full scale that is speech, read one byte too early or too late.

Where a recording of 16 bits a sample was once copied as text, single bytes are missing or too many: what looks like the
end of a line has been rewritten. From there to the next such place every sample is made of the bytes of two neighbours,
the upper byte of one and the lower byte of the other. Nothing is lost but a sample at each of these places, so all
others can be read as they were. Sound never looks like that: of what was recorded, successive samples are closer to
each other than the bytes that are put together from two of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from phonseg.channels import Samples
from phonseg.errors import AudioError

Stored = NDArray[np.int16]
Number = TypeVar("Number", bound=np.generic)

OPEN = sys.maxsize  # where a stretch ends whose end has not been seen

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


def watched(blocks: Iterable[Samples], slipped: list[Stretch]) -> Iterator[Samples]:
    """The (n, 1) blocks of a recording as they are, each (of 3 * SPAN or more) after what concerns it is in `slipped`.

    slipped: where bytes have slipped, in time order; empty at first.
    """
    search, waiting = _Search(slipped), None
    try:
        for block in blocks:
            search.look(block)
            if waiting is not None:
                yield waiting
            waiting = block
    except AudioError:  # it ends here, before it should
        if waiting is not None:
            search.end()
            yield waiting
        raise
    search.end()
    if waiting is not None:
        yield waiting


@dataclass(slots=True)
class _Search:
    """What `watched` has found.

    held: the last SPAN samples that were judged, and those after them. start: of them in the recording. judged: how
    many SPANs of `held` are.
    """

    slipped: list[Stretch]
    held: Samples = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    start: int = 0
    judged: int = 0

    def look(self, block: Samples) -> None:
        """Judge what a block completes."""
        self.held = np.concatenate([self.held, block])
        within = bool(self.slipped) and self.slipped[-1].end == OPEN
        stored = _stored(self.held[:, 0]) if within or _jumps(self.held) else None
        if stored is not None:
            self._judge(stored, within)
        spans = len(self.held) // SPAN
        if spans:
            done = SPAN * (spans - 1)
            self.held, self.start, self.judged = self.held[done:], self.start + done, 1

    def _judge(self, stored: Stored, within: bool) -> None:
        """Add the places at which the bytes of the held samples begin to slip, or no longer have slipped."""
        verdicts = _verdicts(stored)
        verdicts[: self.judged] = 0
        for span in np.flatnonzero(verdicts).tolist():
            if verdicts[span] == (-1 if within else 1) and (within or _telling(stored[SPAN * span :][:SPAN])):
                first = SPAN * max(0, span - 1)
                edge = self.start + first + _join(stored[first : SPAN * (span + 1)], slips=not within)
                if within:
                    self.slipped[-1] = Stretch(self.slipped[-1].start, edge)
                else:
                    self.slipped.append(Stretch(edge, OPEN))
                within = not within

    def end(self) -> None:
        """Judge the last samples, too, as if silence followed."""
        n_samples = self.start + len(self.held)
        self.look(np.zeros((SPAN, 1), np.float32))
        last = n_samples - 2 * JOIN  # a later place is the end itself
        ends = [part.end if part.end < last else n_samples for part in self.slipped]
        self.slipped[:] = [Stretch(part.start, end) for part, end in zip(self.slipped, ends, strict=True)]


def _jumps(samples: Samples) -> bool:
    """Whether there can be noise at full scale in (n, 1) samples; soon told."""
    with np.errstate(invalid="ignore", over="ignore"):
        if not samples.max(initial=0.0) - samples.min(initial=0.0) >= JUMP:
            return False
        return bool(np.abs(np.diff(samples[:, 0])).max(initial=0.0) >= JUMP)


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


def _spans(values: NDArray[Number]) -> NDArray[Number]:
    """(n,) values -> (n // SPAN, SPAN) of them."""
    return values[: len(values) // SPAN * SPAN].reshape(-1, SPAN)


def _roughness(stored: Stored) -> NDArray[np.float64]:
    """(n,) samples -> (n // SPAN,) mean differences between successive samples."""
    return np.asarray(_spans(np.concatenate([[0], _differences(stored)])).mean(axis=1))


def _differences(stored: Stored) -> NDArray[np.int32]:
    return np.abs(np.subtract(stored[1:], stored[:-1], dtype=np.int32))


def _verdicts(stored: Stored) -> NDArray[np.int8]:
    """(n,) samples -> (n // SPAN,) 1 where their bytes have slipped, -1 where they have not, 0 where none can say."""
    as_it_is, otherwise = _roughness(stored), _roughness(_other(stored))
    verdicts = -(SMOOTHER * as_it_is < otherwise).astype(np.int8)
    verdicts[(as_it_is >= FAINT) & (SMOOTHER * otherwise < as_it_is)] = 1
    return verdicts


def _telling(span: Stored) -> bool:
    """Whether samples that are smoother with their bytes put back can be sound.

    A recording of 8 bits has nothing in its lower bytes, and one that is clipped has the same over and over.
    """
    return np.ptp(span & 0xFF) > 0 and len(np.unique(span)) > SPAN // 2


def _join(window: Stored, *, slips: bool) -> int:
    """How many of (n,) samples come before the place from which their bytes have slipped (or no longer have)."""
    before, after = (window, _other(window)) if slips else (_other(window), window)
    gain = _unlikely(before) - _unlikely(after)
    about = int(np.argmin(np.cumsum(gain))) + 1
    # At the join itself neither reading is smooth, so that it may be off by a few samples: no click may be left.
    # Not far from there, since a straight line over a rough stretch looks smoother than what was there.
    places = range(max(0, about - JOIN // 2), min(len(window), about + JOIN // 2) + 1)
    joined = [_bridged(np.concatenate([before[:place], after[place:]]), [place]) for place in places]
    return places[int(np.argmin([np.square(np.diff(one)).sum() for one in joined]))]


def _bridged(stored: Stored, edges: Sequence[int]) -> NDArray[np.float64]:
    """(n,) samples, of which those around the edges lie on straight lines between their neighbours."""
    place = np.arange(len(stored))
    lost = np.any([(place >= edge - JOIN) & (place < edge + JOIN) for edge in edges], axis=0)
    bridged = stored.astype(np.float64)
    if lost.any() and not lost.all():
        bridged[lost] = np.interp(place[lost], place[~lost], stored[~lost])
    return bridged


def _unlikely(stored: Stored) -> NDArray[np.float64]:
    """(n,) samples -> (n - 1,) how much each difference speaks against them; small ones may come by chance."""
    return np.log1p(_differences(stored) / 256)
