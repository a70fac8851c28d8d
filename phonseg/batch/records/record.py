"""What became of a recording, and how its files were made <-> a line of JSON in a manifest.

A manifest is a text file that anybody can change. A line is a record only if phonseg could have written it: its values
are of the right kinds, and its target and its files lie below the folder of the manifest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from phonseg.annotation.writers import tier_names
from phonseg.timeline.provenance import Provenance

Status = Literal["done", "warned", "skipped", "failed", "writing"]
Command = Literal["segment", "diarize", "tempo"]
Number = TypeVar("Number", int, float)
LARGEST = 2**63  # of the counts in a record: no file has more bytes, no recording more boundaries


@dataclass(frozen=True, slots=True)
class Made:
    """How phonseg made a file.

    What is None or empty is left out of the manifest.

    Attributes:
        sha256: the SHA-256 of the file, in hexadecimal.
        boundaries: the number of boundaries that phonseg found; None if it looked for turns alone.
        seconds: the duration of the audio.
        warning: what was odd about the recording, or nothing.
        recording_bytes: the size of the recording.
        recording_modified: when the recording was changed last, in seconds since 1970.
        provenance: phonseg, model and settings.
        whole: whether phonseg made the whole file; false for a TextGrid to which phonseg has added its tiers.
        recording: the absolute path of the recording; empty in records of earlier versions.
        turns: the number of turns that phonseg found; None if it looked for boundaries alone.
        speakers: the number of speakers, likewise.
        factor: how many times as fast the recording became; None if its tempo was not changed.
        tiers: the names of the tiers that phonseg made in a TextGrid; empty if the settings tell them.
        others: how phonseg made other tiers in the same TextGrid before, with the other command or under other names.
            They have no others themselves.
        changed: the commands whose tiers in the TextGrid a person had changed when this was made.
    """

    sha256: str
    boundaries: int | None
    seconds: float
    warning: str
    recording_bytes: int
    recording_modified: float
    provenance: Provenance
    whole: bool = True
    recording: str = ""
    turns: int | None = None
    speakers: int | None = None
    factor: float | None = None
    tiers: tuple[str, ...] = ()
    others: tuple[Made, ...] = ()
    changed: tuple[Command, ...] = ()

    @property
    def command(self) -> Command:
        """The command that made the file, or added its tiers to it last."""
        if self.factor is not None:
            return "tempo"
        return "segment" if self.turns is None else "diarize"

    @property
    def tier_names(self) -> tuple[str, ...]:
        """The names of the tiers in a TextGrid, without those of the others."""
        return self.tiers or tier_names(self.provenance.settings)

    @property
    def each(self) -> tuple[Made, ...]:
        """How all that phonseg made in the file was made: this, and the others."""
        return self, *self.others


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one recording.

    Attributes:
        recording: its path, as it was given or found.
        target: the path of its files, without their suffixes.
        status: done; warned (done, but see the message); skipped (its files exist already, and stay); failed (see the
            message); writing (its files are being replaced).
        message: what a person should know, or nothing.
        elapsed: seconds that it took in this run; None if nothing was made.
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
        """The number of boundaries that phonseg found; None if it made no file with boundaries."""
        return _last(made.boundaries for made in self._each)

    @property
    def turns(self) -> int | None:
        """The number of turns that phonseg found; None if it made no file with turns."""
        return _last(made.turns for made in self._each)

    @property
    def speakers(self) -> int | None:
        """The number of speakers that phonseg found; None if it made no file with turns."""
        return _last(made.speakers for made in self._each)

    @property
    def seconds(self) -> float | None:
        """The duration of the audio in seconds; None if phonseg made no file."""
        return _last(made.seconds for made in self._each)

    @property
    def _each(self) -> list[Made]:
        """How everything in the files was made, the latest last."""
        return [one for made in self.files.values() for one in reversed(made.each)]


def _last(values: Iterable[Number | None]) -> Number | None:
    """The last of these values that is not None."""
    return next((value for value in reversed(list(values)) if value is not None), None)


def record_to_line(record: Record, folder: Path) -> bytes:
    """Returns the line of a record.

    Args:
        record: the record.
        folder: that of the manifest. Its files are named relative to it, so that the folder can be moved.
    """
    told = {file: asdict(made, dict_factory=_told) for file, made in record.files.items()}
    files = {file.relative_to(folder).as_posix(): made for file, made in told.items()}
    places = {"recording": str(record.recording), "target": record.target.relative_to(folder).as_posix()}
    return json.dumps({**asdict(replace(record, files={})), **places, "files": files}).encode() + b"\n"


def _told(values: list[tuple[str, Any]]) -> dict[str, Any]:
    """The values that a manifest tells."""
    return {name: value for name, value in values if value is not None and value != ()}


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
    tiers, others, changed = (tuple(_list(values.get(name, []))) for name in ("tiers", "others", "changed"))
    if any("others" in one for one in others):
        raise ValueError("other tiers have others themselves")
    parts = {"provenance": provenance, "tiers": tiers, "others": tuple(map(_made, others)), "changed": changed}
    made = Made(**{"boundaries": None, **values, **parts})
    texts = (made.sha256, made.warning, made.recording, provenance.version, provenance.model, provenance.digest)
    for text in (*texts, *tiers):
        _text(text)
    found = [made.boundaries] if made.turns is None else [made.turns, made.speakers]
    found += [] if made.boundaries is None else [made.boundaries]
    if not (
        all(isinstance(count, int) and 0 <= count < LARGEST for count in (*found, made.recording_bytes))
        and (made.speakers is None) == (made.turns is None)
        and (made.factor is None or _is_number(made.factor, 0))
        and all(command in get_args(Command) for command in changed)
        and _is_number(made.seconds, 0)
        and _is_number(made.recording_modified, -LARGEST)
        and isinstance(made.whole, bool)
        and isinstance(provenance.tuned_on_labels, bool)
        and all(
            isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
            for value in provenance.settings.values()
        )
    ):
        raise ValueError("a value is out of its range")
    return made


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value} is not a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value} is not a text")
    return value


def _is_number(value: Any, least: float) -> bool:
    return isinstance(value, int | float) and least <= value < LARGEST
