"""What a batch made of each recording, as a line of JSON in the folder that the files go to, and back.

A file is phonseg's own if its SHA-256 stands in a record of a manifest in its folder. Every other file is somebody's
work, such as a TextGrid that was corrected by hand. If a manifest is lost, every file counts as somebody's.

While a batch runs, each record is added to the end of the manifest at once, so a run that is killed keeps them all.
Before files are replaced, a record with the status "writing" says which. When the run ends, by an error or a signal
too, one record for each recording is left, sorted by target.
"""

from __future__ import annotations

import errno
import hashlib
import json
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from phonseg.errors import OutputError
from phonseg.system.atomic_files import append, as_output_error, replacing
from phonseg.timeline.segmentation import Provenance

Shard = tuple[int, int]  # the i-th, counted from 1, of n
Status = Literal["done", "warned", "skipped", "failed", "writing"]
STEM = "phonseg-manifest"


@dataclass(frozen=True, slots=True)
class Made:
    """How phonseg made a file.

    Attributes:
        sha256: of the file, in hexadecimal.
        boundaries: how many phonseg found.
        seconds: of audio.
        warning: what was odd, or nothing.
        recording_bytes: the size of the recording.
        recording_modified: when the recording was changed last, in seconds since 1970.
        provenance: phonseg, model and settings.
        whole: whether all of the file is phonseg's; false for a TextGrid to which phonseg has added its tiers.
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

    Attributes:
        recording: as it was given or found.
        target: where its files lie, without their suffixes.
        status: done; warned (done, but see the message); skipped (its files are there already, and stay); failed (see
            the message); writing (its files are being replaced).
        message: what a person should know, or nothing.
        elapsed: seconds that it took in this run; None if it was not segmented.
        files: those that phonseg made of it, now or before, the latest last.
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
    def boundaries(self) -> int | None:
        """How many boundaries phonseg found; None if it made nothing."""
        return list(self.files.values())[-1].boundaries if self.files else None

    @property
    def seconds(self) -> float | None:
        """Seconds of audio; None if phonseg made nothing."""
        return list(self.files.values())[-1].seconds if self.files else None


def manifest_path(folder: Path, shard: Shard | None) -> Path:
    """Returns where the manifest stands; each shard has its own."""
    return folder / (f"{STEM}-{shard[0]}-of-{shard[1]}.jsonl" if shard else f"{STEM}.jsonl")


def sha256(data: bytes) -> str:
    """Returns the SHA-256 of these bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def content(file: Path) -> bytes | None:
    """Returns what a file holds, None if there is no such file.

    Raises:
        OutputError: if it cannot be read, or is a folder or a device.
    """
    with as_output_error(file), suppress(FileNotFoundError):
        if not stat.S_ISREG(file.stat().st_mode):
            raise OSError(errno.EEXIST, "a folder or a device has that name")
        return file.read_bytes()
    return None


def read_records(folder: Path) -> list[Record]:
    """Reads the records of all manifests in a folder, whichever run or shard wrote them.

    Raises:
        OutputError: if a manifest cannot be read.
    """
    return [record for path in sorted(folder.glob(f"{STEM}*.jsonl")) for record in _read(path)]


def add_record(path: Path, record: Record) -> None:
    """Adds a record to the end of a manifest.

    Raises:
        OutputError: if that fails.
    """
    append(path, _line(record, path.parent))


def settle(path: Path, records: Iterable[Record]) -> dict[Path, Record]:
    """Leaves one record for each recording in a manifest, or removes the manifest if it has none.

    Args:
        path: of the manifest.
        records: what this run says, which comes after all that the manifest says.

    Returns:
        The records that are left, by target.

    Raises:
        OutputError: if the manifest cannot be replaced.
    """
    last: dict[Path, Record] = {}
    for record in (*_read(path), *records):
        last[record.target] = _after(last.get(record.target), record)
    left = {target: record for target, record in sorted(last.items()) if record.files or record.status != "writing"}
    with replacing(path) as partial:
        partial.write_bytes(b"".join(_line(record, path.parent) for record in left.values()))
    if not left:
        path.unlink(missing_ok=True)
    return left


def _after(before: Record | None, record: Record) -> Record:
    """What is known after one more record: nothing that was known of other files is lost.

    After "writing" only files that are there count: if no other record follows, the run was stopped while it wrote.
    """
    files = record.files
    if record.status == "writing":
        files = {file: made for file, made in files.items() if _is_there(file, made)}
        whole = len(files) == len(record.files)
        record = replace(record, status="warned" if record.message else "done") if whole else before or record
    others = {file: made for file, made in before.files.items() if file not in files} if before else {}
    return replace(record, files={**others, **files})


def _is_there(file: Path, made: Made) -> bool:
    with suppress(OutputError, ValueError):  # such as a name that no file can have
        return sha256(content(file) or b"") == made.sha256
    return False


def _read(path: Path) -> list[Record]:
    """The records of a manifest; any other line, such as half of one, is passed over."""
    lines = (content(path) or b"").splitlines()
    return [record for line in lines if (record := _record(line, path.parent))]


def _line(record: Record, folder: Path) -> bytes:
    """The line of a record; its paths are relative to the folder, so that the folder can be moved."""
    files = {file.relative_to(folder).as_posix(): asdict(made) for file, made in record.files.items()}
    places = {"recording": str(record.recording), "target": record.target.relative_to(folder).as_posix()}
    return json.dumps({**asdict(replace(record, files={})), **places, "files": files}).encode() + b"\n"


def _record(line: bytes, folder: Path) -> Record | None:
    """The record of a line; None if it is not one, or tells of files elsewhere."""
    try:
        told = json.loads(line)
        made = {name: {**of, "provenance": Provenance(**of["provenance"])} for name, of in told["files"].items()}
        files = {folder / name: Made(**of) for name, of in made.items()}
        places = {"recording": Path(told["recording"]), "target": folder / told["target"]}
        record = Record(**{**told, **places, "files": files})
        elsewhere = any(".." in place.relative_to(folder).parts for place in (record.target, *files))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return None if elsewhere else record
