"""`Segmentation` <-> Praat TextGrid.

TextGrids are written here: praatio's writer strips labels and merges intervals that it finds too short, so what it
writes does not always read back the same. Text is read by praatio; what praatio refuses, or may have read in part, is
given to Praat itself (through parselmouth, loaded only then), which names the line where a file is damaged.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from phonseg.errors import ConfigurationError, TextGridError
from phonseg.praat_binary import MAGIC, Grid, Interval, Tier, read_binary
from phonseg.rows import SLACK, in_a_row, read_bytes
from phonseg.segmentation import Segmentation
from phonseg.textgrid_layout import check_not_blank
from phonseg.textgrid_tiers import with_tiers
from phonseg.writing import replacing

CHECK = "check"  # the name of the tier with what a person should check


def write_textgrid(
    segmentation: Segmentation,
    path: str | Path,
    *,
    tier: str = "phones",
    check: int = 0,
    into: str | Path | None = None,
    overwrite: bool = False,
) -> None:
    """Write an interval tier as a TextGrid: long text format, UTF-8, last time equal to the duration.

    Every time reads back as the same number, bit for bit. Segments without labels are numbered from 1. An existing
    file is replaced only once the new one is complete. check: how many of the least certain decisions to mark in a
    point tier `check`, see `phonseg.decisions`. into: a TextGrid (which may be `path`) that the tiers are added to, and
    in which nothing else changes, see `phonseg.textgrid_tiers`; a tier of the same name is replaced if `overwrite`.

    Raises TextGridError where Praat could not read the result (no duration, a label or a tier name that is not text),
    or the TextGrid cannot be added to; ConfigurationError where there is nothing to check; OutputError where the file
    cannot be written.
    """
    data = textgrid_bytes(segmentation, path, tier=tier, check=check)
    if into is not None:
        data = with_tiers(read_bytes(Path(into)), data, into, replaceable=(tier, CHECK) if overwrite else ())
    with replacing(path) as partial:
        partial.write_bytes(data)


def textgrid_bytes(segmentation: Segmentation, path: str | Path, *, tier: str = "phones", check: int = 0) -> bytes:
    """What `write_textgrid` writes. path: what a TextGridError names."""
    if segmentation.duration <= 0:
        raise TextGridError(f"{path}: the recording is 0 s long, and a TextGrid cannot be. Leave this recording out.")
    if check and tier == CHECK:
        raise ConfigurationError(f"tier is {tier}, as is the tier of what to check. Give the tier another name.")
    extent = f"xmin = 0.0\n{{indent}}xmax = {_number(segmentation.duration)}\n"
    lines = ['File type = "ooTextFile"\nObject class = "TextGrid"\n\n', extent.format(indent="")]
    lines.append(f"tiers? <exists>\nsize = {2 if check else 1}\nitem []:\n")
    lines.append(f'    item [1]:\n        class = "IntervalTier"\n        name = {_quoted(tier, path)}\n')
    lines.append("        " + extent.format(indent=" " * 8) + f"        intervals: size = {len(segmentation)}\n")
    lines.extend(
        f"        intervals [{number}]:\n            xmin = {_number(start)}\n            xmax = {_number(end)}\n"
        f"            text = {_quoted(label, path)}\n"
        for number, (start, end, label) in enumerate(segmentation.intervals(), 1)
    )
    if check:
        decisions = segmentation.to_check(check)
        ranks = {decision: rank for rank, decision in enumerate(decisions, 1)}
        lines.append(f'    item [2]:\n        class = "TextTier"\n        name = "{CHECK}"\n        ')
        lines.append(extent.format(indent=" " * 8) + f"        points: size = {len(decisions)}\n")
        lines.extend(
            f"        points [{number}]:\n            number = {_number(decision.time)}\n"
            f'            mark = "{ranks[decision]}: {decision}"\n'
            for number, decision in enumerate(sorted(decisions, key=lambda decision: decision.time), 1)
        )
    return "".join(lines).encode()


def read_textgrid(path: str | Path, *, tier: str | None = "phones") -> Segmentation:
    """Read one interval tier of a Praat TextGrid: text (UTF-8, UTF-16, Latin-1; long or short) or binary.

    tier: its name; None takes the only interval tier. All intervals count, empty ones too (silence, label ""); where
    no interval was drawn, an empty one stands. White space around labels is dropped. The duration is the TextGrid's.

    Raises TextGridError, with the line or the interval, when the file cannot be read, has no such tier or more than
    one, holds intervals that overlap or have no length, or does not start at 0 s.
    """
    start, end, tiers = _read_grid(Path(path))
    if not abs(start) <= SLACK:
        raise TextGridError(
            f"{path}: the TextGrid starts at {start} s, whereas a recording starts at 0 s. "
            'Shift it in Praat (Modify > Modify times > "Shift times to...").'
        )
    name, intervals = _choose(path, tiers, tier)
    return in_a_row(path, [f'interval {i + 1} of tier "{name}"' for i in range(len(intervals))], intervals, end)


def _number(seconds: float) -> str:
    """The shortest decimal number that reads back as the same time; without exponent, which some programs refuse."""
    return np.format_float_positional(seconds, trim="0")


def _quoted(text: str, path: str | Path) -> str:
    if any(character in "\r\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise TextGridError(f"{path}: {text!r} holds characters that a TextGrid cannot hold. Give it another name.")
    return '"' + text.replace('"', '""') + '"'


def _read_grid(path: Path) -> Grid:
    data = read_bytes(path)
    check_not_blank(data, path)
    head = data[:200].replace(b"\0", b"")  # without those of UTF-16
    if not (b"ooTextFile" in head or head.startswith(b"ooBinaryFile")):
        raise TextGridError(f"{path}: is not a Praat TextGrid (begins with {data[:20]!r}). Save it again from Praat.")
    if data.startswith(MAGIC):
        try:
            return read_binary(data)
        except ValueError as error:
            raise TextGridError(f"{path}: is damaged ({error}). Save it again from Praat.") from error
    if not re.search(rb'ooTextFile[^"]*"\s+[^"]*"TextGrid"', head):
        raise TextGridError(
            f"{path}: is a Praat file, but not a TextGrid. Open it in Praat and save the TextGrid alone."
        )
    return _read_with_praatio(path) or _read_with_praat(path, data)


def _read_with_praatio(path: Path) -> Grid | None:
    """None where praatio refuses the file, or may have read a part of it.

    praatio stops without a word at the first interval that it does not understand, and takes no notice of minus signs.
    Only where all interval tiers run from start to end without gap is it sure that nothing is missing.
    """
    from praatio.textgrid import IntervalTier, openTextgrid

    try:
        grid = openTextgrid(str(path), includeEmptyIntervals=True, reportingMode="silence")
    except Exception:  # praatio meets what it does not know with whatever exception comes; Praat has the last word
        return None
    tiers: list[Tier] = []
    for tier in grid.tiers:
        if not isinstance(tier, IntervalTier):
            tiers.append((tier.name, None))
            continue
        ends = [grid.minTimestamp, *(interval.end for interval in tier.entries)]
        starts = [*(interval.start for interval in tier.entries), grid.maxTimestamp]
        if not np.allclose(ends, starts, rtol=0, atol=SLACK):
            return None
        tiers.append((tier.name, list(tier.entries)))
    return grid.minTimestamp, grid.maxTimestamp, tiers


def _read_with_praat(path: Path, data: bytes) -> Grid:
    import parselmouth
    from parselmouth.praat import call

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.TextGrid")  # parselmouth cannot open every name that a file may have
        copy.write_bytes(data)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", parselmouth.PraatWarning)  # of zero bytes, which no text has
                grid = parselmouth.read(str(copy))
        except (parselmouth.PraatError, parselmouth.PraatWarning) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise TextGridError(f"{path}: is damaged (Praat says: {reason}). Save it again from Praat.") from error
    tiers: list[Tier] = []
    for number in range(1, call(grid, "Get number of tiers") + 1):
        intervals = None
        if call(grid, "Is interval tier", number):
            queries = ("Get start time of interval", "Get end time of interval", "Get label of interval")
            count = call(grid, "Get number of intervals", number)
            intervals = [tuple(call(grid, query, number, i + 1) for query in queries) for i in range(count)]
        tiers.append((call(grid, "Get tier name", number), intervals))
    return grid.xmin, grid.xmax, tiers


def _choose(path: str | Path, tiers: Sequence[Tier], name: str | None) -> tuple[str, list[Interval]]:
    chosen = [tier for tier in tiers if (tier[1] is not None if name is None else tier[0] == name)]
    if len(chosen) == 1 and chosen[0][1] is not None:
        return chosen[0][0], chosen[0][1]
    kinds = [f'"{tier}" ({"points" if intervals is None else "intervals"})' for tier, intervals in tiers]
    if name is None:
        problem = f"{len(chosen) or 'no'} interval tiers, where one was expected"
    elif len(chosen) == 1:
        problem = f'tier "{name}" holds points, not intervals'
    else:
        problem = f'{len(chosen)} tiers are called "{name}"' if chosen else f'no tier is called "{name}"'
    raise TextGridError(f"{path}: {problem} (tiers: {', '.join(kinds) or 'none'}). Give the name of one interval tier.")
