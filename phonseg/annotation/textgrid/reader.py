"""Praat TextGrid -> `Segmentation`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phonseg.annotation.intervals import SLACK, read_bytes, segments_from_intervals
from phonseg.annotation.textgrid.binary import INTERVALS, Tier
from phonseg.annotation.textgrid.parser import check_start, open_textgrid
from phonseg.errors import TextGridError
from phonseg.timeline.segmentation import Segmentation


def read_textgrid(path: str | Path, *, tier: str | None = "phones") -> Segmentation:
    """Read one interval tier of a Praat TextGrid: text (UTF-8, UTF-16, Latin-1; long or short) or binary.

    Args:
        path: of the TextGrid.
        tier: its name; None takes the only interval tier.

    Returns:
        All intervals, empty ones too (silence, label ""); where no interval was drawn, an empty one stands. White space
        around labels is dropped. The duration is the TextGrid's.

    Raises:
        TextGridError: with the line or the interval, when the file cannot be read, has no such tier or more than one,
            holds intervals that overlap or have no length, or does not start at 0 s.
    """
    file = open_textgrid(read_bytes(Path(path)), path)
    check_start(file, path, SLACK)
    chosen = _choose(path, file.tiers, tier)
    places = [f'interval {number} of tier "{chosen.name}"' for number in range(1, len(chosen.intervals) + 1)]
    return segments_from_intervals(path, places, chosen.intervals, float(file.end))


def _choose(path: str | Path, tiers: Sequence[Tier], name: str | None) -> Tier:
    chosen = [tier for tier in tiers if (tier.kind == INTERVALS if name is None else tier.name == name)]
    if len(chosen) == 1 and chosen[0].kind == INTERVALS:
        return chosen[0]
    kinds = [f'"{tier.name}" ({"intervals" if tier.kind == INTERVALS else "points"})' for tier in tiers]
    if name is None:
        problem = f"{len(chosen) or 'no'} interval tiers, where one was expected"
    elif len(chosen) == 1:
        problem = f'tier "{name}" holds points, not intervals'
    else:
        problem = f'{len(chosen)} tiers are called "{name}"' if chosen else f'no tier is called "{name}"'
    raise TextGridError(f"{path}: {problem} (tiers: {', '.join(kinds) or 'none'}). Give the name of one interval tier.")
