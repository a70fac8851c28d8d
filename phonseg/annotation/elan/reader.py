"""ELAN file -> `LabelFile`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import numpy as np

from phonseg.annotation.elan.document import parsed_elan
from phonseg.annotation.intervals import segments_from_intervals, shown
from phonseg.annotation.label_file import LabelFile, name_of_recording
from phonseg.annotation.tier_choice import HOLDS_INTERVALS, ListedTier, Wanted, choose_tier


def read_elan(path: str | Path, *, tier: Wanted = "phones") -> LabelFile:
    """Reads one tier of an ELAN file.

    Args:
        path: of the file.
        tier: its name, or its number; None for the only tier whose annotations have times.

    Returns:
        A segment for each annotation, and a segment with an empty label for each gap before or between them. Times are
        those of the linked recording: its `TIME_ORIGIN` is added to those of the annotations. The duration is the end
        of the last annotation, since an ELAN file does not hold the duration of the recording.

    Raises:
        TextGridError: if the file cannot be read, has no such tier, or its annotations overlap or have no times of
            their own.

    Warns:
        PhonsegWarning: if linked recordings have different origins, of which the first is taken; if gaps or overlaps
            are taken as rounding.
    """
    document = parsed_elan(path)
    listed = [ListedTier(number, one.name, one.holds) for number, one in enumerate(document.tiers, 1)]
    chosen = choose_tier(path, listed, tier)
    found = document.tiers[chosen.number - 1]
    annotations, labels = found.annotations, found.labels
    times = document.times(path, annotations)
    order = np.lexsort(times.T[::-1])
    segments = segments_from_intervals(
        path,
        times[order],
        [labels[i] for i in order],
        lambda i: f'annotation {shown(annotations[order[i]][0])} of tier "{shown(chosen.name)}"',
        unit=lambda: 0.001,
    )
    names = tuple(one.name for one in listed if one.holds == HOLDS_INTERVALS)
    return LabelFile(segments, chosen.name, names, recording=name_of_recording(path, map(unquote, document.media)))
