"""Label files in plain text -> `Segmentation`: TIMIT `.phn`, Buckeye `.phones`, `.lab` of Festival, ESPS or HTK, CSV.

Sources: the documentation of TIMIT (start and end in samples, label); xlabel(1) of ESPS/waves+, which Buckeye and
Festival follow (a header that ends with a line `#`, then the end of each segment in seconds, a colour and the label);
the HTK Book (start and end in units of 100 ns, label).
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from phonseg.annotation.intervals import SAME_TIME, PlacedInterval, read_bytes, segments_from_intervals
from phonseg.annotation.label_file import LabelFile
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.segmentation import Segmentation

Row = tuple[str, list[str]]  # where the row stands in its file ("line 3"), and its fields
Columns = tuple[int, int, int | None]  # the columns of start, end and label; None if there are no labels

# Names of columns in tables of phonseg, Praat and other programs; if a table has several of them, the first is used.
STARTS = ("start", "begin", "tmin", "xmin", "start_time", "onset")
ENDS = ("end", "tmax", "xmax", "end_time", "offset")
LABELS = ("label", "text", "phone", "phoneme", "segment")
TIERS = ("tier", "type")

HTK_RATE = 10_000_000  # units of 100 ns per second


def read_phn(path: str | Path, *, sample_rate: int = 16_000) -> Segmentation:
    """Reads a TIMIT `.phn` file, in which each line is `start end label`, in samples.

    Args:
        path: of the file.
        sample_rate: samples per second, 1 or more; 16 kHz in TIMIT.

    Returns:
        The segments. The duration is the end of the last one; recordings of TIMIT may be longer.

    Raises:
        TextGridError: with the line, if the file cannot be read or its segments overlap.
        ConfigurationError: if `sample_rate` is below 1.
    """
    if sample_rate < 1:
        raise ConfigurationError(f"sample_rate is {sample_rate}. Give samples per second.")
    remedy = "Give 'start end label', in whole samples"
    return segments_from_intervals(path, _placed(path, _rows(path), lambda time: int(time) / sample_rate, remedy))


def read_lab(path: str | Path) -> Segmentation:
    """Reads a Buckeye `.phones` file, or a `.lab` file of Festival, ESPS or HTK.

    The content decides which of them it is. If there is a line with nothing but `#`, each line after it is `end colour
    label`, in seconds. Otherwise each line is `start end label`: in units of 100 ns if all times are whole numbers, in
    seconds if not.

    Args:
        path: of the file.

    Returns:
        The segments. The duration is the end of the last one.

    Raises:
        TextGridError: with the line, if the file cannot be read or its segments overlap.

    Warns:
        PhonsegWarning: if there are segments without length, as in Buckeye; they are left out.
    """
    rows = _rows(path)
    header = next((i for i, (_, fields) in enumerate(rows) if fields == ["#"]), None)
    if header is not None:
        return segments_from_intervals(path, _from_ends(path, rows[header + 1 :]))
    if all(time.lstrip("-").isdecimal() for _, fields in rows for time in fields[:2]):
        remedy = "Give 'start end label', in units of 100 ns"
        return segments_from_intervals(path, _placed(path, rows, lambda time: int(time) / HTK_RATE, remedy))
    return segments_from_intervals(path, _placed(path, rows, float, "Give 'start end label', in seconds"))


def read_table(path: str | Path, *, tier: str | None = "phones") -> LabelFile:
    """Reads a table with the columns `start` and `end`, in seconds, and optionally `label` and `tier`.

    Columns are separated by commas, semicolons or tabs. They may also have the names that Praat's tables have, see
    `STARTS`, `ENDS`, `LABELS` and `TIERS`.

    Args:
        path: of the file.
        tier: which rows to read, if there is a column `tier` (or `type`); None for all rows.

    Returns:
        The segments. The duration is the end of the last one.

    Raises:
        TextGridError: with the line, if the file cannot be read, has no columns `start` and `end`, has no row of this
            tier, or its segments overlap.
    """
    text = _text(path)
    try:
        names, delimiter = _header(text)
        table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [(f"line {table.line_num}", row) for row in table][1:]
    except csv.Error as error:
        raise TextGridError(f"{path}: cannot be read as a table ({error}). Check its quotation marks.") from error
    start, end, label, tiers = (_column(names, known) for known in (STARTS, ENDS, LABELS, TIERS))
    if start is None or end is None:
        raise TextGridError(f"{path}: has no columns start and end (line 1: {text[:60]!r}). Give them, in seconds.")
    rows = [
        (place, row)
        for place, row in lines
        if any(row) and (tiers is None or tier is None or row[tiers : tiers + 1] == [tier])
    ]
    remedy = "Give start and end in seconds"
    placed = _placed(path, rows, lambda time: float(time.replace(",", ".")), remedy, (start, end, label))
    if not placed and tiers is not None:
        raise TextGridError(f'{path}: no row has the {names[tiers]} "{tier}". Give the name of a tier of this table.')
    segments = segments_from_intervals(path, placed)
    if tiers is None:
        return LabelFile(segments)
    kinds = tuple(dict.fromkeys(name for _, row in lines if any(row) for name in row[tiers : tiers + 1]))
    return LabelFile(segments, tier if tier is not None or len(kinds) > 1 else kinds[0], kinds)


def is_table(path: str | Path) -> bool:
    """Returns whether the first line of a file names the columns that `read_table` needs.

    Args:
        path: of the file.

    Returns:
        Whether its first line names the columns `start` and `end`; also True if the file cannot be read, so that
        `read_table` reports why.
    """
    try:
        with open(path, "rb") as file:
            names, _ = _header(file.read(4096).decode("utf-8-sig", errors="replace"))
    except (OSError, csv.Error):
        return True
    return _column(names, STARTS) is not None and _column(names, ENDS) is not None


def _text(path: str | Path) -> str:
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _rows(path: str | Path) -> list[Row]:
    """The lines that are not blank, in up to three fields each."""
    lines = ((f"line {number}", line.split(maxsplit=2)) for number, line in enumerate(_text(path).splitlines(), 1))
    return [(place, fields) for place, fields in lines if fields]


def _placed(
    path: str | Path, rows: Iterable[Row], seconds: Callable[[str], float], remedy: str, columns: Columns = (0, 1, 2)
) -> list[PlacedInterval]:
    """The intervals in these columns. seconds: what turns a field into a time."""
    placed: list[PlacedInterval] = []
    start, end, label = columns
    for place, fields in rows:
        try:
            times = seconds(fields[start]), seconds(fields[end])
        except (ValueError, IndexError, OverflowError):
            found = " ".join(fields)[:40]
            raise TextGridError(f"{path}: {place} is not a segment ({found!r}). {remedy}.") from None
        placed.append((place, (*times, fields[label] if label is not None and label < len(fields) else "")))
    return placed


def _from_ends(path: str | Path, rows: Iterable[Row]) -> list[PlacedInterval]:
    """The intervals in rows `end colour label`; each starts at the end of the one before."""
    placed: list[PlacedInterval] = []
    start, empty = 0.0, []
    for place, (_, end, label) in _placed(path, rows, float, "Give 'end colour label', in seconds", columns=(0, 0, 2)):
        if abs(end - start) <= SAME_TIME:
            empty += [place] if start > 0 else []  # at 0 s Buckeye has a mark, which is not a segment
            continue
        placed.append((place, (start, end, label.split(";")[0])))
        start = end
    if empty:
        message = f"{path}: segments without length are left out ({', '.join(empty)})."
        warnings.warn(message, PhonsegWarning, stacklevel=2)
    return placed


def _header(text: str) -> tuple[list[str], str]:
    """The names of the columns, in small letters, and the separator."""
    line = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=line.count)
    return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])], delimiter


def _column(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)
