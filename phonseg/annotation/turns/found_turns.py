"""Turns as they stand in a file -> `Diarization`: what all files of turns share."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from phonseg.annotation.intervals import ROUNDING, SAME_TIME, check_count, seconds, shown
from phonseg.annotation.label_file import is_called, own_name
from phonseg.annotation.rows import own_recording
from phonseg.errors import PhonsegWarning, TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

MAX_TURNS = 50_000  # of a recording: ten hours with more than a turn a second
MAX_RECORDINGS = 10_000
_SLACK = ROUNDING + SAME_TIME
_LISTED = 20  # how many recordings a message lists


def diarization_from_turns(
    path: str | Path,
    found: Sequence[Turn],
    place: Callable[[int], str],
    *,
    start: float = 0.0,
    end: float | None = None,
    recording: str | None = None,
) -> Diarization:
    """Turns the turns of a file into a diarization.

    Turns of one speaker that overlap are joined; a joined turn has the lower of their scores. If they overlap by 1 ms
    or less, that comes from rounding, and the earlier one ends where the later one starts. What lies before the start
    or after the end by 1 ms or less comes from rounding, too, and is cut off.

    Args:
        path: of the file, for messages.
        found: the turns, in any order. White space around names is dropped.
        place: returns where a turn, counted from 0, stands in the file, such as "line 3".
        start: of the recording on its own time axis, in seconds.
        end: of the recording, in seconds; None if the file does not tell it, for the end of the last turn.
        recording: its name, as the file gives it; None or empty if the file gives none.

    Returns:
        The diarization. Its name is that of the recording; if there is none, or if the file is called after the
        recording, it is the name of the file without suffix.

    Raises:
        TextGridError: if a time is not finite, a turn ends before it starts or lies outside the recording, or has no
            speaker; if there are more than `MAX_TURNS`.

    Warns:
        PhonsegWarning: if turns without length are left out; if turns are joined; if scores are left out, since they
            are not from 0 to 1.
    """
    check_count(path, len(found), "turns", MAX_TURNS)
    if not math.isfinite(start) or not (end is None or start <= end < math.inf):
        raise TextGridError(f"{path}: runs from {start} to {end} s, which are no times. Correct them.")
    last = math.inf if end is None else end
    checked = [_checked(path, turn, place, i, start, last) for i, turn in enumerate(found)]
    lasting = [i for i, turn in enumerate(checked) if turn.start < turn.end]
    empty = sorted(set(range(len(found))).difference(lasting))
    _warn(path, "turns without length are left out", list(map(place, empty)))
    odd = [i for i in lasting if not (math.isnan(score := found[i].score) or 0 <= score <= 1)]
    _warn(path, "scores that are not from 0 to 1 are left out", list(map(place, odd)))
    lasting.sort(key=lambda i: checked[i][:2])
    turns = _joined(path, [checked[i] for i in lasting], lambda k: place(lasting[k]))
    latest = max((turn.end for turn in turns), default=start) if end is None else end
    duration = latest - start
    while start + duration < latest:  # by the error of the subtraction
        duration = math.nextafter(duration, math.inf)
    own = own_name(path)
    name = recording if recording and not is_called(recording, own) else own
    return Diarization(tuple(turns), duration, tells_duration=end is not None, start=start, name=name)


def warn(text: str) -> None:
    """Gives a warning that points at the line that called phonseg, however many of phonseg's functions lie between.

    Args:
        text: what should be checked.
    """
    level, frame = 1, inspect.currentframe()
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == "phonseg":
        level, frame = level + 1, frame.f_back
    warnings.warn(text, PhonsegWarning, stacklevel=level)


def numbers_in_line(path: str | Path, line: int, texts: Sequence[str], remedy: str) -> list[float]:
    """Reads the numbers in a line of text.

    Args:
        path: of the file, for messages.
        line: its number.
        texts: the numbers.
        remedy: what a line should hold, for messages.

    Returns:
        The numbers; NaN for an empty text.

    Raises:
        TextGridError: if one of the texts is no number.
    """
    try:
        return [seconds(text) if text else math.nan for text in texts]
    except ValueError as error:
        problem = f"line {line} is not a turn ({shown(str(error))!r} is no number)"
        raise TextGridError(f"{path}: {problem}. {remedy}.") from None


def chosen_recording(path: str | Path, names: Iterable[str], wanted: str | None) -> str | None:
    """Chooses a recording of a file.

    Args:
        path: of the file.
        names: of the recordings in it, which may be repeated.
        wanted: the name of one, with or without folders and suffix; None for the only one, or for the one that the file
            is called after.

    Returns:
        The name as it stands in the file; None if there is none.

    Raises:
        TextGridError: if no recording, or more than one, can be meant, with a list of them; if there are more than
            `MAX_RECORDINGS`.
    """
    different = list(dict.fromkeys(names))
    check_count(path, len(different), "recordings", MAX_RECORDINGS)
    if wanted is None:
        try:
            return own_recording(path, different)
        except TextGridError as error:
            message = str(error).partition(". Give a file")[0]
            raise TextGridError(f'{message}. Name one, such as recording="{shown(different[0])}".') from None
    if not different or wanted in different:
        return wanted if different else None
    chosen = [name for name in different if is_called(name, Path(wanted).name) or is_called(name, own_name(wanted))]
    if len(chosen) == 1:
        return chosen[0]
    listed = ", ".join(map(shown, different[:_LISTED]))
    more = f" and {len(different) - _LISTED} more" if len(different) > _LISTED else ""
    problem = f'{len(chosen) or "no"} recordings are called "{shown(wanted)}" (recordings: {listed}{more})'
    raise TextGridError(f"{path}: {problem}. Name one of them.")


def _checked(path: str | Path, turn: Turn, place: Callable[[int], str], i: int, start: float, end: float) -> Turn:
    """The turn inside the recording, with a name and a score that can be."""
    name = turn.speaker.strip()
    if not (math.isfinite(turn.start) and math.isfinite(turn.end) and turn.start <= turn.end):
        problem = f"{place(i)} runs from {turn.start} to {turn.end} s"
        raise TextGridError(f"{path}: {problem}. Give turns that end after they begin, in seconds.")
    if turn.start < start - _SLACK or turn.end > end + _SLACK:
        extent = f"before {start:g} s" if turn.start < start - _SLACK else f"after {end} s"
        problem = f"{place(i)} ({turn.start} to {turn.end} s) lies {extent}, outside the recording"
        raise TextGridError(f"{path}: {problem}. Correct it.")
    if not name:
        raise TextGridError(f"{path}: {place(i)} has no speaker. Give it a name.")
    score = turn.score if 0 <= turn.score <= 1 else math.nan
    return Turn(min(max(turn.start, start), end), min(max(turn.end, start), end), name, score)


def _joined(path: str | Path, turns: Sequence[Turn], place: Callable[[int], str]) -> list[Turn]:
    """Turns in order, none of which overlaps another one of its speaker."""
    kept: list[Turn] = []
    last: dict[str, int] = {}  # where the last turn of each speaker is in `kept`
    joined: list[str] = []
    for i, turn in enumerate(turns):
        k = last.get(turn.speaker, -1)
        before = kept[k] if k >= 0 else None
        if before is None or before.end <= turn.start:
            last[turn.speaker] = len(kept)
            kept.append(turn)
        elif before.end - turn.start <= _SLACK and before.start < turn.start and before.end < turn.end:
            kept[k] = before._replace(end=turn.start)
            last[turn.speaker] = len(kept)
            kept.append(turn)
        else:
            joined.append(place(i))
            score = math.nan if math.isnan(before.score + turn.score) else min(before.score, turn.score)
            kept[k] = before._replace(end=max(before.end, turn.end), score=score)
    _warn(path, "turns that overlap an earlier one of the same speaker are joined with it", joined)
    return kept


def _warn(path: str | Path, what: str, places: Sequence[str]) -> None:
    if places:
        more = f" and {len(places) - 10} more" if len(places) > 10 else ""
        warn(f"{path}: {what} ({', '.join(places[:10])}{more}).")
