"""`Segmentation` -> Praat TextGrid: long text format, UTF-8, last time equal to the duration."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from phonseg.annotation.intervals import read_bytes
from phonseg.annotation.textgrid.add_tiers import add_tiers
from phonseg.errors import ConfigurationError, TextGridError
from phonseg.system.atomic_files import replacing
from phonseg.timeline.segmentation import Segmentation

CHECK = "check"  # the name of the tier with what a person should check
UNFIT = re.compile("[\r\0\ud800-\udfff]")  # characters that a TextGrid cannot hold


def write_textgrid(
    segmentation: Segmentation,
    path: str | Path,
    *,
    tier: str = "phones",
    check: int = 0,
    into: str | Path | None = None,
    overwrite: bool = False,
) -> None:
    """Write an interval tier as a TextGrid, or add it to one.

    Every time reads back as the same number, bit for bit. Segments without labels are numbered from 1. An existing
    file is replaced only once the new one is complete.

    Args:
        segmentation: what to write.
        path: of the file.
        tier: the name of the tier.
        check: how many of the least certain decisions to mark in a point tier `check`, see
            `phonseg.timeline.candidates`.
        into: a TextGrid (which may be `path`) that the tiers are added to, and in which nothing else changes, see
            `phonseg.annotation.textgrid.add_tiers`.
        overwrite: whether a tier of the same name is replaced there.

    Raises:
        TextGridError: where Praat could not read the result (no duration, a label or a tier name that is not text), or
            the TextGrid cannot be added to.
        ConfigurationError: where there is nothing to check.
        OutputError: where the file cannot be written.
    """
    data = textgrid_bytes(segmentation, path, tier=tier, check=check)
    if into is not None:
        data = add_tiers(read_bytes(Path(into)), data, into, replaceable=(tier, CHECK) if overwrite else ())
    with replacing(path) as partial:
        partial.write_bytes(data)


def check_tiers(tier: str, check: int) -> None:
    """Checks, before anything is segmented, that tiers can be written.

    Args:
        tier: the name of the interval tier.
        check: how many decisions the tier `check` shows; 0 for no such tier.

    Raises:
        ConfigurationError: if a TextGrid cannot hold the name, or both tiers would have the same.
    """
    if UNFIT.search(tier):
        raise ConfigurationError(f"tier is {tier!r}, which a TextGrid cannot hold. Give another name.")
    if check and tier == CHECK:
        raise ConfigurationError(f"tier is {tier}, as is the tier of what to check. Give the tier another name.")


def textgrid_bytes(segmentation: Segmentation, path: str | Path, *, tier: str = "phones", check: int = 0) -> bytes:
    """What `write_textgrid` writes.

    Args:
        segmentation: as there.
        path: what a TextGridError names.
        tier: as there.
        check: as there.

    Returns:
        The whole file.

    Raises:
        TextGridError: as there.
        ConfigurationError: as there.
    """
    if segmentation.duration <= 0:
        raise TextGridError(f"{path}: the recording is 0 s long, and a TextGrid cannot be. Leave this recording out.")
    check_tiers(tier, check)
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


def _number(seconds: float) -> str:
    """The shortest decimal number that reads back as the same time; without exponent, which some programs refuse."""
    return np.format_float_positional(seconds, trim="0")


def _quoted(text: str, path: str | Path) -> str:
    if UNFIT.search(text):
        raise TextGridError(f"{path}: {text!r} holds characters that a TextGrid cannot hold. Give it another name.")
    return '"' + text.replace('"', '""') + '"'
