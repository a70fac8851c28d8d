"""Praat TextGrid -> `Segmentation`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from phonseg.annotation.encodings import read_bytes
from phonseg.annotation.intervals import segments_from_intervals, shown
from phonseg.annotation.label_file import LabelFile
from phonseg.annotation.textgrid.parser import read_tiers
from phonseg.annotation.textgrid.tier import INTERVALS, POINTS
from phonseg.annotation.tier_choice import HOLDS_INTERVALS, HOLDS_POINTS, ListedTier, Wanted, choose_tier
from phonseg.timeline.segmentation import Segmentation


def read_textgrid(path: str | Path, *, tier: Wanted = "phones") -> Segmentation:
    """Reads one interval tier of a Praat TextGrid: text (UTF-8, UTF-16, Latin-1; long, short, chronological) or binary.

    Args:
        path: of the TextGrid.
        tier: its name, or, if no tier has this name, its number as Praat counts tiers; None for the only interval tier.

    Returns:
        A segment for each interval, also for empty ones (label ""), and a segment with an empty label for each gap
        before, between or after them. White space around labels is dropped. Start and end are those of the TextGrid;
        if the last interval ends later, its end. Where the tier says that it starts and ends has no effect.

    Raises:
        TextGridError: with the line or the interval, if the file cannot be read, declares other numbers of tiers or
            intervals than it holds, has no such tier or more than one, or has intervals that overlap or have no length.

    Warns:
        PhonsegWarning: if gaps or overlaps are taken as rounding (`phonseg.annotation.intervals` says when), or if
            intervals end after the end of the TextGrid.
    """
    return read_textgrid_file(path, tier=tier).segmentation


def read_textgrid_file(path: str | Path, *, tier: Wanted = "phones") -> LabelFile:
    """Reads one interval tier of a Praat TextGrid, as `read_textgrid` does.

    Args:
        path: of the TextGrid.
        tier: its name or number; None for the only interval tier.

    Returns:
        The segments, with the names of the tiers.

    Raises:
        TextGridError: as for `read_textgrid`.
    """
    file = read_tiers(read_bytes(path), path)
    holds = {INTERVALS: HOLDS_INTERVALS, POINTS: HOLDS_POINTS}
    listed = [ListedTier(number, one.name, holds[one.kind]) for number, one in enumerate(file.tiers, 1)]
    chosen = file.tiers[choose_tier(path, listed, tier).number - 1]
    where = f' of tier "{shown(chosen.name)}"'
    segments = segments_from_intervals(
        path,
        np.array([one[:2] for one in chosen.intervals]),
        [label for *_, label in chosen.intervals],
        lambda i: f"interval {i + 1}{where}",
        unit=lambda: chosen.unit,
        start=float(file.start),
        end=float(file.end),
    )
    names = tuple(one.name for one in listed if one.holds == HOLDS_INTERVALS)
    return LabelFile(segments, chosen.name, names, tells_duration=True)
