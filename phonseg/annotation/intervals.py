"""Segments in a row, as every kind of reference file holds them -> `Segmentation`; and the bytes of such a file."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from phonseg.errors import ConfigurationError, TextGridError
from phonseg.timeline.segmentation import Segmentation

Interval = tuple[float, float, str]  # start, end (seconds), label

MOST_BYTES = 200_000_000  # bytes: a TextGrid of ten hours has 40 million
SLACK = 1e-6  # seconds: ends of intervals that lie closer than this are the same point, rounded differently


def read_bytes(path: Path) -> bytes:
    """The whole file. Raises TextGridError where it cannot be read, or is larger than any TextGrid."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device would make us wait for ever
            raise TextGridError(f"{path}: is a folder or a device, not a file. Give the path of one file.")
        if status.st_size > MOST_BYTES:
            raise TextGridError(f"{path}: is larger than any TextGrid ({status.st_size} bytes). Give another file.")
        return path.read_bytes()
    except OSError as error:
        raise TextGridError(f"{path}: cannot be read ({error.strerror}). Check its name and your rights.") from error


def segments_from_intervals(
    path: str | Path, places: Sequence[str], intervals: Sequence[Interval], duration: float
) -> Segmentation:
    """Intervals in a row as a segmentation; what lies between them becomes segments without label.

    places: where in the file each interval stands.
    """
    segments: list[tuple[float, str]] = []  # start and label
    reached = 0.0
    for place, (start, end, label) in zip(places, intervals, strict=True):
        where = f"{path}: {place} ({start} to {end} s)"
        if not start < end:
            raise TextGridError(f"{where} does not end after its start. Correct it in Praat or a text editor.")
        if start < reached - SLACK:
            raise TextGridError(f"{where} starts before {reached} s, where the one before ends. Correct one of them.")
        if start > reached + SLACK:
            segments.append((reached, ""))
        segments.append((start, label.strip()))
        reached = end
    if duration > reached + SLACK or not segments:
        segments.append((reached, ""))
    starts, labels = zip(*segments, strict=True)
    try:
        return Segmentation(np.array(starts[1:]), max(duration, reached), labels=labels)
    except ConfigurationError as error:  # what the slack let pass: intervals far shorter than a microsecond
        raise TextGridError(f"{path}: {error}") from error
