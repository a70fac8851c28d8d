"""Two sides with turns -> what has to be said of them, as notes and warnings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import numpy as np

from phonseg.annotation.intervals import ROUNDING, SAME_TIME
from phonseg.evaluation.durations import DIFFER, DIFFERENT, SAME, Finding, Length, Level, likely_unit
from phonseg.evaluation.speakers.sides import TurnSide
from phonseg.timeline.turns import Turn

CLOSE = ROUNDING + SAME_TIME  # seconds: many RTTM files round both start and duration to milliseconds
OTHER_END = 5.0, 0.1  # seconds, and share of the longer side: beyond both, the last turns do not end at the same time
FEWEST, LONGEST = 5, 600.0  # turns, and their mean length in seconds: nobody speaks for so long at a time
NUMBERED = re.compile(r"speaker[ _]\d+")  # how phonseg names speakers


def about_turn_files(first: TurnSide, second: TurnSide) -> Iterator[Finding]:
    """Yields what is to be said of any two sides: whether they can belong together, and whether they are the same.

    Args:
        first: one side.
        second: the other.
    """
    about_times = _about_durations(first, second) or _about_ends(first, second)
    yield from [about_times] if about_times else [*_about_unit(first), *_about_unit(second)]
    yield from _about_recordings(first, second)
    if _same_file(first, second):
        which = "itself" if first.name == second.name else f"{second.name}, which has the same content"
        text = f"{first.name}: is compared with {which}. Give two files that differ."
        yield Finding(Level.WARNING, text, "pairs are one file")


def about_turn_score(reference: TurnSide, hypothesis: TurnSide) -> Iterator[Finding]:
    """Yields what is to be said of a reference and a hypothesis.

    Args:
        reference: the reference.
        hypothesis: the hypothesis.
    """
    yield from about_turn_files(reference, hypothesis)
    if _is_copy(reference, hypothesis):
        text = f"{reference.name} and {hypothesis.name} have the same turns and names of speakers."
        yield Finding(Level.NOTE, text, "references have the same turns and names as their hypotheses")
    if not len(reference.turns):
        text = f"{reference.name} has no turns. Was it annotated?"
        yield Finding(Level.NOTE, text, "references have no turns")
    elif not len(hypothesis.turns):
        text = f"{hypothesis.name} has no turns: everything counts as missed."
        yield Finding(Level.NOTE, text, "hypotheses have no turns")
    elif _is_numbered(reference) and not _is_numbered(hypothesis):
        text = (
            f"The speakers of {reference.name} are numbered, as phonseg does it, but those of {hypothesis.name} have "
        )
        advice = "names. If that is the reference, give it first: otherwise missed time and false alarms are exchanged."
        yield Finding(Level.NOTE, text + advice, "references have numbered speakers, but their hypotheses have names")


def same_turns(first: TurnSide, second: TurnSide) -> bool:
    """Returns whether both sides have the same turns, whatever their speakers are called.

    Args:
        first: one side.
        second: the other.
    """
    if len(first.turns) != len(second.turns):
        return False
    # In order of time on either edge, since rounding may change which of two turns begins first.
    edges = (np.sort(np.array([turn[:2] for turn in side.turns]), axis=0) for side in (first, second))
    return bool(np.all(np.abs(np.subtract(*edges)) <= CLOSE))


def same_times(one: Turn, other: Turn) -> bool:
    """Returns whether two turns start and end at the same time, but for rounding.

    Args:
        one: a turn.
        other: another turn.
    """
    return abs(one.start - other.start) <= CLOSE and abs(one.end - other.end) <= CLOSE


def _about_durations(first: TurnSide, second: TurnSide) -> Finding | None:
    """What is to be said if both durations are known and differ, or if turns lie outside the recording."""
    one, other = first.length, second.length
    if one.tells_duration and other.tells_duration and abs(one.start - other.start) > DIFFERENT[0]:
        which = (f"{side.name} goes from {side.start:g} to {side.start + side.seconds:g} s" for side in (one, other))
        return Finding(Level.WARNING, f"{', but '.join(which)}. {SAME}", DIFFER)
    shorter, longer = sorted((one.seen_from(other), other.seen_from(one)), key=lambda side: side.seconds)
    if not shorter.tells_duration or longer.seconds - shorter.seconds <= _slack(longer, *DIFFERENT):
        return None
    return _differ(one, other)


def _about_ends(first: TurnSide, second: TurnSide) -> Finding | None:
    """What is to be said if the last turns of both sides end at other times, where that may be all that is known."""
    sides = first.spoken, second.spoken
    shorter, longer = sorted(sides, key=lambda side: side.seconds)
    if first.turns.tells_duration and second.turns.tells_duration:
        return None
    if not shorter.seconds or longer.seconds - shorter.seconds <= _slack(longer, *OTHER_END):
        return None
    return _differ(*sides)


def _differ(first: Length, second: Length) -> Finding:
    units = (likely_unit(first, second), likely_unit(second, first))
    text = f"{first.name}: {first}, but {second.name} {second}. {next(filter(None, units), SAME)}"
    return Finding(Level.WARNING, text, DIFFER)


def _slack(longer: Length, seconds: float, share: float) -> float:
    return max(seconds, share * longer.seconds) + 1e-9


def _about_unit(side: TurnSide) -> Iterator[Finding]:
    """What is to be said if times can hardly be in seconds."""
    n, seconds = len(side.turns), sum(turn.end - turn.start for turn in side.turns)
    if n >= FEWEST and seconds > LONGEST * n:
        text = f"{side.name}: its {n} turns last {seconds / n:.0f} s on average. Its times seem to be in another unit "
        yield Finding(Level.WARNING, f"{text}than seconds.", "pairs seem to be in another unit than seconds")


def _about_recordings(first: TurnSide, second: TurnSide) -> Iterator[Finding]:
    """What is to be said if a side was made of a recording with another name than the other side."""
    known = first.turns.recording_name or second.turns.recording_name
    if known and first.recording and second.recording and first.recording != second.recording:
        text = f'{first.name} belongs to the recording "{first.recording}", but {second.name} to "{second.recording}".'
        yield Finding(Level.NOTE, text, "pairs name different recordings")


def _same_file(first: TurnSide, second: TurnSide) -> bool:
    """Whether both sides are one file, or two files with the same bytes."""
    if first.path is None or second.path is None or not same_turns(first, second):
        return False
    try:
        if os.path.samefile(first.path, second.path):
            return True
        sizes = first.path.stat().st_size, second.path.stat().st_size
        return sizes[0] == sizes[1] and first.path.read_bytes() == second.path.read_bytes()
    except OSError:  # it has gone since it was read
        return False


def _is_copy(first: TurnSide, second: TurnSide) -> bool:
    """Whether two files that differ in their bytes have the same turns of the same speakers."""
    if first.path is None or second.path is None or first.turns.speakers != second.turns.speakers:
        return False
    return len(first.turns) > 0 and same_turns(first, second) and not _same_file(first, second)


def _is_numbered(side: TurnSide) -> bool:
    return all(NUMBERED.fullmatch(name) for name in side.turns.speakers)
