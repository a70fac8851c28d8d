"""What became of a recording, and how its files were made <-> a line of JSON in a manifest.

A manifest is a text file that anybody can change. A line is a record only if phonseg could have written it: its values
are of the right kinds, and its target and its files lie below the folder of the manifest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from phonseg.timeline.provenance import Provenance

Status = Literal["done", "warned", "skipped", "failed", "writing"]
LARGEST = 2**63  # of the counts in a record: no file has more bytes, no recording more boundaries


@dataclass(frozen=True, slots=True)
class Made:
    """How phonseg made a file.

    Attributes:
        sha256: the SHA-256 of the file, in hexadecimal.
        boundaries: the number of boundaries that phonseg found.
        seconds: the duration of the audio.
        warning: what was odd about the recording, or nothing.
        recording_bytes: the size of the recording.
        recording_modified: when the recording was changed last, in seconds since 1970.
        provenance: phonseg, model and settings.
        whole: whether phonseg made the whole file; false for a TextGrid to which phonseg has added its tiers.
        recording: the absolute path of the recording; empty in records of earlier versions.
    """

    sha256: str
    boundaries: int
    seconds: float
    warning: str
    recording_bytes: int
    recording_modified: float
    provenance: Provenance
    whole: bool = True
    recording: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one recording.

    Attributes:
        recording: its path, as it was given or found.
        target: the path of its files, without their suffixes.
        status: done; warned (done, but see the message); skipped (its files exist already, and stay); failed (see the
            message); writing (its files are being replaced).
        message: what a person should know, or nothing.
        elapsed: seconds that it took in this run; None if it was not segmented.
        files: the files that phonseg made of it, now or before, the latest last.
    """

    recording: Path
    target: Path
    status: Status
    message: str = ""
    elapsed: float | None = None
    files: Mapping[Path, Made] = field(default_factory=dict)

    @property
    def textgrid(self) -> Path:
        """The path of its TextGrid, whether there is one or not."""
        there = (path for path in self.files if path.suffix.lower() == ".textgrid")
        return next(there, self.target.with_name(f"{self.target.name}.TextGrid"))

    @property
    def boundaries(self) -> int | None:
        """The number of boundaries that phonseg found; None if it made no file."""
        return list(self.files.values())[-1].boundaries if self.files else None

    @property
    def seconds(self) -> float | None:
        """The duration of the audio in seconds; None if phonseg made no file."""
        return list(self.files.values())[-1].seconds if self.files else None


def record_to_line(record: Record, folder: Path) -> bytes:
    """Returns the line of a record.

    Args:
        record: the record.
        folder: that of the manifest. Its files are named relative to it, so that the folder can be moved.
    """
    files = {file.relative_to(folder).as_posix(): asdict(made) for file, made in record.files.items()}
    places = {"recording": str(record.recording), "target": record.target.relative_to(folder).as_posix()}
    return json.dumps({**asdict(replace(record, files={})), **places, "files": files}).encode() + b"\n"


def line_to_record(line: bytes, folder: Path) -> Record | None:
    """Returns the record of a line; None if phonseg cannot have written the line.

    Args:
        line: the line.
        folder: that of the manifest.
    """
    try:
        values = json.loads(line)
        files = {_inside(folder, name): _made(of) for name, of in values.pop("files").items()}
        recording, target = Path(_text(values.pop("recording"))), _inside(folder, values.pop("target"))
        record = Record(recording, target, files=files, **values)
        fits = record.status in get_args(Status) and (record.elapsed is None or _is_number(record.elapsed, 0))
        _text(record.message)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return record if fits else None


def _inside(folder: Path, name: Any) -> Path:
    """The path of a file in the folder or below it."""
    place = Path(_text(name))
    if not place.name or place.is_absolute() or ".." in place.parts or "\0" in name:
        raise ValueError(f"{name} is not below the folder")
    return folder / place


def _made(values: Any) -> Made:
    provenance = Provenance(**values["provenance"])
    made = Made(**{**values, "provenance": provenance})
    for text in (made.sha256, made.warning, made.recording, provenance.version, provenance.model, provenance.digest):
        _text(text)
    settings = provenance.settings
    counts = (made.boundaries, made.recording_bytes)
    if not (
        all(isinstance(count, int) and 0 <= count < LARGEST for count in counts)
        and _is_number(made.seconds, 0)
        and _is_number(made.recording_modified, -LARGEST)
        and isinstance(made.whole, bool)
        and isinstance(provenance.tuned_on_labels, bool)
        and all(
            isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
            for value in settings.values()
        )
    ):
        raise ValueError("a value is out of its range")
    return made


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value} is not a text")
    return value


def _is_number(value: Any, least: float) -> bool:
    return isinstance(value, int | float) and least <= value < LARGEST
