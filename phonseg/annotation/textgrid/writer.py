"""`Segmentation`, or tiers of intervals and points -> Praat TextGrid in the long text form, in UTF-8."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from phonseg.annotation.encodings import read_bytes
from phonseg.annotation.intervals import Interval, decimal
from phonseg.annotation.textgrid.add_tiers import add_tiers
from phonseg.annotation.textgrid.tier import INTERVALS, POINTS
from phonseg.errors import ConfigurationError, TextGridError
from phonseg.system.atomic_files import replacing
from phonseg.timeline.segmentation import Segmentation

CHECK = "check"  # the name of the tier that shows the least certain decisions
NOT_IN_TEXTGRID = re.compile("[\r\0\ud800-\udfff]")  # characters that a TextGrid cannot hold


class NewTier(NamedTuple):
    """A tier that is to be written.

    Attributes:
        kind: its class, `INTERVALS` or `POINTS`.
        name: of the tier.
        entries: start and end in seconds, and label; a point starts and ends at its time.
    """

    kind: str
    name: str
    entries: Sequence[Interval]


def write_textgrid(
    segmentation: Segmentation,
    path: str | Path,
    *,
    tier: str = "phones",
    check: int = 0,
    into: str | Path | None = None,
    overwrite: bool = False,
) -> None:
    """Writes an interval tier as a TextGrid, or adds it to one.

    Every time reads back as the same number, bit for bit; with `into`, the last segment ends where that TextGrid ends.
    Segments without labels are numbered from 1. An existing file is replaced only when the new one is complete.

    Args:
        segmentation: what to write.
        path: of the file.
        tier: the name of the tier.
        check: how many of the least certain decisions to mark in a point tier `check`; 0 for no such tier. See
            `phonseg.timeline.candidates`.
        into: a TextGrid (which may be `path`) to which the tiers are added, and in which nothing else changes; None for
            a new TextGrid. See `phonseg.annotation.textgrid.add_tiers`.
        overwrite: whether tiers of the same names in `into` are replaced.

    Raises:
        TextGridError: if the duration is 0, if a label holds a carriage return, a null character or a surrogate, or if
            the tiers cannot be added to `into`.
        ConfigurationError: if a TextGrid cannot hold the name of the tier, if the tier is called check and `check` is
            above 0, if `check` is negative, or if decisions are to be checked and the segmentation has no candidates.
        OutputError: if the file cannot be written.
    """
    data = textgrid_bytes(segmentation, path, tier=tier, check=check)
    save_textgrid(data, path, into, (tier, CHECK) if overwrite else ())


def save_textgrid(new: bytes, path: str | Path, into: str | Path | None, replaceable: Collection[str]) -> None:
    """Writes a TextGrid, or adds its tiers to another one.

    Args:
        new: the whole file.
        path: of the file, which is replaced if it exists.
        into: a TextGrid (which may be `path`) to which the tiers are added; None for a new TextGrid.
        replaceable: names of tiers that are replaced in `into`.

    Raises:
        TextGridError: if the tiers cannot be added to `into`.
        OutputError: if the file cannot be written.
    """
    data = new if into is None else add_tiers(read_bytes(into), new, into, replaceable=replaceable)
    with replacing(path) as partial:
        partial.write_bytes(data)


def check_tiers(tier: str, check: int) -> None:
    """Checks, before anything is segmented, that tiers can be written.

    Args:
        tier: the name of the interval tier.
        check: how many decisions the tier `check` shows; 0 for no such tier.

    Raises:
        ConfigurationError: if a TextGrid cannot hold the name, or both tiers would have the same name.
    """
    if NOT_IN_TEXTGRID.search(tier):
        raise ConfigurationError(f"tier is {tier!r}, which a TextGrid cannot hold. Give another name.")
    if check and tier == CHECK:
        raise ConfigurationError(f"tier is {tier}, as is the tier of what to check. Give the tier another name.")


def textgrid_bytes(segmentation: Segmentation, path: str | Path, *, tier: str = "phones", check: int = 0) -> bytes:
    """Makes a TextGrid with an interval tier and, if wanted, a point tier of decisions to check.

    Args:
        segmentation: what to write.
        path: what messages name.
        tier: the name of the interval tier.
        check: how many of the least certain decisions the point tier `check` shows; 0 for no such tier.

    Returns:
        The whole file.

    Raises:
        TextGridError: if the duration is 0, or if a label holds a carriage return, a null character or a surrogate.
        ConfigurationError: if a TextGrid cannot hold the name of the tier, if the tier is called check and `check` is
            above 0, if `check` is negative, or if decisions are to be checked and the segmentation has no candidates.
    """
    check_tiers(tier, check)
    tiers = [NewTier(INTERVALS, tier, list(segmentation.intervals()))]
    if check:
        ranked = sorted(enumerate(segmentation.to_check(check), 1), key=lambda one: one[1].time)
        tiers.append(NewTier(POINTS, CHECK, [(one.time, one.time, f"{rank}: {one}") for rank, one in ranked]))
    return tiers_bytes(tiers, segmentation.start, segmentation.end, path)


def tiers_bytes(tiers: Sequence[NewTier], start: float, end: float, path: str | Path) -> bytes:
    """Makes a TextGrid with these tiers.

    Args:
        tiers: one or more, in order.
        start: of the recording, in seconds.
        end: of the recording, in seconds, after the start.
        path: what messages name.

    Returns:
        The whole file.

    Raises:
        TextGridError: if the recording has no length, or if a label or a name holds a carriage return, a null character
            or a surrogate.
    """
    if end <= start:
        raise TextGridError(f"{path}: the recording is 0 s long, and a TextGrid cannot be. Leave this recording out.")
    first, last = decimal(start), decimal(end)
    text = f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = {first}\nxmax = {last}\n'
    text += f"tiers? <exists>\nsize = {len(tiers)}\nitem []:\n"
    for number, (kind, name, entries) in enumerate(tiers, 1):
        items, written = ("intervals", _interval) if kind == INTERVALS else ("points", _point)
        text += f'    item [{number}]:\n        class = "{kind}"\n        name = {_quoted(name, path)}\n'
        text += f"        xmin = {first}\n        xmax = {last}\n        {items}: size = {len(entries)}\n"
        text += "".join(
            f"        {items} [{i}]:\n            {written(entry, path)}\n" for i, entry in enumerate(entries, 1)
        )
    return text.encode()


def _interval(interval: Interval, path: str | Path) -> str:
    start, end, label = interval
    indent = "\n            "
    return f"xmin = {decimal(start)}{indent}xmax = {decimal(end)}{indent}text = {_quoted(label, path)}"


def _point(interval: Interval, path: str | Path) -> str:
    time, _, mark = interval
    return f"number = {decimal(time)}\n            mark = {_quoted(mark, path)}"


def _quoted(text: str, path: str | Path) -> str:
    if NOT_IN_TEXTGRID.search(text):
        raise TextGridError(f"{path}: {text!r} holds characters that a TextGrid cannot hold. Change this label.")
    return '"' + text.replace('"', '""') + '"'
