"""Lines of a label file in plain text -> its intervals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from phonseg.annotation.intervals import Interval, check_count, decimals, seconds, segments_from_intervals, shown
from phonseg.errors import TextGridError
from phonseg.timeline.segmentation import Segmentation

Row = tuple[int, Sequence[str]]  # the number of the line, and its fields
Columns = tuple[int, int, int | None]  # the columns of start, end and label; None if there are no labels

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Intervals(NamedTuple):
    """The intervals of a label file in plain text.

    Attributes:
        intervals: in the order of the file.
        lines: (n,) the number of the line of each.
        unit: of the last decimal of the times at which intervals meet, in the unit of the file.
    """

    intervals: list[Interval]
    lines: list[int]
    unit: float

    def segments(self, path: str | Path, *, unit: float | None = None, duration: float | None = None) -> Segmentation:
        """Returns the segmentation; `segments_from_intervals` lists errors and warnings.

        Args:
            path: of the file, for messages.
            unit: seconds; None for that of the last decimal.
            duration: of the recording, in seconds, or None.
        """
        return segments_from_intervals(
            path,
            self.intervals,
            lambda i: f"line {self.lines[i]}",
            unit=self.unit if unit is None else unit,
            duration=duration,
        )

    def divided(self, by: float) -> Intervals:
        """Returns the same intervals in another unit.

        Args:
            by: what all times are divided by.
        """
        intervals = [(start / by, end / by, label) for start, end, label in self.intervals]
        return Intervals(intervals, self.lines, self.unit / by)


def lines(text: str) -> Iterator[str]:
    """Returns the lines of a text one by one, each with its end.

    Args:
        text: in which lines end with a line feed, a carriage return, or both. Nothing else ends a line, so that labels
            may hold any other character.
    """
    return (line[0] for line in _LINE.finditer(text))


def rows(text: str, *, fields: int = 3) -> Iterator[Row]:
    """Returns the lines that are not blank.

    Args:
        text: the whole file.
        fields: how many there are at most; they are separated by white space, and the last one may hold some.

    Yields:
        The number of a line, counted from 1, and its fields.
    """
    for number, line in enumerate(lines(text), 1):
        if found := line.rstrip().split(maxsplit=fields - 1):
            yield number, found


def intervals_from_rows(
    path: str | Path,
    rows: Iterable[Row],
    remedy: str,
    columns: Columns = (0, 1, 2),
    read: Callable[[str], float] = seconds,
) -> Intervals:
    """Reads the intervals in these columns.

    Args:
        path: of the file, for messages.
        rows: the lines.
        remedy: what a line should hold, for messages.
        columns: of start, end and label. Rows may end before the label.
        read: turns a field into a time, or raises ValueError.

    Returns:
        The intervals.

    Raises:
        TextGridError: with the line, if it holds no interval; if there are more than `MAX_INTERVALS` lines.
    """
    intervals: list[Interval] = []
    numbers: list[int] = []
    start, end, label = columns
    finest, last = 0, 0  # the end of the last interval meets no other
    for number, fields in rows:
        try:
            first, second = fields[start], fields[end]
            text = fields[label] if label is not None and label < len(fields) else ""
            intervals.append((read(first), read(second), text))
        except (ValueError, IndexError):
            found = shown(" ".join(map(shown, fields[:8])))
            raise TextGridError(f"{path}: line {number} is not a segment ({found!r}). {remedy}.") from None
        numbers.append(number)
        finest, last = max(finest, last, decimals(first.strip())), decimals(second.strip())
        check_count(path, len(numbers), "lines")
    return Intervals(intervals, numbers, 10.0**-finest)


def own_recording(path: str | Path, names: Iterable[str], what: str = "recordings") -> str | None:
    """Chooses a recording of a label file.

    Args:
        path: of the label file.
        names: of the recordings in it, which may be repeated.
        what: they are, for messages.

    Returns:
        The only name; of several, the one that the label file has, too, without folders and suffixes. None if there is
        no name at all.

    Raises:
        TextGridError: if there are several names, and not just one of them is that of the label file.
    """
    different = list(dict.fromkeys(names))
    if len(different) < 2:
        return different[0] if different else None
    own = [name for name in different if Path(path).stem in _short_names(name)]
    if len(own) == 1:
        return own[0]
    listed = ", ".join(map(shown, different[:20])) + (f" and {len(different) - 20} more" if len(different) > 20 else "")
    problem = f"holds {len(different)} {what} ({listed})"
    raise TextGridError(f"{path}: {problem}. Give a file for each, or give the file the name of one recording.")


def _short_names(name: str) -> tuple[str, str]:
    file = re.split(r"[\\/:]", name)[-1]
    return file, Path(file).stem
