"""Turns of a reference and of a hypothesis -> how much speaking time is missed, false or confused.

Times are counted in whole nanoseconds, so that every sum is exact: what is equal differs by 0, in any order of adding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from phonseg.timeline.diarization import Diarization

PER_SECOND = 1_000_000_000

Nanoseconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SpeakingTime:
    """Speaking time, summed over the speakers: where two speak at the same time, it counts twice.

    Attributes:
        total: nanoseconds in the reference.
        missed: nanoseconds in which fewer speak in the hypothesis than in the reference, times how many fewer.
        false_alarm: nanoseconds in which more speak in the hypothesis than in the reference, times how many more.
        confusion: nanoseconds that are neither missed nor a false alarm, and that another speaker has.
    """

    total: int
    missed: int
    false_alarm: int
    confusion: int


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """The turns of one side.

    Attributes:
        names: of the speakers, in the order in which they first speak.
        starts: (n,) nanoseconds, in time order.
        ends: (n,) nanoseconds; those of one speaker are in time order, too.
        speakers: (n,) the index of the speaker of each turn.
    """

    names: tuple[str, ...]
    starts: Nanoseconds
    ends: Nanoseconds
    speakers: NDArray[np.intp]

    @classmethod
    def of(cls, turns: Diarization) -> Spoken:
        """Returns the turns in nanoseconds.

        Args:
            turns: of one recording.
        """
        names = turns.speakers
        numbers = {name: number for number, name in enumerate(names)}
        speakers = np.array([numbers[turn.speaker] for turn in turns.turns], dtype=np.intp)
        starts, ends = (_nanoseconds([turn[side] for turn in turns.turns]) for side in (0, 1))
        return cls(names, starts, ends, speakers)

    def without(self, starts: Nanoseconds, ends: Nanoseconds) -> Spoken:
        """Cuts stretches out of time, as one cuts them out of a tape.

        Args:
            starts: (k,) nanoseconds, of stretches in time order that do not overlap.
            ends: (k,) nanoseconds.

        Returns:
            The turns on the time axis that is left. Those that lie in a stretch have no length.
        """
        first, last = (times - _within(starts, ends, times) for times in (self.starts, self.ends))
        return Spoken(self.names, first, last, self.speakers)


def compare_time(reference: Diarization, hypothesis: Diarization, collar: float) -> tuple[SpeakingTime, dict[str, str]]:
    """Compares who speaks when.

    Args:
        reference: what is right.
        hypothesis: what is scored.
        collar: seconds on either side of the start and of the end of each reference turn that do not count.

    Returns:
        The speaking time, and name in the hypothesis -> name in the reference, one to one. Of all such mappings, one
        with which the most time is correct is taken; who shares no time with anybody is not in it.
    """
    first, second = Spoken.of(reference), Spoken.of(hypothesis)
    if collar:
        edges, reach = np.sort(np.concatenate([first.starts, first.ends])), _nanoseconds(collar)
        starts = edges - reach
        ends = np.minimum(edges + reach, np.append(starts[1:], np.iinfo(np.int64).max))
        first, second = first.without(starts, ends), second.without(starts, ends)
    shared = _shared(first, second)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    pairs = [(row, column) for row, column in zip(rows, columns, strict=True) if shared[row, column]]
    correct = sum(int(shared[pair]) for pair in pairs)
    return _counted(first, second, correct), {second.names[column]: first.names[row] for row, column in pairs}


def compare_time_as_named(reference: Diarization, hypothesis: Diarization, names: Mapping[str, str]) -> SpeakingTime:
    """Compares who speaks when, with a mapping that is known.

    Args:
        reference: what is right.
        hypothesis: what is compared.
        names: name in the hypothesis -> name in the reference; one that is not here is the same in both.

    Returns:
        The speaking time.
    """
    first, second = Spoken.of(reference), Spoken.of(hypothesis)
    shared = _shared(first, second)
    rows = {name: row for row, name in enumerate(first.names)}
    named = ((rows.get(names.get(name, name)), column) for column, name in enumerate(second.names))
    return _counted(first, second, sum(int(shared[row, column]) for row, column in named if row is not None))


def _counted(first: Spoken, second: Spoken, correct: int) -> SpeakingTime:
    """Sweeps over the edges of all turns and counts how many more speak on the one side than on the other."""
    edges = np.concatenate([first.starts, second.ends, first.ends, second.starts])
    more = len(first.starts) + len(second.starts)
    steps = np.repeat([1, -1], more)
    order = np.argsort(edges)
    surplus = np.cumsum(steps[order])[:-1]  # after each edge, up to the next one
    widths = np.diff(edges[order])
    missed, false_alarm = (int(widths @ np.maximum(0, sign * surplus)) for sign in (1, -1))
    total = int((first.ends - first.starts).sum())
    return SpeakingTime(total, missed, false_alarm, total - missed - correct)


def _shared(first: Spoken, second: Spoken) -> Nanoseconds:
    """(speakers, speakers) the nanoseconds in which a speaker of one side and one of the other speak."""
    if len(second.names) > len(first.names):
        return _shared(second, first).T
    shared = np.zeros((len(first.names), len(second.names)), dtype=np.int64)
    for column in range(len(second.names)):
        own = second.speakers == column
        stretches = second.starts[own], second.ends[own]
        spoken = _within(*stretches, first.ends) - _within(*stretches, first.starts)
        np.add.at(shared[:, column], first.speakers, spoken)
    return shared


def _within(starts: Nanoseconds, ends: Nanoseconds, times: Nanoseconds) -> Nanoseconds:
    """(n,) how much of the stretches, which are in order and do not overlap, lies before each of the times."""
    begun = np.searchsorted(starts, times, side="right")
    before = np.concatenate([[0], np.cumsum(ends - starts)])
    last = np.insert(ends, 0, times.min(initial=0))[begun]  # the end of the stretch that began last, if there is one
    rest: Nanoseconds = before[begun] - np.maximum(0, last - times)
    return rest


def _nanoseconds(seconds: ArrayLike) -> Nanoseconds:
    whole: Nanoseconds = np.rint(np.asarray(seconds, dtype=np.float64) * PER_SECOND).astype(np.int64)
    return whole
