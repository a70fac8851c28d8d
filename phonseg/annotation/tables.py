"""Tables in `.csv` files -> `LabelFile`: of phonseg, Praat, R's readtextgrid and emuR, and other programs.

Sources: https://www.fon.hum.uva.nl/praat/manual/TextGrid__Down_to_Table___.html;
https://cran.r-project.org/package=readtextgrid; https://cran.r-project.org/package=emuR (query), whose times are in
milliseconds.
"""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np

from phonseg.annotation.encodings import read_text
from phonseg.annotation.intervals import MAX_INTERVALS, MAX_TIERS, check_count, seconds, shown
from phonseg.annotation.label_file import LabelFile
from phonseg.annotation.rows import Row, intervals_from_rows, lines, own_recording
from phonseg.annotation.tier_choice import HOLDS_INTERVALS, HOLDS_POINTS, ListedTier, choose_tier
from phonseg.errors import PhonsegWarning, TextGridError

# Names of columns in tables of phonseg, Praat and other programs; if a table has several of them, the first is used.
COLUMNS: Mapping[str, Sequence[str]] = {
    "start": ("start", "begin", "tmin", "xmin", "start_time", "onset"),
    "end": ("end", "tmax", "xmax", "end_time", "offset"),
    "label": ("label", "text", "phone", "phoneme", "segment", "labels"),
    "tier": ("tier", "tier_name", "type"),
    "number": ("tier_num",),
    "duration": ("tier_xmax",),
    "recording": ("recording", "file", "bundle", "utts"),
}
EMUR = ({"labels", "start", "end", "session"}, {"labels", "start", "end", "utts"})  # either is the mark of emuR

MAX_COLUMNS = 1_000


class _Table(NamedTuple):
    """The rows of a table, and in which column each of `COLUMNS` is; None if it has no such column."""

    rows: list[Row]
    places: Mapping[str, int | None]
    is_emur: bool

    def column(self, name: str) -> Callable[[Row], str]:
        """What returns the field of a row in this column; nothing if there is none."""
        place = self.places[name]
        if place is None:
            return lambda row: ""
        return lambda row: row[1][place] if place < len(row[1]) else ""


def read_table(path: str | Path, *, tier: str | None = "phones") -> LabelFile:
    """Reads a table with the columns `start` and `end`, in seconds, and optionally `label`, `tier` and `recording`.

    Columns are separated by commas, semicolons or tabs. They may also have the names that they have in tables of other
    programs, see `COLUMNS`. A table of emuR is in milliseconds.

    Args:
        path: of the file. If it holds several recordings, the one of the same name is read.
        tier: the name of the tier to read, or its number, if there is a column `tier`; None for the only one. Tiers are
            numbered in the order in which they appear, or by readtextgrid's `tier_num`.

    Returns:
        The segments. The duration is readtextgrid's `tier_xmax`; in other tables it is the end of the last segment.

    Raises:
        TextGridError: with the line, if the file cannot be read, has no columns `start` and `end`, has no such tier, or
            its segments overlap; if it holds several recordings and none of its own name.

    Warns:
        PhonsegWarning: if the times are read as milliseconds; if gaps or overlaps are taken as rounding.
    """
    table = _read(path)
    rows, places = table.rows, table.places
    if places["recording"] is not None:
        recording = table.column("recording")
        own = own_recording(path, map(recording, rows))
        rows = [row for row in rows if recording(row) == own]
    duration = _duration(path, map(table.column("duration"), rows)) if places["duration"] is not None else None
    chosen, tiers = None, tuple[str, ...]()
    if places["tier"] is not None:
        number, name = table.column("number"), table.column("tier")
        listed = _tiers(path, rows, lambda row: (number(row), name(row)), table)
        chosen = choose_tier(path, list(listed.values()), tier)
        tiers = tuple(one.name for one in listed.values() if one.holds == HOLDS_INTERVALS)
        rows = [row for row in rows if listed[number(row), name(row)] == chosen]
    start, end = cast(int, places["start"]), cast(int, places["end"])
    placed = intervals_from_rows(path, rows, "Give start and end in seconds", (start, end, places["label"]))
    if table.is_emur and placed.labels and np.mean(np.diff(placed.times)) > 1:
        problem = "has the columns of emuR, so its times are read as milliseconds"
        warnings.warn(f"{path}: {problem}. If they are in seconds, rename its columns.", PhonsegWarning, stacklevel=2)
        placed = placed.in_units_of(1, 1000)
    segments = placed.segments(path, duration=duration)
    return LabelFile(segments, chosen.name if chosen else None, tiers, tells_duration=duration is not None)


