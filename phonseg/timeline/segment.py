"""One segment of a recording."""

from __future__ import annotations

from typing import NamedTuple


class Segment(NamedTuple):
    """One segment of a recording.

    Attributes:
        start: seconds.
        end: seconds.
        label: its label; its number, counted from 1, if the segments have no labels.
        score: 0 to 1, of the boundary at its start; NaN for the first segment and where there is no score.
    """

    start: float
    end: float
    label: str
    score: float
