"""Turns before and after correction -> which of them belong together, and which names were changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from phonseg.evaluation.speakers.speaking_time import compare_time
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

LEAST_SHARED = 0.5  # of the longer one of two turns: if they share less, neither was given to the speaker of the other

TurnPair = tuple[Turn | None, Turn | None]  # before and after


def renamed_speakers(before: Diarization, after: Diarization) -> dict[str, str]:
    """Finds out which speakers were given another name.

    Args:
        before: the turns before correction.
        after: the turns after correction.

    Returns:
        Name before -> name after. Only names that are gone and names that are new are in it: those that share the most
        time, one to one.
    """
    gone = set(before.speakers).difference(after.speakers)
    new = set(after.speakers).difference(before.speakers)
    return compare_time(_only(after, new), _only(before, gone), 0.0)[1]


def paired_turns(before: Diarization, after: Diarization, names: Mapping[str, str]) -> list[TurnPair]:
    """Pairs the turns before and after correction one to one.

    Two turns of one speaker can be a pair if they overlap, and two turns of different speakers if they share half of
    the longer one. Those of one speaker are paired first, and of these, those that share the most time.

    Args:
        before: the turns before correction.
        after: the turns after correction.
        names: name before -> name after, of speakers that were given another name.

    Returns:
        The pairs, and every other turn with None in the place of its partner, in time order.
    """
    ranked = []
    for i, j in _overlapping(before, after):
        one, other = before[i], after[j]
        shared = min(one.end, other.end) - max(one.start, other.start)
        is_same = names.get(one.speaker, one.speaker) == other.speaker
        if is_same or shared >= LEAST_SHARED * max(one.end - one.start, other.end - other.start):
            ranked.append((not is_same, -shared, i, j))
    firsts, seconds = dict(enumerate(before)), dict(enumerate(after))
    pairs: list[TurnPair] = []
    for *_, i, j in sorted(ranked):
        if i in firsts and j in seconds:
            pairs.append((firsts.pop(i), seconds.pop(j)))
    pairs += [(one, None) for one in firsts.values()]
    pairs += [(None, other) for other in seconds.values()]
    return sorted(pairs, key=lambda pair: min(turn[:3] for turn in pair if turn is not None))


def _only(turns: Diarization, names: set[str]) -> Diarization:
    return replace(turns, turns=tuple(turn for turn in turns if turn.speaker in names))


def _overlapping(first: Diarization, second: Diarization) -> Iterator[tuple[int, int]]:
    """The indices of all turns of the one side and of the other that overlap."""
    sides = first, second
    # At one and the same time, turns end before others start.
    edges = [(turn.end, False, side, i) for side in (0, 1) for i, turn in enumerate(sides[side])]
    edges += [(turn.start, True, side, i) for side in (0, 1) for i, turn in enumerate(sides[side])]
    speaking: tuple[set[int], set[int]] = set(), set()
    for _, begins, side, i in sorted(edges):
        if not begins:
            speaking[side].remove(i)
            continue
        speaking[side].add(i)
        yield from ((i, j) if side == 0 else (j, i) for j in speaking[1 - side])
