"""Tables of turns -> `Diarization`: CSV files, also of R and other programs, and Audacity's labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from phonseg.annotation.plain_text import audacity_rows
from phonseg.annotation.tables import COLUMNS, open_table
from phonseg.annotation.turns.found_turns import chosen_recording, diarization_from_turns, numbers_in_line
from phonseg.errors import TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

_COLUMNS: Mapping[str, Sequence[str]] = {**COLUMNS, "score": ("score",)}


def read_turn_table(path: str | Path, *, recording: str | None = None) -> Diarization:
    """Reads a table with the columns `start`, `end` and `speaker`, and optionally `recording` and `score`.

    Args:
        path: of the file. Columns are separated by commas, semicolons or tabs, and times are in seconds.
        recording: the name of the recording, if the file holds several; None for the only one, or for the one that the
            file is called after.

    Returns:
        The turns. The duration is the end of the last one.

    Raises:
        TextGridError: with the line, if the file cannot be read or a line is no turn; if it holds several recordings,
            and it is not clear which is wanted.

    Warns:
        PhonsegWarning: as `diarization_from_turns` says.
    """
    table = open_table(path, _COLUMNS)
    if table.places["speaker"] is None:
        raise TextGridError(f"{path}: has no column speaker. Give it one with the names of the speakers.")
    rows, own = table.rows, None
    if table.places["recording"] is not None:
        named = table.column("recording")
        own = chosen_recording(path, map(named, rows), recording)
        rows = [row for row in rows if named(row) == own]
    start, end, speaker, score = map(table.column, ("start", "end", "speaker", "score"))
    found = ((row[0], (start(row), end(row), _given(score(row))), speaker(row)) for row in rows)
    return _turns(path, found, "Give start and end in seconds, and the speaker", own)


def read_audacity_turns(path: str | Path) -> Diarization:
    """Reads labels that Audacity has exported: `start`, `end` and the name of the speaker in each line.

    Args:
        path: of the file.

    Returns:
        The turns. The duration is the end of the last one.

    Raises:
        TextGridError: with the line, if the file cannot be read or a line is no turn.

    Warns:
        PhonsegWarning: as `diarization_from_turns` says.
    """
    rows = ((line, fields[:2], fields[2]) for line, fields in audacity_rows(path))
    return _turns(path, rows, "Give start, end and speaker, in seconds, with tabs between them")


def _turns(
    path: str | Path, rows: Iterable[tuple[int, Sequence[str], str]], remedy: str, recording: str | None = None
) -> Diarization:
    """The turns in rows of line, numbers and speaker; the numbers are start, end and perhaps a score."""
    found: list[Turn] = []
    lines: list[int] = []
    for line, texts, speaker in rows:
        start, end, *score = numbers_in_line(path, line, texts, remedy)
        found.append(Turn(start, end, speaker, *score))
        lines.append(line)
    return diarization_from_turns(path, found, lambda i: f"line {lines[i]}", recording=recording)


def _given(score: str) -> str:
    """The score; empty if R has written that there is none."""
    return "" if score.strip() == "NA" else score.strip()
