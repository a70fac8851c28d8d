"""`Segmentation` -> the bytes of a TextGrid, CSV, JSON, CTM, Audacity or ELAN file.

Times read back as the same numbers, except in ELAN files, which have whole milliseconds. In CSV, CTM and Audacity's
files, control characters of names and labels are escaped; line breaks stay in the labels of CSV files, and become
spaces (Audacity) or _ (CTM). The scores in CSV and JSON files rank the boundaries, but are not probabilities. CTM files
have none, since the fifth number there would be read as a probability.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from phonseg.annotation.elan.writer import check_can_write, elan_bytes
from phonseg.annotation.intervals import decimal
from phonseg.annotation.textgrid.writer import CHECK, check_tiers, textgrid_bytes
from phonseg.errors import ConfigurationError, printable
from phonseg.system.atomic_files import replacing
from phonseg.timeline.segment import Segment
from phonseg.timeline.segmentation import Segmentation

CSV_COLUMNS = ("recording", "segment", "start", "end", "duration", "label", "score")  # of a CSV file


@dataclass(frozen=True, slots=True)
class Layout:
    """In which formats segmentations are written, and how.

    Attributes:
        formats: one or more names from `FORMATS`; repeated names are dropped.
        labels: "numbers" for the labels of the segmentation, which are numbers from 1 if its segments have no
            names; "empty" for no labels.
        tier: the name of the interval tier in TextGrids and ELAN files.
        check: how many of the least certain decisions to mark in the point tier `check` of a TextGrid; 0 for no such
            tier.

    Raises:
        ConfigurationError: if one of these is out of range, or if ELAN is wanted and pympi-ling is not installed.
    """

    formats: tuple[str, ...] = ("textgrid",)
    labels: str = "numbers"
    tier: str = "phones"
    check: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", tuple(dict.fromkeys(self.formats)))
        unknown = [name for name in self.formats if name not in FORMATS]
        if unknown or not self.formats:
            problem = f"there is no format {', '.join(map(str, unknown))}" if unknown else "no format was given"
            raise ConfigurationError(f"{problem}. Give one or more of {', '.join(FORMATS)}.")
        if self.labels not in ("numbers", "empty"):
            raise ConfigurationError(f"labels is {self.labels}. Give numbers or empty.")
        if self.check < 0 or (self.check and "textgrid" not in self.formats):
            raise ConfigurationError(f"check is {self.check}. Give 0 or more; what to check is shown in a TextGrid.")
        if "textgrid" in self.formats:
            check_tiers(self.tier, self.check)
        if "elan" in self.formats:
            check_can_write(self.tier)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The suffix of the file in each of the formats, such as `.TextGrid`."""
        return tuple(FORMATS[name].suffix for name in self.formats)

    @property
    def settings(self) -> dict[str, object]:
        """The fields, except `formats`, that differ from their defaults, by name."""
        values = {one.name: (getattr(self, one.name), one.default) for one in fields(self) if one.name != "formats"}
        return {name: value for name, (value, default) in values.items() if value != default}

    @property
    def tiers(self) -> tuple[str, ...]:
        """The names of the tiers of a TextGrid: one, or two if it has a tier `check`."""
        return tier_names(self.settings)

    def encode(self, segmentation: Segmentation, path: str | Path) -> dict[str, bytes]:
        """Encodes a segmentation in each of the formats.

        Args:
            segmentation: what to write.
            path: what messages name.

        Returns:
            The content of the file in each format, by suffix.

        Raises:
            TextGridError: if a TextGrid or an ELAN file cannot hold the segmentation.
            ConfigurationError: if decisions are to be checked and the segmentation has no candidates.

        Warns:
            PhonsegWarning: if segments are left out for ELAN.
        """
        if self.labels == "empty":
            segmentation = segmentation.without_labels()
        return {FORMATS[name].suffix: FORMATS[name].encode(segmentation, path, self) for name in self.formats}


def tier_names(settings: Mapping[str, object]) -> tuple[str, ...]:
    """Returns the names of the tiers of a TextGrid.

    Args:
        settings: those it was written with, as in `Layout.settings`; other settings are ignored.

    Returns:
        The name of the interval tier and, if there is one, of the tier `check`.
    """
    return (str(settings.get("tier", Layout().tier)), *([CHECK] if settings.get("check") else []))


class Format(NamedTuple):
    """A file format.

    Attributes:
        suffix: of its files. Audacity's is `.labels.txt`, since `.txt` alone may be the suffix of a transcript.
        encode: takes a segmentation, the path that messages name, and the layout; returns the content of the file.
    """

    suffix: str
    encode: Callable[[Segmentation, str | Path, Layout], bytes]


