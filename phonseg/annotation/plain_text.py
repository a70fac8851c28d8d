"""References in plain text: TIMIT's `.phn`, Buckeye's `.phones`, `.lab` of Festival, ESPS and HTK, and CSV.

Sources: the documentation of TIMIT (times in samples), xlabel(1) of ESPS/waves+ (a header up to a line with `#`, then
the end of each segment in seconds, a colour and the label; Buckeye and Festival have it too), the HTK Book (start, end
in units of 100 ns, label).
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator
from pathlib import Path

from phonseg.annotation.intervals import SLACK, Interval, read_bytes, segments_from_intervals
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.segmentation import Segmentation

Placed = tuple[str, Interval]  # where in the file, and what

# How the columns of a table are called by phonseg, by Praat's and by other programs; the first that is there counts.
STARTS = ("start", "begin", "tmin", "xmin", "start_time", "onset")
ENDS = ("end", "tmax", "xmax", "end_time", "offset")
LABELS = ("label", "text", "phone", "phoneme", "segment")
TIERS = ("tier", "type")


def read_phn(path: str | Path, *, sample_rate: int = 16_000) -> Segmentation:
    """Read a TIMIT `.phn` file: a line `start end label` per segment, in samples, of which a second has `sample_rate`.

    The duration is the end of the last segment, which in TIMIT may lie before the end of the recording.

    Raises TextGridError, with the line, when the file cannot be read or its segments overlap; ConfigurationError for a
    sample_rate below 1.
    """
    if sample_rate < 1:
        raise ConfigurationError(f"sample_rate is {sample_rate}. Give samples per second.")
    return _segmentation(path, _starts_and_ends(path, _lines(_text(path)), sample_rate))


def read_lab(path: str | Path) -> Segmentation:
    """Read a Buckeye `.phones` file, or a `.lab` file of Festival, ESPS or HTK; what it is, its content decides.

    Where a line holds nothing but `#`, what follows are ends of segments in seconds, each with a colour and a label.
    Otherwise a line is `start end label`: in units of 100 ns where these are whole numbers, else in seconds.

    Raises TextGridError, with the line, when the file cannot be read or its segments overlap. Warns (PhonsegWarning) of
    segments without length, which Buckeye has; they are left out.
    """
    lines = list(_lines(_text(path)))
    header = next((place for place, (_, line) in enumerate(lines) if line.strip() == "#"), None)
    if header is not None:
        return _segmentation(path, _ends(path, lines[header + 1 :]))
    numbers = [number for _, line in lines for number in line.split()[:2]]
    per_second = 10_000_000 if all(number.lstrip("-").isdecimal() for number in numbers) else None
    return _segmentation(path, _starts_and_ends(path, lines, per_second))


def read_table(path: str | Path, *, tier: str | None = "phones") -> Segmentation:
    """Read a table with the columns `start`, `end` (seconds) and perhaps `label`; also called as in Praat's tables.

    Columns are parted by commas, semicolons or tabs. tier: where there is a column `tier` (or `type`), the rows that
    count; None for all rows.

    Raises TextGridError, with the line, when the file cannot be read, has no such columns, or its segments overlap.
    """
    text = _text(path)
    names, delimiter = _header(text)
    start, end, label, tiers = (_column(names, known) for known in (STARTS, ENDS, LABELS, TIERS))
    if start is None or end is None:
        raise TextGridError(f"{path}: has no columns start and end (line 1: {text[:60]!r}). Give them, in seconds.")
    placed: list[Placed] = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    next(rows)
    for row in rows:
        place = f"line {rows.line_num}"
        if not any(row) or (tiers is not None and tier is not None and row[tiers : tiers + 1] != [tier]):
            continue
        try:
            times = [float(row[column].replace(",", ".")) for column in (start, end)]
        except (ValueError, IndexError):
            raise _no_segment(path, place, delimiter.join(row), "Give start and end in seconds") from None
        placed.append((place, (*times, row[label] if label is not None and label < len(row) else "")))  # type: ignore[arg-type]
    if not placed and tiers is not None:
        raise TextGridError(f'{path}: no row has the {names[tiers]} "{tier}". Give the name of a tier that is there.')
    return _segmentation(path, placed)


def is_table(path: str | Path) -> bool:
    """Whether a file begins with the names of the columns of a reference."""
    try:
        with open(path, "rb") as file:
            names, _ = _header(file.read(4096).decode("utf-8-sig", errors="replace"))
    except OSError:
        return True  # which reading it will tell
    return _column(names, STARTS) is not None and _column(names, ENDS) is not None


def _text(path: str | Path) -> str:
    data = read_bytes(Path(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Where a line stands, and the line, of those that hold anything."""
    return ((f"line {number}", line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _segmentation(path: str | Path, placed: list[Placed]) -> Segmentation:
    if not placed:
        raise TextGridError(f"{path}: holds no segment. Give a file with a line for each segment.")
    places, intervals = zip(*placed, strict=True)
    return segments_from_intervals(path, places, intervals, duration=0.0)


def _starts_and_ends(
    path: str | Path, lines: Iterator[tuple[str, str]] | list[tuple[str, str]], rate: int | None
) -> list[Placed]:
    """Segments from lines `start end label`. rate: units in a second, counted whole; None for seconds."""
    placed: list[Placed] = []
    for place, line in lines:
        try:
            start, end, *label = line.split(maxsplit=2)
            times = (float(start), float(end)) if rate is None else (int(start) / rate, int(end) / rate)
        except ValueError:
            unit = "in seconds" if rate is None else "in whole samples" if rate < 1e7 else "in units of 100 ns"
            raise _no_segment(path, place, line, f"Give 'start end label', {unit}") from None
        placed.append((place, (*times, "".join(label))))
    return placed


def _ends(path: str | Path, lines: list[tuple[str, str]]) -> list[Placed]:
    """Segments from lines `end colour label`, each of which starts where the one before ends."""
    placed: list[Placed] = []
    start, empty = 0.0, []
    for place, line in lines:
        fields = line.split(maxsplit=2)
        try:
            end = float(fields[0])
        except ValueError:
            raise _no_segment(path, place, line, "Give 'end colour label', with the end in seconds") from None
        label = fields[2].split(";")[0].strip() if len(fields) > 2 else ""
        if abs(end - start) <= SLACK:
            empty += [place] if start > 0 else []  # at 0 s Buckeye puts a mark, not a segment
            continue
        placed.append((place, (start, end, label)))
        start = end
    if empty:
        warnings.warn(
            f"{path}: segments without length are left out ({', '.join(empty)}).", PhonsegWarning, stacklevel=2
        )
    return placed


def _no_segment(path: str | Path, place: str, line: str, remedy: str) -> TextGridError:
    return TextGridError(f"{path}: {place} is not a segment ({line[:40]!r}). {remedy}.")


def _header(text: str) -> tuple[list[str], str]:
    """The names of the columns, in small letters, and what parts them."""
    line = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=line.count)
    return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])], delimiter


def _column(names: list[str], known: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)
