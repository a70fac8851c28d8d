"""JSON files that phonseg has written -> `LabelFile`; `phonseg.annotation.writers` writes them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

import numpy as np

from phonseg.annotation.encodings import read_text
from phonseg.annotation.intervals import Interval, check_count, segments_from_intervals
from phonseg.annotation.label_file import LabelFile, name_of_recording
from phonseg.errors import TextGridError

MAX_JSON_BYTES = 16_000_000  # that of an hour; the parser takes much more memory

_KEYS = [re.compile(rf'"{key}"\s*:') for key in ("duration", "segments", "label")]


def read_json(path: str | Path) -> LabelFile:
    """Reads the segments in a JSON file that phonseg has written.

    Args:
        path: of the file.

    Returns:
        The segments, without scores and candidates. The duration is that in the file.

    Raises:
        TextGridError: if the file cannot be read, is damaged or is not of this kind.

    Warns:
        PhonsegWarning: if gaps or overlaps are taken as rounding.
    """
    parts, start, duration, segments = timed_content(path, "segments")
    if not segments:
        raise TextGridError(f"{path}: holds no segment. Give another file.")
    intervals = [_interval(path, number, one) for number, one in enumerate(segments, 1)]
    times, labels = np.array([one[:2] for one in intervals]), [label for *_, label in intervals]
    made = segments_from_intervals(path, times, labels, lambda i: f"segment {i + 1}", start=start, end=start + duration)
    named = [name for name in (parts.get("recording"),) if isinstance(name, str)]
    return LabelFile(made, tells_duration=True, recording=name_of_recording(path, named))


def timed_content(path: str | Path, what: str) -> tuple[Mapping[str, Any], float, float, list[Any]]:
    """Reads a JSON file that tells the duration of a recording and what lies in it.

    Args:
        path: of the file.
        what: the key of what lies in the recording, such as "segments".

    Returns:
        The whole content; the start and the duration of the recording, in seconds; and what lies under that key.

    Raises:
        TextGridError: if the file cannot be read, is damaged or is not of this kind.
    """
    text = read_text(path, MAX_JSON_BYTES)
    check_count(path, text.count("{") + text.count("["), "objects")
    try:
        content = json.loads(text, parse_int=float, parse_constant=_refuse)
    except RecursionError as error:
        raise TextGridError(f"{path}: is damaged (nested too deeply). Write it again.") from error
    except ValueError as error:
        raise TextGridError(f"{path}: is damaged, or not JSON ({str(error)[:100]}). Write it again.") from error
    parts = content if isinstance(content, dict) else {}
    start, duration, inside = parts.get("start", 0.0), parts.get("duration"), parts.get(what)
    if not (isinstance(start, float) and isinstance(duration, float) and 0 <= duration < math.inf):
        inside = None
    if not isinstance(inside, list):
        raise TextGridError(f"{path}: has no duration and {what}, as a JSON file of phonseg has. Give another file.")
    return parts, start, cast(float, duration), inside


def is_json_of_phonseg(text: str) -> bool:
    """Returns whether a text may be a JSON file that phonseg has written, even a damaged one.

    Args:
        text: the file.

    Returns:
        Whether it has the keys of such a file; also True if it is blank.
    """
    return not text.strip() or all(key.search(text) for key in _KEYS)


def _interval(path: str | Path, number: int, segment: Any) -> Interval:
    start, end, label = map(segment.get, ("start", "end", "label")) if isinstance(segment, dict) else (None,) * 3
    if not (isinstance(start, float) and isinstance(end, float) and isinstance(label, str)):
        raise TextGridError(f"{path}: segment {number} has no start, end and label. Write the file again.")
    return start, end, label


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
