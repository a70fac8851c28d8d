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
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from phonseg.annotation.encodings import read_text
from phonseg.annotation.intervals import SAME_TIME, Interval, seconds
from phonseg.annotation.label_file import LabelFile
from phonseg.annotation.rows import Intervals, Row, intervals_from_rows, lines, own_recording, rows
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError

HTK_RATE = 10_000_000  # units of 100 ns per second

_WHOLE = re.compile(r"[-+]?\d{1,15}", re.ASCII)
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
        sample_rate: samples per second, 1 or more; 16 kHz in TIMIT. It plays no part after a header of CSLU.

    Returns:
        The segments. The duration is the end of the last one; recordings of TIMIT may be longer.

    Raises:
        TextGridError: with the line, if the file cannot be read or its segments overlap.
        ConfigurationError: if `sample_rate` is below 1.

    Warns:
        PhonsegWarning: if gaps or overlaps are taken as rounding.
    """
    if not sample_rate >= 1:
        raise ConfigurationError(f"sample_rate is {sample_rate}. Give samples per second.")
    text = read_text(path)
    if header := _FRAME.match(text):
        frame = _milliseconds(path, header[1])
        found = rows(text)
        if not any(" ".join(fields).lower() == _END_OF_HEADER for _, fields in found):
            raise TextGridError(f"{path}: its header does not end. Write a line END OF HEADER below it.")
        remedy = "Give 'start end label', in whole frames"
        placed = intervals_from_rows(path, found, remedy, read=lambda time: _whole(time) * frame / 1000)
        return LabelFile(placed.segments(path, unit=frame / 1000))
    remedy = "Give 'start end label', in whole samples"
    placed = intervals_from_rows(path, rows(text), remedy, read=lambda time: _whole(time) / sample_rate)
    return LabelFile(placed.segments(path, unit=1 / sample_rate))


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
    text = read_text(path)
    found = rows(text)
    if "#" in text and any(fields == ["#"] for _, fields in found):
        return LabelFile(_from_ends(path, found).segments(path))
    if all(_WHOLE.fullmatch(time) for _, fields in rows(text) for time in fields[:2]):
        remedy = "Give 'start end label', in units of 100 ns"
        placed = intervals_from_rows(path, rows(text), remedy, read=lambda time: _whole(time) / HTK_RATE)
        return LabelFile(placed.segments(path, unit=1 / HTK_RATE))
    return LabelFile(intervals_from_rows(path, rows(text), "Give 'start end label', in seconds").segments(path))


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
    split = _audacity_rows(read_text(path))
    points: list[int] = []

    def spans() -> Iterator[Row]:
        for number, fields in split:
            if len(fields) > 1 and fields[0] == fields[1]:
                points.append(number)
            else:
                yield number, fields

    placed = intervals_from_rows(path, spans(), "Give start, end and label, in seconds, with tabs between them")
    _warn_of_empty(path, "labels at one point in time", points)
    return LabelFile(placed.segments(path))


def is_audacity(text: str) -> bool:
    """Returns whether a text may be labels of Audacity rather than a transcript.

    Args:
        text: the first lines of the file.

    Returns:
        Whether one of its first 20 lines begins with two numbers that a tab separates.
    """
    return any(_AUDACITY.match(line) for line in islice(lines(text), 20))


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
    text = read_text(path)
    own = own_recording(path, (fields[0] for _, fields in _ctm_rows(text)))
    chosen = [row for row in _ctm_rows(text) if row[1][0] == own]
    channels = dict.fromkeys(fields[1] for _, fields in chosen if len(fields) > 1)
    if len(channels) > 1:
        found = ", ".join(list(channels)[:20])
        raise TextGridError(f"{path}: holds {len(channels)} channels ({found}). Give a file for each channel.")
    remedy = "Give 'recording channel start duration label', in seconds"
    placed = intervals_from_rows(path, chosen, remedy, columns=(2, 3, 4))
    # Nine decimals: the error of the addition goes.
    timed = [
        (line, (start, round(start + duration, 9), "" if label == "<eps>" else label))
        for line, (start, duration, label) in zip(placed.lines, placed.intervals, strict=True)
    ]
    timed.sort(key=lambda one: one[1][0])
    in_order = Intervals([interval for _, interval in timed], [line for line, _ in timed], placed.unit)
    return LabelFile(in_order.segments(path))


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _milliseconds(path: str | Path, text: str) -> float:
    try:
        if (frame := seconds(text)) > 0:
            return frame
    except ValueError:
        pass
    raise TextGridError(f"{path}: MillisecondsPerFrame is {text[:40]!r}. Give the milliseconds of a frame, above 0.")


def _from_ends(path: str | Path, found: Iterator[Row]) -> Intervals:
    """The intervals in rows `end colour label`; each starts at the end of the one before."""
    ends = intervals_from_rows(path, found, "Give 'end colour label', in seconds", columns=(0, 0, 2))
    intervals: list[Interval] = []
    numbers: list[int] = []
    empty: list[int] = []
    start = 0.0
    for number, (_, end, label) in zip(ends.lines, ends.intervals, strict=True):
        if abs(end - start) <= SAME_TIME:
            empty += [number] if start > 0 else []  # at 0 s Buckeye has a mark, which is not a segment
            continue
        intervals.append((start, end, label.split(";")[0]))
        numbers.append(number)
        start = end
    _warn_of_empty(path, "segments without length", empty)
    return Intervals(intervals, numbers, ends.unit)


def _warn_of_empty(path: str | Path, what: str, numbers: list[int]) -> None:
    if numbers:
        found = ", ".join(f"line {number}" for number in numbers[:10])
        more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
        warnings.warn(f"{path}: {what} are left out ({found}{more}).", PhonsegWarning, stacklevel=3)


def _audacity_rows(text: str) -> Iterator[Row]:
    for number, line in enumerate(lines(text), 1):
        if not line.strip() or line.startswith(_BESIDE_A_LABEL):
            continue
        start, end, label = [*line.split("\t", 2), "", ""][:3]
        yield number, (start.strip().replace(",", "."), end.strip().replace(",", "."), label)


def _ctm_rows(text: str) -> Iterator[Row]:
    return ((number, fields) for number, fields in rows(text, fields=6) if not fields[0].startswith(";;"))
