"""What all label files share: file -> bytes, intervals -> `Segmentation`, and seconds -> decimal number."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from phonseg.errors import ConfigurationError, TextGridError
from phonseg.timeline.segmentation import Segmentation

Interval = tuple[float, float, str]  # start and end in seconds, label
PlacedInterval = tuple[str, Interval]  # where the interval stands in its file ("line 3"), and the interval

MAX_FILE_BYTES = 200_000_000  # a TextGrid of ten hours has 40 million
SAME_TIME = 1e-6  # seconds: ends of intervals that lie closer than this are the same time, rounded differently


def read_bytes(path: str | Path) -> bytes:
    """Reads a whole label file.

    Args:
        path: of the file.

    Returns:
        Its content.

    Raises:
        TextGridError: if it is not a file, cannot be read, or is larger than `MAX_FILE_BYTES`.
    """
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device could wait for ever
            raise TextGridError(f"{path}: is a folder or a device, not a file. Give the path of one file.")
        if status.st_size > MAX_FILE_BYTES:
            raise TextGridError(f"{path}: is larger than any TextGrid ({status.st_size} bytes). Give another file.")
        return path.read_bytes()
    except OSError as error:
        raise TextGridError(f"{path}: cannot be read ({error.strerror}). Check its name and permissions.") from error


def segments_from_intervals(
    path: str | Path, placed: Iterable[PlacedInterval], duration: float | None = None
) -> Segmentation:
    """Turns the intervals of a label file into a segmentation.

    Args:
        path: of the file, for messages.
        placed: the intervals in order of time, each with its place in the file. Ends that differ by at most `SAME_TIME`
            are one boundary. White space around labels is dropped.
        duration: of the recording, in seconds, or None. If it is None or too short, the end of the last interval is
            used.

    Returns:
        A segment for each interval, and a segment with an empty label for each gap before, between or after them.

    Raises:
        TextGridError: if an interval has no length, starts before 0 s or overlaps the one before it, if its end is
            infinite, or if there are neither intervals nor a duration.
    """
    segments: list[tuple[float, str]] = []  # start and label
    reached = 0.0
    for place, (start, end, label) in placed:
        where = f"{path}: {place} ({start} to {end} s)"
        if not start < end:
            raise TextGridError(f"{where} does not end after its start. Correct it in Praat or a text editor.")
        if start < -SAME_TIME:
            raise TextGridError(f"{where} starts before 0 s, where the recording starts. Correct it.")
        if start < reached - SAME_TIME:
            raise TextGridError(f"{where} starts before {reached} s, where the one before ends. Correct one of them.")
        if start > reached + SAME_TIME:
            segments.append((reached, ""))
        segments.append((start, label.strip()))
        reached = end
    if duration is None and not segments:
        raise TextGridError(f"{path}: holds no segment. Give a file with a line for each segment.")
    duration = max(duration or 0.0, reached)
    if duration > reached + SAME_TIME or not segments:
        segments.append((reached, ""))
    starts, labels = zip(*segments, strict=True)
    try:
        return Segmentation(np.array(starts[1:]), duration, labels=labels)
    except ConfigurationError as error:  # intervals far shorter than a microsecond, whose overlap the slack let pass
        raise TextGridError(f"{path}: {error}") from error


def decimal(seconds: float) -> str:
    """Formats a time such that it reads back as the same number.

    Args:
        seconds: the time.

    Returns:
        The shortest such decimal number, without an exponent, since some programs cannot read exponents.
    """
    return np.format_float_positional(seconds, trim="0")
