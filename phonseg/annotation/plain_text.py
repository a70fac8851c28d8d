"""Label files in plain text -> `LabelFile`: `.phn`, `.phones`, `.lab`, Audacity's labels, CTM.

Sources: the documentation of TIMIT (start and end in samples, label); the CSLU Labeling Guide (a header with the length
of a frame, start and end in frames, label); xlabel(1) of ESPS/waves+, which Buckeye and Festival follow (a header that
ends with a line `#`, then the end of each segment in seconds, a colour and the label); the HTK Book (start and end in
units of 100 ns, label); https://manual.audacityteam.org/man/importing_and_exporting_labels.html; and the documentation
of NIST's sclite (recording, channel, start, duration, label).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from phonseg.annotation.encodings import read_text
from phonseg.annotation.intervals import MAX_INTERVALS, ROUNDING, SAME_TIME, check_count, seconds
from phonseg.annotation.label_file import LabelFile, name_of_recording
from phonseg.annotation.rows import Intervals, Row, check_same, intervals_from_rows, lines, own_recording, rows
from phonseg.errors import PhonsegWarning, TextGridError
from phonseg.timeline.grid import Times

HTK_RATE = 10_000_000  # units of 100 ns per second

_FRAME = re.compile(r"\s*MillisecondsPerFrame:\s*(\S+)\s", re.IGNORECASE)
_END_OF_HEADER = "end of header"
_AUDACITY = re.compile(r"\s*[-+]?\d+([.,]\d*)?\t[-+]?\d+([.,]\d*)?\s*(\t|$)", re.ASCII)
_BESIDE_A_LABEL = "\\"  # begins the lines in which Audacity keeps the frequencies of a label


def read_phn(path: str | Path, *, sample_rate: int = 16_000) -> LabelFile:
    """Reads a `.phn` file of TIMIT or CSLU (OGI), in which each line is `start end label`.

    In TIMIT times are in samples. In CSLU a header `MillisecondsPerFrame: x`, `END OF HEADER` says how long the frames
    are in which times are counted.

    Args:
        path: of the file.
        sample_rate: samples per second; 16 kHz in TIMIT. It plays no part after a header of CSLU.

    Returns:
        The segments. The duration is the end of the last one; recordings of TIMIT may be longer.

    Raises:
        TextGridError: with the line, if the file cannot be read or its segments overlap.

    Warns:
        PhonsegWarning: if gaps or overlaps are taken as rounding.
    """
    text = read_text(path)
    found = rows(path, text)
    if not (header := _FRAME.match(text)):
        placed = intervals_from_rows(path, found, "Give 'start end label', in whole samples", whole=True)
        return LabelFile(placed.in_units_of(1, sample_rate).segments(path), per_second=sample_rate)
    head = next((i for i, (_, fields) in enumerate(found) if " ".join(fields).lower() == _END_OF_HEADER), None)
    if head is None:
        raise TextGridError(f"{path}: its header does not end. Write a line END OF HEADER below it.")
    placed = intervals_from_rows(path, found[head + 1 :], "Give 'start end label', in whole frames", whole=True)
    return LabelFile(placed.in_units_of(_milliseconds(path, header[1]), 1000).segments(path))


def read_lab(path: str | Path) -> LabelFile:
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
        PhonsegWarning: if there are segments without length, as in Buckeye, which are left out; if gaps or overlaps are
            taken as rounding.
    """
    found = rows(path, read_text(path))
    head = next((i for i, (_, fields) in enumerate(found) if fields == ("#",)), None)
    if head is not None:
        return LabelFile(_from_ends(path, found[head + 1 :]).segments(path))
    if not all(time.isdecimal() for _, fields in found for time in fields[:2]):
        return LabelFile(intervals_from_rows(path, found, "Give 'start end label', in seconds").segments(path))
    placed = intervals_from_rows(path, found, "Give 'start end label', in units of 100 ns", whole=True)
    return LabelFile(placed.in_units_of(1, HTK_RATE).segments(path), per_second=HTK_RATE)


def read_audacity(path: str | Path) -> LabelFile:
    """Reads labels that Audacity has exported: `start`, `end` and `label` in each line, separated by tabs, in seconds.

    Args:
        path: of the file. The frequencies of labels are skipped. Decimals may follow a comma.

    Returns:
        The segments. The duration is the end of the last one.

    Raises:
        TextGridError: with the line, if the file cannot be read or its segments overlap, as those of several tracks do.

    Warns:
        PhonsegWarning: if there are labels at points in time, which are left out; if gaps or overlaps are taken as
            rounding.
    """
    found = audacity_rows(path)
    points = [number for number, (start, end, _) in found if start == end]
    _warn_of_empty(path, "labels at one point in time", points)
    spans = [row for row in found if row[1][0] != row[1][1]] if points else found
    remedy = "Give start, end and label, in seconds, with tabs between them"
    return LabelFile(intervals_from_rows(path, spans, remedy).segments(path))


