"""Tables in `.csv` files -> `LabelFile`: of phonseg, Praat, R's readtextgrid and emuR, and other programs.

Sources: https://www.fon.hum.uva.nl/praat/manual/TextGrid__Down_to_Table___.html;
https://cran.r-project.org/package=readtextgrid; https://cran.r-project.org/package=emuR (query), whose times are in
milliseconds.
"""

from __future__ import annotations

import csv
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from phonseg.annotation.encodings import read_text
from phonseg.annotation.intervals import MAX_INTERVALS, check_count, seconds, shown
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

_START, _END, _LABEL, _TIER, _NUMBER, _DURATION, _RECORDING = range(7)  # in a row whose columns are in order


class _Table(NamedTuple):
    """A table whose columns are in the order of `COLUMNS`; those that it has not are empty, and None in `names`."""

    names: Sequence[str | None]
    rows: list[Row]
    is_emur: bool


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
    own = own_recording(path, (row[_RECORDING] for _, row in table.rows)) or ""
    rows = [row for row in table.rows if row[1][_RECORDING] == own]
    duration = _duration(path, rows) if table.names[_DURATION] else None
    chosen, tiers = None, tuple[str, ...]()
    if table.names[_TIER]:
        listed = _tiers(rows)
        chosen = choose_tier(path, list(listed.values()), tier)
        tiers = tuple(one.name for one in listed.values() if one.holds == HOLDS_INTERVALS)
        rows = [row for row in rows if listed[_key(row)] == chosen]
    placed = intervals_from_rows(path, rows, "Give start and end in seconds")
    if table.is_emur and placed.labels and np.mean(np.diff(placed.times)) > 1:
        problem = "has the columns of emuR, so its times are read as milliseconds"
        warnings.warn(f"{path}: {problem}. If they are seconds, rename them.", PhonsegWarning, stacklevel=2)
        placed = placed.in_units_of(1, 1000)
    segments = placed.segments(path, duration=duration)
    return LabelFile(segments, chosen.name if chosen else None, tiers, tells_duration=duration is not None)


def is_table(head: str) -> bool:
    """Returns whether the first line of a text names the columns that `read_table` needs.

    Args:
        head: the text, or at least its first line.

    Returns:
        Whether its first line names the columns `start` and `end`; also True if it cannot be read as a table.
    """
    try:
        names, _ = _header(head)
    except csv.Error:
        return True
    return all(set(COLUMNS[column]) & set(names) for column in ("start", "end"))


def _read(path: str | Path) -> _Table:
    text = read_text(path)
    try:
        names, delimiter = _header(text)
        found = [next((name for name in known if name in names), None) for known in COLUMNS.values()]
        if is_emur := any(marks <= set(names) for marks in EMUR):
            found[_TIER] = None  # its column "type" tells other things
        if found[_START] is None or found[_END] is None:
            problem = f"has no columns start and end (line 1: {text[:60]!r})"
            raise TextGridError(f"{path}: {problem}. Give them, in seconds.")
        places = [None if name is None else names.index(name) for name in found]
        filled = ((line, row) for line, row in _records(path, text, delimiter) if any(row))
        rows = [(line, _in_order(row, places)) for line, row in islice(filled, MAX_INTERVALS + 1)]
        check_count(path, len(rows), "lines")
    except csv.Error as error:
        raise TextGridError(f"{path}: cannot be read as a table ({error}). Check its quotation marks.") from error
    return _Table(found, rows, is_emur)


def _header(text: str) -> tuple[list[str], str]:
    """The names of the columns, in small letters, and the separator."""
    line = next(re.finditer(r"[^\r\n]*", text))[0]
    delimiter = max(",;\t", key=line.count)
    return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])], delimiter


def _records(path: str | Path, text: str, delimiter: str) -> Iterator[Row]:
    """The rows below the header, with the lines in which they end."""
    table = csv.reader(lines(path, text), delimiter=delimiter)
    next(table, None)
    for row in table:
        yield table.line_num, row


def _in_order(row: Sequence[str], places: Sequence[int | None]) -> Sequence[str]:
    fields = ["" if place is None or place >= len(row) else row[place] for place in places]
    fields[:2] = (time.strip().replace(",", ".") for time in fields[:2])
    # Names of tiers and recordings stand in every row: one copy of each is enough.
    return (*fields[:3], *map(sys.intern, fields[3:]))


def _tiers(rows: Sequence[Row]) -> Mapping[tuple[str, str], ListedTier]:
    """The tiers by their keys, in the order in which they appear. In one of points every row ends where it starts."""
    holds: dict[tuple[str, str], str] = {}
    for row in rows:
        point = holds.get(_key(row), HOLDS_POINTS) == HOLDS_POINTS and row[1][_START] == row[1][_END]
        holds[_key(row)] = HOLDS_POINTS if point else HOLDS_INTERVALS
    return {
        (number, name): ListedTier(int(number) if re.fullmatch("[0-9]{1,9}", number) else i, name, held)
        for i, ((number, name), held) in enumerate(holds.items(), 1)
    }


def _key(row: Row) -> tuple[str, str]:
    return row[1][_NUMBER], row[1][_TIER]


def _duration(path: str | Path, rows: Sequence[Row]) -> float | None:
    """The latest end of a tier."""
    try:
        return max((seconds(text) for text in {row[_DURATION].replace(",", ".") for _, row in rows}), default=None)
    except ValueError as error:
        raise TextGridError(f"{path}: tier_xmax is {shown(str(error))!r}. Give seconds.") from None
