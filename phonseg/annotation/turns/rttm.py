"""`Diarization` -> RTTM.

Each line is `SPEAKER recording channel start duration <NA> <NA> speaker score <NA>`, in seconds. Fields are separated
by white space. Source: NIST, The 2009 Rich Transcription Meeting Recognition Evaluation Plan, appendix A.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal
from pathlib import Path

from phonseg.annotation.intervals import decimal, shown
from phonseg.errors import TextGridError, printable
from phonseg.timeline.diarization import Diarization

NOTHING = "<NA>"  # stands where there is no value

# Start and duration are added as decimal numbers, so that an end that was written reads back as the same number.
_EXACT = Context(prec=60)


def rttm_bytes(diarization: Diarization, path: str | Path) -> bytes:
    """Makes an RTTM file; it is empty if nobody speaks.

    Args:
        diarization: what to write.
        path: what messages name; if the diarization names no recording, the recording has the name of this file.

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
    recording = _word(Path(diarization.recording_name or path).stem)
    lines = (
        f"SPEAKER {recording} 1 {decimal(turn.start)} {_duration(turn.start, turn.end)} {NOTHING} {NOTHING} "
        f"{names[turn.speaker]} {NOTHING if math.isnan(turn.score) else decimal(turn.score)} {NOTHING}\n"
        for turn in diarization
    )
    return "".join(lines).encode("utf-8", "backslashreplace")


def _word(text: str) -> str:
    return printable("_".join(text.split())) or NOTHING


def _duration(start: float, end: float) -> str:
    """The decimal number that, added to the start, gives the end."""
    return f"{_EXACT.subtract(Decimal(decimal(end)), Decimal(decimal(start))):f}"