def save(segmentation: Segmentation, path: str | Path, format: str | None = None) -> None:
    """Writes a file in one of `FORMATS`.

    Args:
        segmentation: what to write.
        path: of the file; an existing file is replaced. The suffix names the format: `.TextGrid`, `.csv`, `.json`,
            `.ctm`, `.txt` for Audacity, `.eaf` for ELAN; capitals do not matter.
        format: textgrid, csv, json, ctm, audacity or elan, whatever the suffix; None for the format of the suffix.

    Raises:
        ConfigurationError: if the format is unknown, or if it is ELAN and pympi-ling is not installed.
        TextGridError: if a TextGrid or an ELAN file cannot hold the segmentation.
        OutputError: if the file cannot be written.

    Warns:
        PhonsegWarning: if segments are left out for ELAN.
    """
    if format is None:
        suffix = Path(path).suffix.lower()
        known = (name for name, one in FORMATS.items() if suffix and one.suffix.lower().endswith(suffix))
        format = next(known, suffix or str(path))
    (data,) = Layout((format,)).encode(segmentation, path).values()
    with replacing(path) as partial:
        partial.write_bytes(data)


def _csv(segmentation: Segmentation, path: str | Path, layout: Layout) -> bytes:
    """A row for each segment; the score is that of the boundary at its start."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(CSV_COLUMNS)
    for number, one in enumerate(segmentation, 1):
        times = decimal(one.start), decimal(one.end), _duration(one)
        score = None if math.isnan(one.score) else one.score
        name, label = printable(segmentation.recording_name), printable(one.label, keep="\t\n")
        table.writerow((name, number, *times, label, score))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _json(segmentation: Segmentation, path: str | Path, layout: Layout) -> bytes:
    """All there is: segments, boundaries with scores, candidates, provenance."""
    _, *later = segmentation  # each of which starts at a boundary
    content: dict[str, Any] = {
        "recording": segmentation.recording_name,
        "start": segmentation.start,
        "duration": segmentation.duration,
        "segments": [{"start": one.start, "end": one.end, "label": one.label} for one in segmentation],
        "boundaries": [{"time": one.start, "score": None if math.isnan(one.score) else one.score} for one in later],
        "scores": "0 to 1, 0.5 at the threshold of the model; they rank, and are not probabilities",
        "candidates": None,
        "provenance": asdict(segmentation.provenance) if segmentation.provenance else None,
    }
    if (candidates := segmentation.candidates) is not None:
        kept = set(segmentation.boundaries.tolist())
        scored = zip(candidates.times.tolist(), candidates.scores.tolist(), strict=True)
        content["candidates"] = [{"time": time, "score": score, "kept": time in kept} for time, score in scored]
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _ctm(segmentation: Segmentation, path: str | Path, layout: Layout) -> bytes:
    """A line `recording channel start duration label` for each segment; an empty label becomes <eps>."""
    name = _word(Path(segmentation.recording_name or path).stem)
    lines = (f"{name} 1 {decimal(one.start)} {_duration(one)} {_word(one.label)}\n" for one in segmentation)
    return "".join(lines).encode("utf-8", "backslashreplace")


def _audacity(segmentation: Segmentation, path: str | Path, layout: Layout) -> bytes:
    """A line for each segment: start, end and label, separated by tabs."""
    labels = (printable(" ".join(one.label.split())) for one in segmentation)
    rows = zip(segmentation, labels, strict=True)
    lines = (f"{decimal(one.start)}\t{decimal(one.end)}\t{label}\n" for one, label in rows)
    return "".join(lines).encode("utf-8", "backslashreplace")


def _duration(segment: Segment) -> str:
    """Seconds; the rounding to nanoseconds removes the error of the subtraction."""
    return decimal(round(segment.end - segment.start, 9))


def _word(text: str) -> str:
    return printable("_".join(text.split())) or "<eps>"


FORMATS: Mapping[str, Format] = {
    "textgrid": Format(".TextGrid", lambda one, path, how: textgrid_bytes(one, path, tier=how.tier, check=how.check)),
    "csv": Format(".csv", _csv),
    "json": Format(".json", _json),
    "ctm": Format(".ctm", _ctm),
    "audacity": Format(".labels.txt", _audacity),
    "elan": Format(".eaf", lambda one, path, how: elan_bytes(one, path, tier=how.tier)),
}
