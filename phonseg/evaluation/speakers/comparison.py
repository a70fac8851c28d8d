"""Two sources with turns, or two folders of them -> the sides that are compared, with what has to be said of them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from phonseg.errors import ConfigurationError, PhonsegError
from phonseg.evaluation.durations import Finding, Level
from phonseg.evaluation.pairs.read_pairs import Beside, Pairs, read_pairs
from phonseg.evaluation.score import Compared
from phonseg.evaluation.speakers.findings import same_turns
from phonseg.evaluation.speakers.sides import TURNS, Turns, TurnSide, read_turn_side

MOST_PAIRS = 1_000_000  # of a speaker of one side and one of the other

Roles = tuple[str, str]
About = Callable[[TurnSide, TurnSide], Iterable[Finding]]


@dataclass(frozen=True, slots=True, eq=False)
class TurnComparison:
    """Two sides that are compared.

    Attributes:
        first: the reference, or what was automatic.
        second: the hypothesis, or what was corrected.
        findings: notes and warnings.
        compared: role -> what was compared.
    """

    first: TurnSide
    second: TurnSide
    findings: tuple[Finding, ...]
    compared: Mapping[str, Compared]


def read_turn_pairs(first: Turns, second: Turns, roles: Roles, about: About) -> Pairs[TurnComparison]:
    """Reads two sources, or the pairs of files in two folders.

    Args:
        first: the reference, or what was automatic; or a folder.
        second: the hypothesis, or what was corrected; or a folder. Of several files of one name in a folder, the kind
            that comes first in `phonseg.evaluation.speakers.sides.TURNS` counts.
        roles: what the sides are called.
        about: yields what is to be said of a pair.

    Returns:
        The pairs, and what failed.

    Raises:
        TextGridError: if a file cannot be read; in a folder, it is listed as failed instead.
        ConfigurationError: if a source is neither turns nor a path, if only one of the two is a folder, if two folders
            have no name in common, or if there are too many speakers.
    """
    return read_pairs(first, second, partial(_compare, roles, about), TURNS)


def _compare(roles: Roles, about: About, first: Turns, second: Turns, beside: Beside) -> TurnComparison:
    sides = read_turn_side(first, roles[0]), read_turn_side(second, roles[1])
    numbers = [len(side.turns.speakers) for side in sides]
    if math.prod(numbers) > MOST_PAIRS:
        has = f"{sides[0].name}: has {numbers[0]} speakers, and {sides[1].name} has {numbers[1]}"
        raise ConfigurationError(f"{has}. Nobody can tell so many apart. Are they names of speakers?")
    compared = {
        role: Compared((), side.turns.duration, side.turns.tells_duration)
        for role, side in zip(roles, sides, strict=True)
    }
    findings = (*about(*sides), *_about_beside(sides, roles, beside))
    return TurnComparison(*sides, findings, compared)


def _about_beside(sides: tuple[TurnSide, TurnSide], roles: Roles, beside: Beside) -> Iterator[Finding]:
    """What is to be said of files in folders, where files of other kinds may lie beside them."""
    for side, role in zip(sides, roles, strict=True):
        for other in beside.get(side.path, ()) if side.path else ():
            with warnings.catch_warnings(action="ignore"):
                try:
                    differs = not same_turns(side, read_turn_side(other, role))
                except PhonsegError:  # it holds something else, such as sounds
                    continue
            if differs:
                text = f"{side.name} counts; {other}, beside it, has other turns and does not count."
                yield Finding(Level.NOTE, text, "pairs have another kind of file beside them, with other turns")
