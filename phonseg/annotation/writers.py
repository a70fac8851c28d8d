"""A `Segmentation` as a file: TextGrid, CSV, JSON, CTM, Audacity's labels, ELAN.

The scores in CSV and JSON rank the boundaries; they are no probabilities, so CTM, whose fifth number would be one, has
none. Times are written such that they read back as the same numbers, but for ELAN's, which are whole milliseconds.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from phonseg.annotation.elan import check_can_write, elan_bytes
from phonseg.annotation.textgrid.writer import CHECK, check_tiers, textgrid_bytes
from phonseg.errors import ConfigurationError
from phonseg.system.atomic_files import replacing
from phonseg.timeline.segmentation import Segmentation

COLUMNS = ("recording", "segment", "start", "end", "duration", "label", "score")


@dataclass(frozen=True, slots=True)
class Layout:
    """How segmentations are written.

    formats: names from `FORMATS`, one or more. labels: "numbers" (from 1) or "empty". tier: its name in TextGrids and
    ELAN files. check: how many of the least certain decisions the tier `check` of a TextGrid shows, 0 for no such tier.

    Raises ConfigurationError when one of these is out of range.
    """

    formats: tuple[str, ...] = ("textgrid",)
    labels: str = "numbers"
    tier: str = "phones"
    check: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", tuple(dict.fromkeys(self.formats)))
        unknown = [name for name in self.formats if name not in FORMATS]
        if unknown or not self.formats:
            raise ConfigurationError(f"format is {', '.join(unknown) or 'none'}. Give some of {', '.join(FORMATS)}.")
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
        """Of the files that are written."""
        return tuple(FORMATS[name].suffix for name in self.formats)

    @property
    def settings(self) -> dict[str, object]:
        """What differs from the default, and changes what stands in the files."""
        values = {one.name: (getattr(self, one.name), one.default) for one in fields(self) if one.name != "formats"}
        return {name: value for name, (value, default) in values.items() if value != default}

    @property
    def tiers(self) -> tuple[str, ...]:
        """The names of the tiers of a TextGrid."""
        return tier_names(self.settings)

    def encode(self, segmentation: Segmentation, path: str | Path) -> dict[str, bytes]:
        """Suffix -> the whole file. path: what messages name. Raises and warns as the formats do."""
        if self.labels == "empty":
            segmentation = segmentation.without_labels()
        return {FORMATS[name].suffix: FORMATS[name].encode(segmentation, path, self) for name in self.formats}


def tier_names(settings: Mapping[str, object]) -> tuple[str, ...]:
    """The tiers of a TextGrid that was written with these settings of a layout, others among them perhaps."""
    return (str(settings.get("tier", Layout().tier)), *([CHECK] if settings.get("check") else []))


@dataclass(frozen=True, slots=True)
class Format:
    """suffix: of its files; Audacity's have one that no transcript has. encode: the whole file, a path for messages."""

    suffix: str
    encode: Callable[[Segmentation, str | Path, Layout], bytes]


def save(segmentation: Segmentation, path: str | Path, format: str | None = None) -> None:
    """Write a file in one of `FORMATS`, which its suffix tells: `.TextGrid`, `.csv`, `.json`, `.ctm`, `.txt`, `.eaf`.

    format: instead, its name: textgrid, csv, json, ctm, audacity or elan.

    Raises ConfigurationError for a format that there is not, and for ELAN without pympi-ling; TextGridError where the
    file could not be read; OutputError where it cannot be written. Warns (PhonsegWarning) of what ELAN has merged.
    """
    if format is None:
        suffix = Path(path).suffix.lower() or str(path)
        format = next((name for name, one in FORMATS.items() if one.suffix.lower().endswith(suffix)), suffix)
    layout = Layout((format,))
    (data,) = layout.encode(segmentation, path).values()
    with replacing(path) as partial:
        partial.write_bytes(data)


def _csv(segmentation: Segmentation, path: str | Path, layout: Layout) -> bytes:
    """A row for each segment; the score is that of the boundary at its start, which the first has not."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    scores = [math.nan, *segmentation.scores.tolist()]
    for number, ((start, end, label), score) in enumerate(zip(segmentation.intervals(), scores, strict=True), 1):
        length = round(end - start, 9)  # nanoseconds: what is beyond comes from subtracting
        told = "" if math.isnan(score) else repr(score)
        table.writerow((_name(segmentation), number, *map(_number, (start, end, length)), label, told))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _json(segmentation: Segmentation, path: str | Path, layout: Layout) -> bytes:
    """Everything: segments, boundaries with scores, candidates, and where it all comes from."""
    segments = [{"start": start, "end": end, "label": label} for start, end, label in segmentation.intervals()]
    pairs = zip(segmentation.boundaries.tolist(), segmentation.scores.tolist(), strict=True)
    told: dict[str, Any] = {
        "recording": _name(segmentation),
        "duration": segmentation.duration,
        "segments": segments,
        "boundaries": [{"time": time, "score": None if math.isnan(score) else score} for time, score in pairs],
        "scores": "0 to 1, 0.5 at the threshold of the model; they rank, and are not probabilities",
        "candidates": None,
        "provenance": asdict(segmentation.provenance) if segmentation.provenance else None,
    }
    if (candidates := segmentation.candidates) is not None:
        kept = np.isin(candidates.times, segmentation.boundaries)
        columns = zip(candidates.times.tolist(), candidates.scores.tolist(), kept.tolist(), strict=True)
        told["candidates"] = [{"time": time, "score": score, "kept": is_kept} for time, score, is_kept in columns]
    return (json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "backslashreplace")


def _ctm(segmentation: Segmentation, path: str | Path, layout: Layout) -> bytes:
    """A line `recording channel start duration label` for each segment; what has no label is <eps>."""
    name = _word(Path(_name(segmentation) or path).stem)
    lines = (
        f"{name} 1 {_number(start)} {_number(round(end - start, 9))} {_word(label)}\n"
        for start, end, label in segmentation.intervals()
    )
    return "".join(lines).encode("utf-8", "backslashreplace")


def _audacity(segmentation: Segmentation, path: str | Path, layout: Layout) -> bytes:
    """A line for each segment: start, end and label, parted by tabs."""
    rows = ((_number(start), _number(end), " ".join(label.split())) for start, end, label in segmentation.intervals())
    return "".join("\t".join(row) + "\n" for row in rows).encode("utf-8", "backslashreplace")


def _name(segmentation: Segmentation) -> str:
    """The name of the file of the recording, without folders; empty where it is not from a file."""
    recording = segmentation.recording
    return Path(recording).name if isinstance(recording, (str, os.PathLike)) else ""


def _word(text: str) -> str:
    return "_".join(text.split()) or "<eps>"


def _number(seconds: float) -> str:
    return np.format_float_positional(seconds, trim="0")


FORMATS: Mapping[str, Format] = {
    "textgrid": Format(".TextGrid", lambda one, path, how: textgrid_bytes(one, path, tier=how.tier, check=how.check)),
    "csv": Format(".csv", _csv),
    "json": Format(".json", _json),
    "ctm": Format(".ctm", _ctm),
    "audacity": Format(".labels.txt", _audacity),
    "elan": Format(".eaf", lambda one, path, how: elan_bytes(one, path, tier=how.tier)),
}