def is_audacity(text: str) -> bool:
    """Returns whether a text may be labels of Audacity rather than a transcript.

    Args:
        text: the first lines of the file.

    Returns:
        Whether one of its first 20 lines begins with two numbers that a tab separates.
    """
    return any(_AUDACITY.match(line[0]) for line in islice(re.finditer(r"\S[^\r\n]*", text), 20))


def read_ctm(path: str | Path) -> LabelFile:
    """Reads a CTM file, in which each line is `recording channel start duration label`, in seconds.

    Args:
        path: of the file. If it holds several recordings, the one of the same name is read. `;;` begins a comment.

    Returns:
        The segments in order of time; the label `<eps>` is an empty label. The duration is the end of the last one.

    Raises:
        TextGridError: with the line, if the file cannot be read or its segments overlap; if it holds several recordings
            and none of its own name, or several channels of the recording.

    Warns:
        PhonsegWarning: if gaps or overlaps are taken as rounding.
    """
    found = [row for row in rows(path, read_text(path), fields=6) if not row[1][0].startswith(";;")]
    own = own_recording(path, (fields[0] for _, fields in found))
    found = [row for row in found if row[1][0] == own]
    check_same(path, "channel", (fields[1] for _, fields in found if len(fields) > 1))
    placed = intervals_from_rows(
        path, found, "Give 'recording channel start duration label', in seconds", columns=(2, 3, 4)
    )
    order = np.argsort(placed.times[:, 0], kind="stable").tolist()
    # Nine decimals: the error of the addition goes.
    starts, ends = placed.times[:, 0], np.round(placed.times.sum(axis=1), 9)
    _check_durations(path, placed.times[order])
    labels = ["" if (label := placed.labels[i]) == "<eps>" else label for i in order]
    times, numbers = np.stack([starts, ends], axis=1)[order], [placed.lines[i] for i in order]
    segments = Intervals(times, labels, numbers, placed.unit).segments(path)
    return LabelFile(segments, recording=name_of_recording(path, [own or ""]))


def _check_durations(path: str | Path, numbers: Times) -> None:
    """Raises TextGridError if the third and the fourth number of lines in order are starts and ends."""
    starts, lasts = numbers.T
    overlap = starts[:-1] + lasts[:-1] > starts[1:] + ROUNDING
    if np.any(overlap) and np.all(starts < lasts) and np.all(lasts[:-1] <= starts[1:] + ROUNDING):
        problem = "gives the ends of the segments after their starts, where CTM has durations"
        raise TextGridError(f"{path}: {problem}. Subtract the starts from the ends.")


def _milliseconds(path: str | Path, text: str) -> float:
    try:
        if (frame := seconds(text)) > 0:
            return frame
    except ValueError:
        pass
    raise TextGridError(f"{path}: MillisecondsPerFrame is {text[:40]!r}. Give the milliseconds of a frame, above 0.")


def _from_ends(path: str | Path, found: Sequence[Row]) -> Intervals:
    """The intervals in rows `end colour label`; each starts at the end of the one before."""
    read = intervals_from_rows(path, found, "Give 'end colour label', in seconds", columns=(0, 0, 2))
    times = read.times.copy()
    times[:, 0] = np.append(0.0, times[:-1, 1]) if len(times) else []
    lasting = np.abs(times[:, 1] - times[:, 0]) > SAME_TIME
    # At 0 s Buckeye has a mark, which is not a segment.
    empty = [read.lines[i] for i in np.flatnonzero(~lasting & (times[:, 0] > 0)).tolist()]
    _warn_of_empty(path, "segments without length", empty)
    kept = np.flatnonzero(lasting).tolist()
    labels, numbers = [read.labels[i].split(";")[0] for i in kept], [read.lines[i] for i in kept]
    return Intervals(times[kept], labels, numbers, read.unit)


def _warn_of_empty(path: str | Path, what: str, numbers: list[int]) -> None:
    if numbers:
        found = ", ".join(f"line {number}" for number in numbers[:10])
        more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
        warnings.warn(f"{path}: {what} are left out ({found}{more}).", PhonsegWarning, stacklevel=3)


def audacity_rows(path: str | Path) -> list[Row]:
    """Returns the labels that Audacity has exported: start, end and label.

    Args:
        path: of the file. The frequencies of labels are skipped. Decimal commas become points.

    Raises:
        TextGridError: if the file cannot be read, or holds more than `MAX_INTERVALS`.
    """
    found = list(islice(_audacity_rows(path, read_text(path)), MAX_INTERVALS + 1))
    check_count(path, len(found), "lines")
    return found


def _audacity_rows(path: str | Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(lines(path, text), 1):
        if line.strip() and not line.startswith(_BESIDE_A_LABEL):
            start, end, label = [*line.split("\t", 2), "", ""][:3]
            yield number, (start.strip().replace(",", "."), end.strip().replace(",", "."), label)
