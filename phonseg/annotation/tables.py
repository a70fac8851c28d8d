"""Tables in `.csv` files -> `LabelFile`: of phonseg, Praat, R's readtextgrid and emuR, and other programs.

Sources: https://www.fon.hum.uva.nl/praat/manual/TextGrid__Down_toTable___.html;
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
from phonseg.annotation.intervals import MAX_INTERVALS, MAX_LABEL, MAX_TIERS, check_count, seconds, shown
from phonseg.annotation.label_file import LabelFile, name_of_recording
from phonseg.annotation.quotation import quoted_rows
from phonseg.annotation.rows import Row, check_same, intervals_from_rows, own_recording
from phonseg.annotation.tier_choice import HOLDS_INTERVALS, HOLDS_POINTS, ListedTier, Wanted, choose_tier
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
    "speaker": ("speaker", "participant"),
    "channel": ("channel",),
}
EMUR = ({"labels", "start", "end", "session"}, {"labels", "start", "end", "utts"})  # either is the mark of emuR

MAX_COLUMNS = 1_000

_SEPARATOR = re.compile(r"\"?sep=([^\w\s\"]|\t)\"?[^\S\r\n]*(?:\r\n|\r|\n)", re.IGNORECASE)  # Excel's first line


class Table(NamedTuple):
    """A table that has been read.

    Attributes:
        rows: those below the names of the columns.
        places: in which column each of `COLUMNS` is; None if it has no such column.
        is_emur: whether it has the columns of emuR.
    """

    rows: list[Row]
    places: Mapping[str, int | None]
    is_emur: bool

    def column(self, name: str) -> Callable[[Row], str]:
        """Returns what returns the field of a row in a column, or nothing if there is none.

        Args:
            name: of the column, one of `COLUMNS`.
        """
        place = self.places[name]
        if place is None:
            return lambda row: ""
        return lambda row: row[1][place] if place < len(row[1]) else ""


def read_table(path: str | Path, *, tier: Wanted = "phones") -> LabelFile:
    """Reads a table with the columns `start` and `end`, in seconds, and optionally `label`, `tier` and `recording`.

    Columns are separated by commas, semicolons or tabs. They may also have the names that they have in tables of other
    programs, see `COLUMNS`. A table of emuR is read in milliseconds.

    Args:
        path: of the file. If it holds several recordings, the one of the same name is read.
        tier: the name of the tier to read, or its number, if there is a column `tier`; None for the only one. Tiers are
            numbered in the order in which they appear, or by readtextgrid's `tier_num`.

    Returns:
        The segments. The duration is readtextgrid's `tier_xmax`; in other tables it is the end of the last segment.

    Raises:
        TextGridError: with the line, if the file cannot be read, has no columns `start` and `end` or two columns of one
            name, has no such tier, or its segments overlap; if it holds several recordings and none of its own name, or
            the tier is that of several speakers or channels.

    Warns:
        PhonsegWarning: if the times are read as milliseconds; if gaps or overlaps are taken as rounding.
    """
    table = open_table(path)
    rows, places, own = table.rows, table.places, None
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
    for what in ("speaker", "channel"):
        check_same(path, what, map(table.column(what), rows))
    start, end = cast(int, places["start"]), cast(int, places["end"])
    placed = intervals_from_rows(path, rows, "Give start and end in seconds", (start, end, places["label"]))
    if table.is_emur and placed.labels and np.mean(np.diff(placed.times)) > 1:
        problem = "has the columns of emuR, so its times are read as milliseconds"
        warnings.warn(f"{path}: {problem}. If they are in seconds, rename its columns.", PhonsegWarning, stacklevel=2)
        placed = placed.in_units_of(1, 1000)
    segments = placed.segments(path, duration=duration)
    called = name_of_recording(path, [own or ""])
    return LabelFile(segments, chosen.name if chosen else None, tiers, duration is not None, called)


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
        names, *_ = _header(head)
    except csv.Error:
        return True
    return all(set(COLUMNS[column]) & set(names) for column in ("start", "end"))


def open_table(path: str | Path, columns: Mapping[str, Sequence[str]] = COLUMNS) -> Table:
    """Reads a table with the columns `start` and `end`.

    Args:
        path: of the file.
        columns: the names that columns may have in the file.

    Returns:
        Its rows, and where the columns are.

    Raises:
        TextGridError: with the line, if the file cannot be read, has no such columns or two columns of one name.
    """
    text = read_text(path)
    try:
        names, delimiter, above = _header(text)
    except csv.Error as error:
        raise TextGridError(f"{path}: cannot be read as a table ({error}). Check its first line.") from error
    check_count(path, len(names), "columns", MAX_COLUMNS)
    found = {column: _place(path, names, known) for column, known in columns.items()}
    if found["start"] is None or found["end"] is None:
        problem = f"has no columns start and end (line 1: {text[:60]!r})"
        raise TextGridError(f"{path}: {problem}. Give them, in seconds.")
    if is_emur := any(marks <= set(names) for marks in EMUR):
        found["tier"] = None  # its column "type" tells other things
    times = found["start"], found["end"]
    needed = (*times, found["label"]) if found["label"] is not None else times
    read = islice(quoted_rows(path, text, delimiter, needed), above, above + MAX_INTERVALS + 1)
    rows = list(_with_points(read, len(names), times if delimiter != "," or '"' in text else ()))
    check_count(path, len(rows), "lines")
    return Table(rows, found, is_emur)


def _place(path: str | Path, names: Sequence[str], known: Sequence[str]) -> int | None:
    """In which column the first of these names is."""
    name = next((name for name in known if name in names), None)
    if name is not None and names.count(name) > 1:
        raise TextGridError(f"{path}: has {names.count(name)} columns {name}. Give each column a name of its own.")
    return None if name is None else names.index(name)


def _header(text: str) -> tuple[list[str], str, int]:
    """The names of the columns, in small letters; the separator; and how many lines they take."""
    first = _SEPARATOR.match(text)
    line = re.compile(r"[^\r\n]*").match(text, first.end() if first else 0)
    head = line[0] if line else ""
    delimiter = first[1] if first else max(",;\t", key=head.count)
    if len(head) > MAX_LABEL:
        raise csv.Error(f"it has {len(head)} characters in the line of the names of columns")
    names = next(csv.reader([head], delimiter=delimiter), [])
    return [name.strip().lower() for name in names], delimiter, 2 if first else 1


def _with_points(rows: Iterable[Row], width: int, commas: Sequence[int]) -> Iterator[Row]:
    """The same rows, of so many columns at most; decimal commas in these columns become points."""
    for number, fields in rows:
        row = fields[:width]
        for place in commas:
            if place < len(row) and "," in row[place]:
                row = (*row[:place], row[place].replace(",", "."), *row[place + 1 :])
        yield number, row


def _tiers(
    path: str | Path, rows: Sequence[Row], key: Callable[[Row], tuple[str, str]], table: Table
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
