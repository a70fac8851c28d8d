"""Praat TextGrid -> `Segmentation`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phonseg.annotation.intervals import SAME_TIME, read_bytes, segments_from_intervals
from phonseg.annotation.label_file import LabelFile
from phonseg.annotation.textgrid.parser import check_start, open_textgrid
from phonseg.annotation.textgrid.tier import INTERVALS, Tier
from phonseg.errors import TextGridError
from phonseg.timeline.segmentation import Segmentation


def read_textgrid(path: str | Path, *, tier: str | None = "phones") -> Segmentation:
    """Reads one interval tier of a Praat TextGrid: text (UTF-8, UTF-16, Latin-1; long or short) or binary.

    Args:
        path: of the TextGrid.
        tier: its name; None for the only interval tier.

    Returns:
        A segment for each interval, also for empty ones (label ""), and a segment with an empty label for each gap
        before, between or after them. White space around labels is dropped. The duration is that of the TextGrid, or
        the end of the last interval if that is later.

    Raises:
        TextGridError: with the line or the interval, if the file cannot be read, has no such tier or more than one, has
            intervals that overlap or have no length, or does not start at 0 s.
    """
    return read_textgrid_file(path, tier=tier).segmentation


def read_textgrid_file(path: str | Path, *, tier: str | None = "phones") -> LabelFile:
    """Reads one interval tier of a Praat TextGrid, as `read_textgrid` does.

    Args:
        path: of the TextGrid.
        tier: its name; None for the only interval tier.

    Returns:
        The segments, with the names of the tiers.

    Raises:
        TextGridError: as for `read_textgrid`.
    """
    file = open_textgrid(read_bytes(path), path)
    check_start(file, path, SAME_TIME)
    chosen = _choose(path, file.tiers, tier)
    placed = ((f'interval {i} of tier "{chosen.name}"', interval) for i, interval in enumerate(chosen.intervals, 1))
    names = tuple(one.name for one in file.tiers if one.kind == INTERVALS)
    return LabelFile(segments_from_intervals(path, placed, float(file.end)), chosen.name, names, tells_duration=True)


def _choose(path: str | Path, tiers: Sequence[Tier], name: str | None) -> Tier:
    chosen = [tier for tier in tiers if (tier.kind == INTERVALS if name is None else tier.name == name)]
    if len(chosen) == 1 and chosen[0].kind == INTERVALS:
        return chosen[0]
    if name is None:
        problem = f"{len(chosen) or 'no'} interval tiers, where one was expected"
    elif len(chosen) == 1:
        problem = f'tier "{name}" holds points, not intervals'
    else:
        problem = f'{len(chosen)} tiers are called "{name}"' if chosen else f'no tier is called "{name}"'
    found = [f'"{tier.name}" ({"intervals" if tier.kind == INTERVALS else "points"})' for tier in tiers]
    raise TextGridError(f"{path}: {problem} (tiers: {', '.join(found) or 'none'}). Give the name of one interval tier.")
