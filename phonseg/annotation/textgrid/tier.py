"""What a TextGrid of any form holds: tiers of intervals or points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from phonseg.annotation.intervals import MAX_INTERVALS, MAX_TIERS, Interval, shown

INTERVALS, POINTS = "IntervalTier", "TextTier"  # the two classes of tier, as Praat calls them


class Tier(NamedTuple):
    """One tier of a TextGrid.

    Attributes:
        kind: its class, `INTERVALS` or `POINTS`.
        name: as it stands in the file.
        place: where the tier lies in the file, from its class to its last value.
        intervals: as they stand in the file; a point starts and ends at its time.
        unit: of the last decimal of the times at which intervals meet, in seconds; 0 if they are not decimal numbers.
    """

    kind: str
    name: str
    place: slice
    intervals: Sequence[Interval]
    unit: float = 0.0


class CountError(ValueError):
    """A TextGrid holds more or fewer tiers, intervals or points than it declares."""


def count_error(kind: str, name: str, declared: int, held: int | None, place: str) -> CountError:
    """Says that a tier holds more or fewer intervals or points than it declares.

    Args:
        kind: the class of the tier.
        name: of the tier.
        declared: how many.
        held: how many there are, if fewer; None if there are more.
        place: where that shows, such as "line 3".

    Returns:
        The error to raise.
    """
    things = "interval" if kind == INTERVALS else "point"
    return _count_error(f'tier "{shown(name)}"', declared, things, held, place)


def tier_count_error(declared: int, held: int | None, place: str) -> CountError:
    """Says that a TextGrid holds more or fewer tiers than it declares.

    Args:
        declared: how many.
        held: how many there are, if fewer; None if there are more.
        place: where that shows, such as "line 3".

    Returns:
        The error to raise.
    """
    return _count_error("the TextGrid", declared, "tier", held, place)


def check_size(tiers: int, intervals: int) -> None:
    """Checks that a TextGrid does not hold more than any recording has.

    Args:
        tiers: how many there are.
        intervals: how many intervals and points there are in all tiers together.

    Raises:
        ValueError: if there are more than `MAX_TIERS` or `MAX_INTERVALS`.
    """
    for count, most, what in ((tiers, MAX_TIERS, "tiers"), (intervals, MAX_INTERVALS, "intervals")):
        if count > most:
            raise ValueError(f"it holds more than {most} {what}, and no more are read")


def _count_error(holder: str, declared: int, thing: str, held: int | None, place: str) -> CountError:
    things = thing if declared == 1 else f"{thing}s"
    return CountError(f"{holder} declares {declared} {things}, but holds {'more' if held is None else held} ({place})")
