"""The record that a batch leaves: one line of JSON for each recording, in the folder that the files go to.

It is a record and no state: nothing breaks where it is missing, old or shared. A TextGrid, or a file of another format,
is phonseg's own if its SHA-256 stands in a record, which then says from what, by what and how it was made. Whatever
else is found is somebody's work, such as a TextGrid that was corrected by hand.

While a batch runs, every record is added to the end of the manifest at once, so that a run that is killed has kept them
all; while files are being replaced there is a record with the status "writing". When a run ends, by an error or a
signal too, the manifest is replaced by one that has a single record for each recording, sorted by target.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from phonseg.segmentation import Provenance
from phonseg.writing import append, as_output_error, replacing

Shard = tuple[int, int]  # the i-th, counted from 1, of n
Status = Literal["done", "warned", "skipped", "failed", "writing"]
STEM = "phonseg-manifest"


@dataclass(frozen=True, slots=True)
class Made:
    """A file that phonseg made.

    sha256: of the file. boundaries: how many. seconds: of audio. warning: what was odd, or nothing.
    recording_bytes, recording_modified: size and time of change (seconds since 1970) of the recording.
    provenance: phonseg, model and settings. whole: whether all of it is phonseg's; false for a TextGrid to which
    phonseg has added its tiers.
    """

    sha256: str
    boundaries: int
    seconds: float
    warning: str
    recording_bytes: int
    recording_modified: float
    provenance: Provenance
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one recording.

    target: where its files lie, without their suffixes. status: done; warned (done, but see the message); skipped (its
    files are there already, and stay); failed (see the message). elapsed: seconds that it took now. files: those that
    phonseg made of it, now or before, the latest last.
    """

    recording: Path
    target: Path
    status: Status
    message: str = ""
    elapsed: float | None = None
    files: Mapping[Path, Made] = field(default_factory=dict)

    @property
    def textgrid(self) -> Path:
        """Where its TextGrid lies, if it has one."""
        there = (path for path in self.files if path.suffix.lower() == ".textgrid")
        return next(there, self.target.with_name(f"{self.target.name}.TextGrid"))

    @property
    def latest(self) -> Made | None:
        """What is known of the file that was made last."""
        return list(self.files.values())[-1] if self.files else None

    @property
    def boundaries(self) -> int | None:
        """How many boundaries phonseg found."""
        return self.latest.boundaries if self.latest else None

    @property
    def seconds(self) -> float | None:
        """Seconds of audio."""
        return self.latest.seconds if self.latest else None


def manifest_path(folder: Path, shard: Shard | None) -> Path:
    """Where the manifest stands; each shard has its own."""
    return folder / (f"{STEM}-{shard[0]}-of-{shard[1]}.jsonl" if shard else f"{STEM}.jsonl")


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class Reader:
    """Reads the manifests that a folder has, whichever run or shard writes them, as they grow."""

    def __init__(self, folder: Path) -> None:
        self._reached = dict.fromkeys(sorted(folder.glob(f"{STEM}*.jsonl")), (0, 0))  # file number, bytes

    def new(self) -> list[Record]:
        """The records that were added since the last time. Raises OutputError if they cannot be read."""
        records: list[Record] = []
        for path, (number, reached) in self._reached.items():
            if not path.exists():
                continue
            with as_output_error(path), open(path, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != number or status.st_size < reached:  # a run has ended and replaced it
                    reached = 0
                file.seek(reached)
                lines = file.read()
                whole = lines.rfind(b"\n") + 1
                self._reached[path] = status.st_ino, reached + whole
                records += _records(lines[:whole], path.parent)
        return records


def read_records(folder: Path) -> list[Record]:
    """All records in a folder, whichever run or shard wrote them. Raises OutputError if they cannot be read."""
    return Reader(folder).new()


def begin(path: Path) -> None:
    """Make sure that records can be added to a manifest, which is made if it is missing; else raises OutputError."""
    append(path, b"")
    with as_output_error(path), open(path, "rb") as file:
        if file.seek(0, 2) and (file.seek(-1, 2), file.read())[1] != b"\n":  # a full disk has cut a line short
            append(path, b"\n")


def add_record(path: Path, record: Record) -> None:
    """Add a record to the end of a manifest. Raises OutputError if that fails."""
    append(path, _line(record, path.parent))


def settle(path: Path, records: Iterable[Record]) -> None:
    """Leave one record for each recording: these, and the last that the manifest has of others. Raises OutputError.

    A manifest without any record, as of a run that was refused, is removed.
    """
    kept: dict[Path, Record] = {}
    with as_output_error(path):
        there = path.read_bytes() if path.exists() else b""  # another run may have removed it
    for record in _records(there, path.parent):
        settled = _settled(kept.get(record.target), record) if record.status == "writing" else record
        if settled is not None:
            kept[record.target] = settled
    kept.update((record.target, record) for record in records)
    lines = [_line(kept[target], path.parent) for target in sorted(kept)]
    if not lines:
        with as_output_error(path):
            path.unlink(missing_ok=True)
        return
    with replacing(path) as partial:
        partial.write_bytes(b"".join(lines))


def _settled(before: Record | None, writing: Record) -> Record | None:
    """What became of files that were being written when the run was stopped; what is not there is not counted."""
    there = {file: made for file, made in writing.files.items() if _is_there(file, made)}
    files = {**(before.files if before else {}), **there}
    if len(there) == len(writing.files):
        return replace(writing, files=files, status="warned" if writing.message else "done")
    if before is not None:
        return replace(before, files=files)
    return replace(writing, files=files) if there else None


def _is_there(file: Path, made: Made) -> bool:
    with suppress(OSError):
        return sha256(file.read_bytes()) == made.sha256
    return False


def _records(lines: bytes, folder: Path) -> list[Record]:
    """The records of a manifest; what is none, such as half a line, is passed over."""
    return [record for line in lines.splitlines() if (record := _record(line, folder))]


def _line(record: Record, folder: Path) -> bytes:
    below = {path: path.relative_to(folder).as_posix() for path in (record.target, *record.files)}  # so it can be moved
    files = {below[path]: asdict(made) for path, made in record.files.items()}
    fields = {"recording": str(record.recording), "target": below[record.target], "status": record.status}
    told = {**fields, "message": record.message, "elapsed": record.elapsed, "files": files}
    return json.dumps(told).encode() + b"\n"


def _record(line: bytes, folder: Path) -> Record | None:
    try:
        fields: dict[str, Any] = json.loads(line)
        files = {folder / file: _made(made) for file, made in fields["files"].items()}
        places = {"recording": Path(fields["recording"]), "target": folder / fields["target"]}
        return Record(**{**fields, **places, "files": files})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _made(fields: Mapping[str, Any]) -> Made:
    return Made(**{**fields, "provenance": Provenance(**fields["provenance"])})
