"""JSON files of turns that phonseg has written -> `Diarization`; `phonseg.annotation.turns.writers` writes them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from phonseg.annotation.encodings import whole_characters
from phonseg.annotation.json_file import timed_content
from phonseg.annotation.turns.found_turns import diarization_from_turns
from phonseg.errors import TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn


def read_json_turns(path: str | Path) -> Diarization:
    """Reads the turns in a JSON file that phonseg has written.

    Args:
        path: of the file.

    Returns:
        The turns. Start and duration are those in the file.

    Raises:
        TextGridError: if the file cannot be read, is damaged or is not of this kind; and as `diarization_from_turns`
            says.

    Warns:
        PhonsegWarning: as `diarization_from_turns` says.
    """
    parts, start, duration, turns = timed_content(path, "turns")
    found = [_turn(path, number, one) for number, one in enumerate(turns, 1)]
    named = parts.get("recording")
    recording = whole_characters(named) if isinstance(named, str) else None
    end = start + duration
    return diarization_from_turns(path, found, lambda i: f"turn {i + 1}", start=start, end=end, recording=recording)


def _turn(path: str | Path, number: int, turn: Any) -> Turn:
    keys = ("start", "end", "speaker", "score")
    start, end, speaker, score = map(turn.get, keys) if isinstance(turn, dict) else (None,) * 4
    score = math.nan if score is None else score
    if not (isinstance(start, float) and isinstance(end, float) and isinstance(speaker, str)):
        raise TextGridError(f"{path}: turn {number} has no start, end and speaker. Write the file again.")
    if not isinstance(score, float):
        raise TextGridError(f"{path}: the score of turn {number} is no number. Write the file again.")
    return Turn(start, end, whole_characters(speaker), score)
