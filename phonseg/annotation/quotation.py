"""Lines of a table -> its rows; rows that a stray quotation mark has joined are refused.

In a table, a field that begins with a quotation mark goes on until the next one, over line breaks too. A label such as
X-SAMPA's `"` for stress, written as it is, so makes one label of all that follows up to the next quotation mark.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from phonseg.annotation.intervals import MAX_LABEL, NUMBER, check_count
from phonseg.annotation.rows import Row, lines
from phonseg.errors import TextGridError

MAX_JOINED = 100_000

REMEDY = 'Write a label that holds quotation marks between two more, and each of its own twice: """" for a single one'


def quoted_rows(path: str | Path, text: str, delimiter: str, needed: Sequence[int]) -> Iterator[Row]:
    """Yields the rows of a table that are not blank.

    Args:
        path: of the file, for messages.
        text: the whole file.
        delimiter: between fields.
        needed: the columns that every row has: first those of start and end, perhaps more.

    Yields:
        The line in which a row ends, and its fields.

    Raises:
        TextGridError: with the line in which a row begins, if a quotation mark in it joins it to other rows, is not the
            last character of its field, or is the last one of the file; if the line is too long.
    """
    own: list[str] = []  # the lines of a row
    joined = 0
    table = csv.reader(_collected(path, text, own), delimiter=delimiter, strict=True)
    while True:
        begins = table.line_num + 1
        own.clear()
        try:
            row = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"line {begins} cannot be read as a row of a table ({error})"
            raise TextGridError(f"{path}: {problem}. {REMEDY}.") from error
        if len(own) > 1:
            check_count(path, joined := joined + len(own), "lines in labels of several lines", MAX_JOINED)
            if sum(_is_row(line, delimiter, needed) for line in own) > 1:
                problem = f"a quotation mark in line {begins} makes one row of {len(own)} lines"
                raise TextGridError(f"{path}: {problem}. {REMEDY}.")
        if any(row):
            yield table.line_num, tuple(row)


def _collected(path: str | Path, text: str, own: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines(path, text), 1):
        if len(line) > MAX_LABEL:
            problem = f"line {number} has {len(line)} characters; no more than {MAX_LABEL} are read"
            raise TextGridError(f"{path}: {problem}. Shorten it.")
        own.append(line)
        yield line


def _is_row(line: str, delimiter: str, needed: Sequence[int]) -> bool:
    """Whether a line on its own has all columns, and numbers as start and end, with or without its quotation marks."""
    if line.count(delimiter) < max(needed):
        return False
    readings = [line.split(delimiter)]
    with suppress(csv.Error):
        readings += csv.reader([line], delimiter=delimiter)
    for fields in readings:
        if len(fields) > max(needed):
            times = (fields[place].strip(' "\r\n').replace(",", ".") for place in needed[:2])
            if all(map(NUMBER.fullmatch, times)):
                return True
    return False