def is_table(head: str) -> bool:
    """Returns whether the first line of a text names the columns that `read_table` needs.

    Args:
        head: the text, or at least its first line.

    Returns:
        Whether its first line names the columns `start` and `end`; also True if the text is blank or cannot be read as
        a table.
    """
    if not head.strip():
        return True
    try:
        names, _ = _header(head)
    except csv.Error:
        return True
    return all(set(COLUMNS[column]) & set(names) for column in ("start", "end"))


def _read(path: str | Path) -> _Table:
    text = read_text(path)
    try:
        names, delimiter = _header(text)
        check_count(path, len(names), "columns", MAX_COLUMNS)
        found = {
            column: next((names.index(name) for name in known if name in names), None)
            for column, known in COLUMNS.items()
        }
        if found["start"] is None or found["end"] is None:
            problem = f"has no columns start and end (line 1: {text[:60]!r})"
            raise TextGridError(f"{path}: {problem}. Give them, in seconds.")
        if is_emur := any(marks <= set(names) for marks in EMUR):
            found["tier"] = None  # its column "type" tells other things
        times = (found["start"], found["end"]) if delimiter != "," or '"' in text else ()
        rows = list(islice(_rows(path, text, delimiter, len(names), times), MAX_INTERVALS + 1))
    except csv.Error as error:
        raise TextGridError(f"{path}: cannot be read as a table ({error}). Check its quotation marks.") from error
    check_count(path, len(rows), "lines")
    return _Table(rows, found, is_emur)


def _header(text: str) -> tuple[list[str], str]:
    """The names of the columns, in small letters, and the separator."""
    line = next(re.finditer(r"[^\r\n]*", text))[0]
    delimiter = max(",;\t", key=line.count)
    return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])], delimiter


def _rows(path: str | Path, text: str, delimiter: str, width: int, commas: Sequence[int]) -> Iterator[Row]:
    """The rows below the header that are not blank, and the lines in which they end; decimal commas become points."""
    table = csv.reader(lines(path, text), delimiter=delimiter)
    next(table, None)
    for row in table:
        if any(row):
            del row[width:]
            for place in commas:
                row[place : place + 1] = [time.replace(",", ".") for time in row[place : place + 1]]
            yield table.line_num, tuple(row)


def _tiers(
    path: str | Path, rows: Sequence[Row], key: Callable[[Row], tuple[str, str]], table: _Table
) -> Mapping[tuple[str, str], ListedTier]:
    """The tiers by number and name, in the order in which they appear. In one of points every row ends as it starts."""
    holds: dict[tuple[str, str], str] = {}
    start, end = table.column("start"), table.column("end")
    for row in rows:
        tier = key(row)
        if holds.get(tier) != HOLDS_INTERVALS:
            holds[tier] = HOLDS_POINTS if start(row) == end(row) else HOLDS_INTERVALS
    check_count(path, len(holds), "tiers", MAX_TIERS)
    return {
        (number, name): ListedTier(int(number) if re.fullmatch("[0-9]{1,9}", number) else i, name, held)
        for i, ((number, name), held) in enumerate(holds.items(), 1)
    }


def _duration(path: str | Path, texts: Iterable[str]) -> float | None:
    """The latest end of a tier."""
    try:
        return max((seconds(text.replace(",", ".")) for text in set(texts)), default=None)
    except ValueError as error:
        raise TextGridError(f"{path}: tier_xmax is {shown(str(error))!r}. Give seconds.") from None
