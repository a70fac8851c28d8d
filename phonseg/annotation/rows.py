"""Lines of a label file in plain text -> its intervals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from phonseg.annotation.intervals import (
    MAX_INTERVALS,
    check_count,
    check_label,
    decimals,
    seconds,
    segments_from_intervals,
    shown,
)
from phonseg.annotation.label_file import is_called, own_name
from phonseg.errors import TextGridError
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

Row = tuple[int, tuple[str, ...]]  # the number of the line, and its fields
Columns = tuple[int, int, int | None]  # the columns of start, end and label; None if there are no labels

MAX_LINES = 2_000_000  # blank ones too

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Intervals(NamedTuple):
    """The intervals of a label file in plain text.

    Attributes:
        times: (n, 2) start and end of each, in seconds, in the order of the file.
        labels: (n,) one for each.
        lines: (n,) the number of the line of each.
        unit: returns the unit of the last decimal of the times at which intervals meet, in seconds.
    """

    times: Times
    labels: Sequence[str]
    lines: Sequence[int]
    unit: Callable[[], float]

    def segments(self, path: str | Path, *, duration: float | None = None) -> Segmentation:
        """Returns the segmentation; `segments_from_intervals` lists errors and warnings.

        Args:
            path: of the file, for messages.
            duration: of the recording, in seconds, or None.
        """
        return segments_from_intervals(
            path, self.times, self.labels, lambda i: f"line {self.lines[i]}", unit=self.unit, end=duration
        )

    def in_units_of(self, unit: float, per_second: float = 1.0) -> Intervals:
        """Returns the same intervals if the file counts time in other units.

        Args:
            unit: how much each is; together with `per_second`, in seconds.
            per_second: what all times are divided by.
        """
        counted = self.unit
        return self._replace(times=self.times * unit / per_second, unit=lambda: counted() * unit / per_second)


def lines(path: str | Path, text: str) -> Iterator[str]:
    """Returns the lines of a text one by one, each with its end.

    Args:
        path: of the file, for messages.
        text: in which lines end with a line feed, a carriage return, or both. Nothing else ends a line, so that labels
            may hold any other character.

    Raises:
        TextGridError: if there are more than `MAX_LINES`.
    """
    check_count(path, max(text.count("\n"), text.count("\r")), "lines", MAX_LINES)
    return map(itemgetter(0), _LINE.finditer(text))


def rows(path: str | Path, text: str, *, fields: int = 3) -> list[Row]:
    """Returns the lines that are not blank.

    Args:
        path: of the file, for messages.
        text: the whole file.
        fields: how many there are at most; they are separated by white space, and the last one may hold some.

    Raises:
        TextGridError: if there are more than `MAX_INTERVALS`.
    """
    split = ((number, line.rstrip().split(None, fields - 1)) for number, line in enumerate(lines(path, text), 1))
    # Tuples, for Python looks through millions of lists again and again, to see whether they can go.
    found: list[Row] = list(islice(((number, tuple(row)) for number, row in split if row), MAX_INTERVALS + 1))
    check_count(path, len(found), "lines")
    return found


def intervals_from_rows(
    path: str | Path, rows: Sequence[Row], remedy: str, columns: Columns = (0, 1, 2), *, whole: bool = False
) -> Intervals:
    """Reads the intervals in these columns.

    Args:
        path: of the file, for messages.
        rows: the lines.
        remedy: what a line should hold, for messages.
        columns: of start, end and label. Rows may end before the label.
        whole: whether times must be whole numbers.

    Returns:
        The intervals.

    Raises:
        TextGridError: with the line, if it holds no interval.
    """
    start, end, label = columns
    times = _times(rows, start, end)
    right = np.isfinite(times) & (np.round(times) == times if whole else True)
    if not np.all(right):
        number, fields = rows[int(np.argmin(right.all(axis=1)))]
        found = shown(" ".join(map(shown, fields[:8])))
        raise TextGridError(f"{path}: line {number} is not a segment ({found!r}). {remedy}.")
    labels = [fields[label] if label is not None and label < len(fields) else "" for _, fields in rows]
    if labels and len(longest := max(labels, key=len)) > 0:
        check_label(path, longest, f"line {rows[labels.index(longest)][0]}")

    def unit() -> float:
        # The end of the last interval meets no other.
        written = [fields[start] for _, fields in rows] + [fields[end] for _, fields in rows[:-1]]
        return float(10.0 ** -max(map(decimals, map(str.strip, written))))

    return Intervals(times, labels, [number for number, _ in rows], unit)


def _times(rows: Sequence[Row], start: int, end: int) -> Times:
    """(n, 2) the numbers in these columns, up to the first row without two decimal numbers, which has NaN."""
    try:
        written = [fields[start] for _, fields in rows] + [fields[end] for _, fields in rows]
        together = "".join(written)
        if together.isascii() and "_" not in together:  # else Python takes more for a number, such as 1_0 for 10
            return np.array(list(map(float, written)), dtype=np.float64).reshape(2, -1).T
    except (ValueError, IndexError):
        pass
    pairs: list[tuple[float, float]] = []
    try:
        for _, fields in rows:
            pairs.append((seconds(fields[start]), seconds(fields[end])))
    except (ValueError, IndexError):
        pairs.append((np.nan, np.nan))
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def check_same(path: str | Path, what: str, values: Iterable[str]) -> None:
    """Checks that all rows belong to one speaker or one channel.

    Args:
        path: of the label file.
        what: "speaker" or "channel".
        values: the names in the rows; where there is no name, nothing is said.

    Raises:
        TextGridError: if there are several names.
    """
    if len(found := sorted(set(values) - {""})) > 1:
        listed = ", ".join(map(shown, found[:20])) + (f" and {len(found) - 20} more" if len(found) > 20 else "")
        raise TextGridError(f"{path}: holds {len(found)} {what}s ({listed}). Give a file for each {what}.")


def own_recording(path: str | Path, names: Iterable[str]) -> str | None:
    """Chooses a recording of a label file.

    Args:
        path: of the label file.
        names: of the recordings in it, which may be repeated.

    Returns:
        The only name; of several, the one that the label file has, too, without folders and suffixes. None if there is
        no name at all.

    Raises:
        TextGridError: if there are several names, and not just one of them is that of the label file.
    """
    different = list(dict.fromkeys(names))
    if len(different) < 2:
        return different[0] if different else None
    stem = own_name(path)
    own = [name for name in different if is_called(name, stem)]
    if len(own) == 1:
        return own[0]
    more = f" and {len(different) - 20} more" if len(different) > 20 else ""
    listed = ", ".join(map(shown, different[:20])) + more
    problem = f"holds {len(different)} recordings ({listed})"
    raise TextGridError(f"{path}: {problem}. Give a file for each, or give the file the name of one recording.")
