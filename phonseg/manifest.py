"""The record that a batch leaves: one line of JSON for each recording, in the folder that the TextGrids go to.

It is a record and no state: nothing breaks where it is missing, old or shared. A TextGrid is phonseg's own if its
SHA-256 stands in a record; that record then says from what, by what and how it was made. Whatever else is found is
somebody's work, such as a TextGrid that was corrected by hand.

While a batch runs, every record is added to the end of the file at once, so that a run that is killed has kept them
all; while a TextGrid is being replaced there is a record with the status "writing". When a run ends, by an error or a
signal too, the file is replaced by one that has a single record for each recording, sorted by TextGrid.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from phonseg.segmentation import Provenance
from phonseg.writing import append, as_output_error, replacing

Shard = tuple[int, int]  # the i-th, counted from 1, of n
Status = Literal["done", "warned", "skipped", "failed", "writing"]
STEM = "phonseg-manifest"


@dataclass(frozen=True, slots=True)
class Made:
    """A TextGrid that phonseg made.

    textgrid_sha256: of the file. boundaries: how many. seconds: of audio. warning: what was odd, or nothing.
    recording_bytes, recording_modified: size and time of change (seconds since 1970) of the recording.
    provenance: phonseg, model and settings.
    """

    textgrid_sha256: str
    boundaries: int
    seconds: float
    warning: str
    recording_bytes: int
    recording_modified: float
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one recording.

    status: done; warned (done, but see the message); skipped (its TextGrid is there already, and stays); failed (see
    the message). elapsed: seconds that it took now. made: the TextGrid that phonseg made of it, now or before; None if
    there never was any.
    """

    recording: Path
    textgrid: Path
    status: Status
    message: str = ""
    elapsed: float | None = None
    made: Made | None = None

    @property
    def boundaries(self) -> int | None:
        """How many boundaries phonseg found."""
        return self.made.boundaries if self.made else None

    @property
    def seconds(self) -> float | None:
        """Seconds of audio."""
        return self.made.seconds if self.made else None


def manifest_path(folder: Path, shard: Shard | None) -> Path:
    """Where the manifest stands; each shard has its own."""
    return folder / (f"{STEM}-{shard[0]}-of-{shard[1]}.jsonl" if shard else f"{STEM}.jsonl")


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_records(folder: Path) -> list[Record]:
    """All records in a folder, whichever run or shard wrote them. Raises OutputError if they cannot be read."""
    return [record for path in sorted(folder.glob(f"{STEM}*.jsonl")) for record in _read(path)]


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
    """Leave one record for each TextGrid: these, and the last that the manifest has of others. Raises OutputError."""
    kept = {record.textgrid: record for record in _read(path) if record.status != "writing" or _is_there(record)}
    kept.update((record.textgrid, record) for record in records)
    lines = [_line(_complete(kept[textgrid]), path.parent) for textgrid in sorted(kept)]
    with replacing(path) as partial:
        partial.write_bytes(b"".join(lines))


def _is_there(record: Record) -> bool:
    with suppress(OSError):
        return record.made is not None and sha256(record.textgrid.read_bytes()) == record.made.textgrid_sha256
    return False


def _complete(record: Record) -> Record:
    """A TextGrid that was being written when the run was stopped, and is there, is done."""
    if record.status != "writing" or record.made is None:
        return record
    return replace(record, status="warned" if record.made.warning else "done")


def _read(path: Path) -> list[Record]:
    """The records of a manifest; what is none, such as half a line, is passed over."""
    with as_output_error(path):
        lines = path.read_bytes().splitlines()
    return [record for line in lines if (record := _record(line, path.parent))]


def _line(record: Record, folder: Path) -> bytes:
    textgrid = record.textgrid.relative_to(folder).as_posix()  # so that the folder can be moved
    return json.dumps({**asdict(record), "recording": str(record.recording), "textgrid": textgrid}).encode() + b"\n"


def _record(line: bytes, folder: Path) -> Record | None:
    try:
        fields: dict[str, Any] = json.loads(line)
        places = {"recording": Path(fields["recording"]), "textgrid": folder / fields["textgrid"]}
        return Record(**{**fields, **places, "made": _made(fields["made"])})
    except (ValueError, KeyError, TypeError):
        return None


def _made(fields: Mapping[str, Any] | None) -> Made | None:
    return Made(**{**fields, "provenance": Provenance(**fields["provenance"])}) if fields else None
