"""What a TextGrid of any form holds: tiers of intervals or points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from phonseg.annotation.intervals import Interval

INTERVALS, POINTS = "IntervalTier", "TextTier"  # the two classes of tier, as Praat calls them


class Tier(NamedTuple):
    """One tier of a TextGrid.

    Attributes:
        kind: its class, `INTERVALS` or `POINTS`.
        name: as it stands in the file.
        place: where the tier lies in the file, from its class to its last value.
        intervals: as they stand in the file; a point starts and ends at its time.
    """

    kind: str
    name: str
    place: slice
    intervals: Sequence[Interval]
