"""`Diarization` -> RTTM, and back.

Each line is `SPEAKER recording channel start duration <NA> <NA> speaker score <NA>`, in seconds. Fields are separated
by white space. Source: NIST, The 2009 Rich Transcription Meeting Recognition Evaluation Plan, appendix A.
Spaces in names become _; names such as `speaker_1`, as phonseg's own become, are read with a space again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Context, Decimal
from itertools import islice
from pathlib import Path

from phonseg.annotation.encodings import read_text
from phonseg.annotation.intervals import MAX_INTERVALS, check_count, decimal, shown
from phonseg.annotation.rows import lines
from phonseg.annotation.turns.found_turns import chosen_recording, diarization_from_turns, numbers_in_line, warn
from phonseg.errors import TextGridError, printable
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

# The first words of lines that tell other things.
_OTHERS = frozenset(
    (
        *(
            "SEGMENT",
            "NOSCORE",
            "NO_RT_METADATA",
            "LEXEME",
            "NON-LEX",
            "NON-SPEECH",
            "FILLER",
            "EDIT",
            "IP",
            "SU",
            "CB",
        ),
        *("A/P", "SPKR-INFO"),
    )
)
_COMMENT = ";;"
_FEWEST, _MOST = 8, 10  # fields in a line; the last two may be missing
_OWN_NAME = re.compile(r"speaker_(\d+)", re.ASCII)
_REMEDY = "Give 'SPEAKER recording channel start duration <NA> <NA> speaker score <NA>', in seconds"

# The number of a line, and of its fields the recording, start, duration, speaker and score.
_Line = tuple[int, str, str, str, str, str]

NOTHING = "<NA>"  # stands where there is no value

# Start and duration are added as decimal numbers, so that an end that was written reads back as the same number.
_EXACT = Context(prec=60)


def rttm_bytes(diarization: Diarization, path: str | Path) -> bytes:
    """Makes an RTTM file; it is empty if nobody speaks.

    Args:
        diarization: what to write.
        path: what messages name; if the diarization knows no name of its recording, this file gives it its own.

    Returns:
        The whole file. White space in names has become _, since it separates fields.

    Raises:
        TextGridError: if the names of two speakers differ in white space alone, or a turn begins before 0 s.
    """
    names = {speaker: _word(speaker) for speaker in diarization.speakers}
    if len(set(names.values())) < len(names):
        one, other = next((a, b) for a in names for b in names if a < b and names[a] == names[b])
        problem = f'speakers "{shown(one)}" and "{shown(other)}" would both be called {names[one]} in RTTM'
        raise TextGridError(f"{path}: {problem}. Rename one of them.")
    if diarization.turns and diarization[0].start < 0:
        problem = f"a turn begins at {diarization[0].start:g} s, and RTTM has no times before 0"
        raise TextGridError(f"{path}: {problem}. Shift the times of the Sound to 0 in Praat.")
    recording = _word(Path(diarization.recording_name).stem or diarization.name or Path(path).stem)
    lines = (
        f"SPEAKER {recording} 1 {decimal(turn.start)} {_duration(turn.start, turn.end)} {NOTHING} {NOTHING} "
        f"{names[turn.speaker]} {NOTHING if math.isnan(turn.score) else decimal(turn.score)} {NOTHING}\n"
        for turn in diarization
    )
    return "".join(lines).encode("utf-8", "backslashreplace")


def read_rttm(path: str | Path, *, recording: str | None = None) -> Diarization:
    """Reads the turns of one recording in an RTTM file.

    Args:
        path: of the file. `;;` begins a comment; lines of other types than SPEAKER that RTTM has are skipped. Channels
            are not told apart.
        recording: the name of the recording, if the file holds several; None for the only one, or for the one that the
            file is called after.

    Returns:
        The turns. The duration is the end of the last one.

    Raises:
        TextGridError: with the line, if the file cannot be read or a line is no turn; if it holds several recordings,
            and it is not clear which is wanted.

    Warns:
        PhonsegWarning: if nobody speaks; and as `diarization_from_turns` says.
    """
    found = list(islice(_lines(path, read_text(path)), MAX_INTERVALS + 1))
    check_count(path, len(found), "lines")
    if not found:
        warn(f"{path}: holds no line SPEAKER, so nobody speaks in it.")
    own = chosen_recording(path, (name for _, name, *_ in found), recording)
    found = [line for line in found if line[1] == own]
    turns = [_turn(path, line) for line in found]
    named = None if own == NOTHING else own
    return diarization_from_turns(path, turns, lambda i: f"line {found[i][0]}", recording=named)


def _lines(path: str | Path, text: str) -> Iterator[_Line]:
    known: dict[str, str] = {}  # names, each of which is kept once
    for number, line in enumerate(lines(path, text), 1):
        fields = line.split(None, _MOST)
        if not fields or fields[0].startswith(_COMMENT) or fields[0] in _OTHERS:
            continue
        if fields[0] != "SPEAKER":
            problem = f"line {number} begins with {shown(fields[0])!r}, and not with SPEAKER"
            raise TextGridError(f"{path}: {problem}. {_REMEDY}.")
        if not _FEWEST <= len(fields) <= _MOST:
            problem = f"line {number} has {'more than 10' if len(fields) > _MOST else len(fields)} fields"
            raise TextGridError(f"{path}: {problem}. {_REMEDY}; write _ for a space in a name.")
        recording, speaker = known.setdefault(fields[1], fields[1]), known.setdefault(fields[7], fields[7])
        yield number, recording, fields[3], fields[4], speaker, fields[8] if len(fields) > _FEWEST else NOTHING


def _turn(path: str | Path, line: _Line) -> Turn:
    number, _, start, duration, speaker, score = line
    texts = start, duration, "" if score == NOTHING else score
    begin, length, certainty = numbers_in_line(path, number, texts, _REMEDY)
    if length < 0:
        raise TextGridError(f"{path}: line {number} lasts {length} s. Give a duration of 0 s or more.")
    own = _OWN_NAME.fullmatch(speaker)
    name = f"speaker {own[1]}" if own else "" if speaker == NOTHING else speaker
    return Turn(begin, float(_EXACT.add(Decimal(start), Decimal(duration))), name, certainty)


def _word(text: str) -> str:
    return printable("_".join(text.split())) or NOTHING


def _duration(start: float, end: float) -> str:
    """The decimal number that, added to the start, gives the end."""
    return f"{_EXACT.subtract(Decimal(decimal(end)), Decimal(decimal(start))).normalize(_EXACT):f}"
