"""What all label files share: intervals -> `Segmentation`, and seconds <-> decimal number."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

Interval = tuple[float, float, str]  # start and end in seconds, label

MAX_INTERVALS = 500_000  # in a file: ten hours of talk have 360 000 sounds and 90 000 words
MAX_LABEL = 1_000_000  # characters
MAX_TIERS = 10_000
SAME_TIME = 1e-6  # seconds: ends of intervals that lie closer than this are the same time, rounded differently
ROUNDING = 1e-3  # seconds: gaps and overlaps that are shorter come from rounding
COARSEST_UNIT = 0.010  # seconds: a gap of one unit of the last decimal comes from rounding if units are this short

# Decimal numbers of so few digits that they are finite.
NUMBER = re.compile(r"[-+]?(?=\.?\d)\d{0,40}(?:\.\d*)?(?:[eE](?:-\d{1,9}|\+?0*\d{1,2}))?", re.ASCII)


def segments_from_intervals(
    path: str | Path,
    times: Times,
    labels: Sequence[str],
    place: Callable[[int], str],
    *,
    unit: Callable[[], float] = lambda: 0.0,
    start: float = 0.0,
    end: float | None = None,
) -> Segmentation:
    """Turns the intervals of a label file into a segmentation.

    Where an interval does not start exactly at the end of the one before, that may be rounding. It is taken as rounding
    if the gap or the overlap is shorter than `ROUNDING`, or if it is at most one unit of the last decimal in the file,
    that is at most `COARSEST_UNIT`, and shorter than both intervals. Then there is one boundary, at the end of the
    earlier interval, and a warning. (If they differ by at most `SAME_TIME`, it lies at the start of the later one, and
    there is no warning.) Larger gaps are segments, larger overlaps are errors. An interval with an empty label is a
    segment however short it is. The start and the end of the recording are compared in the same way with the first and
    the last interval.

    Args:
        path: of the file, for messages.
        times: (n, 2) start and end of each interval in seconds, in order.
        labels: (n,) of the intervals. White space around them is dropped.
        place: returns where an interval, counted from 0, stands in the file, such as "line 3".
        unit: returns the unit of the last decimal in which the file writes times, in seconds; 0 if there is none. It is
            called only if there are gaps or overlaps.
        start: of the recording on its own time axis, in seconds.
        end: of the recording, in seconds, or None for the end of the last interval.

    Returns:
        A segment for each interval, and a segment with an empty label for each gap before, between or after them. If
        the last interval ends after `end`, and that is not rounding, the recording ends with that interval.

    Raises:
        TextGridError: if the start of the recording or a time of an interval is infinite; if an interval has no length,
            starts before the recording or overlaps the one before it; if there are neither intervals nor an end; or if
            there are more than `MAX_INTERVALS`.

    Warns:
        PhonsegWarning: if gaps or overlaps are taken as rounding, with their number and the largest; if the last
            interval ends after `end`.
    """
    if not np.isfinite(start):
        raise TextGridError(f"{path}: starts at {start} s, which is no time. Correct it.")
    start = 0.0 if abs(start) <= SAME_TIME else start
    end = None if end is None or not np.isfinite(end) else end
    if not len(labels):
        if end is None or end < start:
            raise TextGridError(f"{path}: holds no segment. Give a file with a line for each segment.")
        return Segmentation(np.zeros(0), end - start, labels=[""], start=start)
    check_count(path, len(labels), "segments")
    _check_lengths(path, times, place)
    starts, ends = times.T
    # One joint before each interval and one after the last: where one ends, and where the next one starts.
    before, after = np.append(start, ends), np.append(starts, ends[-1] if end is None else end)
    gaps, rounded = after - before, _rounded(ends - starts, after - before, unit)
    _check_overlaps(path, times, place, start, (gaps < -SAME_TIME) & ~rounded)
    _warn(path, gaps, rounded, place(len(labels) - 1), float(ends[-1]))
    is_gap = (gaps > SAME_TIME) & ~rounded
    begun = np.where(rounded, before, after)[:-1]
    texts: list[str] = []
    for gap, label in zip(is_gap.tolist(), [*labels, ""], strict=True):
        texts += ["", label.strip()] if gap else [label.strip()]
    last = after[-1] if rounded[-1] else max(before[-1], after[-1])
    try:
        boundaries = np.insert(begun, np.flatnonzero(is_gap), before[is_gap])[1:]
        return Segmentation(boundaries, float(last) - start, labels=texts[:-1], start=start)
    except ConfigurationError as error:  # intervals shorter than a microsecond, whose overlap the slack let pass
        raise TextGridError(f"{path}: {error}") from error


def _rounded(lengths: Times, gaps: Times, unit: Callable[[], float]) -> NDArray[np.bool_]:
    """(n + 1,) whether the gap or overlap at each joint comes from rounding."""
    size = np.abs(gaps)
    differ = size > SAME_TIME
    if not np.any(differ & (size <= COARSEST_UNIT + SAME_TIME)):
        return np.zeros(len(size), dtype=np.bool_)
    room = np.minimum(np.append(np.inf, lengths), np.append(lengths, np.inf))  # the shorter of both neighbours
    one = one if (one := unit()) <= COARSEST_UNIT else 0.0
    by_unit = (size <= one + SAME_TIME) & (size < room)
    below = (size < ROUNDING) & ((gaps > 0) | (size < room))
    rounded: NDArray[np.bool_] = differ & (below | by_unit)
    return rounded


def _check_lengths(path: str | Path, times: Times, place: Callable[[int], str]) -> None:
    right = np.isfinite(times).all(axis=1) & (times[:, 0] < times[:, 1])
    if not np.all(right):
        i = int(np.argmin(right))
        where = f"{place(i)} ({times[i, 0]} to {times[i, 1]} s)"
        raise TextGridError(f"{path}: {where} does not end after its start. Correct it in Praat or a text editor.")


def _check_overlaps(
    path: str | Path, times: Times, place: Callable[[int], str], start: float, overlaps: NDArray[np.bool_]
) -> None:
    """Raises TextGridError for the first interval that overlaps what is before it."""
    if np.any(overlaps[:-1]):
        i = int(np.argmax(overlaps))
        what = f"{start:g} s, where the recording starts. Correct it."
        if i > 0:
            what = f"{times[i - 1, 1]} s, where the one before ends. Correct one of them."
        raise TextGridError(f"{path}: {place(i)} ({times[i, 0]} to {times[i, 1]} s) starts before {what}")


def _warn(path: str | Path, gaps: Times, rounded: NDArray[np.bool_], last: str, end: float) -> None:
    """Says what was taken as rounding, and that the last interval ends too late."""
    if count := int(rounded.sum()):
        largest = decimal(round(1000 * float(np.abs(gaps[rounded]).max()), 3))
        found = f"1 gap or overlap of {largest} ms" if count == 1 else f"{count} gaps or overlaps of up to {largest} ms"
        warnings.warn(
            f"{path}: {found} between intervals, taken as rounding: there is one boundary, where the earlier interval "
            "ends.",
            PhonsegWarning,
            stacklevel=3,
        )
    if gaps[-1] < -SAME_TIME and not rounded[-1]:
        problem = f"{last} ends at {end} s, after the end of the file ({end + float(gaps[-1])} s)"
        remedy = "The later end is taken as that of the recording; correct one of them."
        warnings.warn(f"{path}: {problem}. {remedy}", PhonsegWarning, stacklevel=3)


def check_count(path: str | Path, count: int, what: str, most: int = MAX_INTERVALS) -> None:
    """Checks that a file does not hold more than any recording has.

    Args:
        path: of the file, for messages.
        count: how many there are.
        what: is counted, such as "segments".
        most: how many are read.

    Raises:
        TextGridError: if there are more.
    """
    if count > most:
        raise TextGridError(f"{path}: holds more than {most} {what}, and no more are read. Cut it into parts.")


def check_label(path: str | Path, label: str, place: str) -> None:
    """Checks that a label is not longer than any label.

    Args:
        path: of the file, for messages.
        label: its text.
        place: where it stands in the file.

    Raises:
        TextGridError: if it has more than `MAX_LABEL` characters.
    """
    if len(label) > MAX_LABEL:
        problem = f"the label in {place} has {len(label)} characters; no more than {MAX_LABEL} are read"
        raise TextGridError(f"{path}: {problem}. Shorten it.")


def seconds(text: str) -> float:
    """Reads a decimal number.

    Args:
        text: the number, perhaps with white space around it.

    Returns:
        The number, which is finite.

    Raises:
        ValueError: if it is not a decimal number, or has more than 40 digits before its point.
    """
    if not NUMBER.fullmatch(text := text.strip()):
        raise ValueError(text)
    return float(text)


def decimals(text: str) -> int:
    """Counts the decimals of a number.

    Args:
        text: the number.

    Returns:
        How many digits stand after its point.
    """
    return len(text) - 1 - point if (point := text.find(".")) >= 0 else 0


def shown(text: str) -> str:
    """Returns a text as messages show it.

    Args:
        text: of any length.

    Returns:
        The text, or its first 60 characters and three points.
    """
    return text if len(text) <= 60 else text[:60] + "..."


def decimal(seconds: float) -> str:
    """Formats a time such that it reads back as the same number.

    Args:
        seconds: the time.

    Returns:
        The shortest such decimal number, without an exponent, since some programs cannot read exponents.
    """
    return np.format_float_positional(seconds, trim="0")
