"""Records of what a batch made of each recording <-> lines of JSON in a manifest, which lies in the output folder.

A file is phonseg's own if a record in a manifest of its folder holds its SHA-256. Every other file is the work of a
person, such as a TextGrid that was corrected by hand. If a manifest is lost, every file counts as the work of a person.

While a batch runs, each record is added to the end of the manifest at once, so a run that is killed keeps them all.
Before files are replaced, a record with the status "writing" names them. When the run ends, also by an error or a
signal, one record for each recording is left, sorted by target.
"""

from __future__ import annotations

import errno
import hashlib
import json
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from phonseg.errors import OutputError
from phonseg.system.atomic_files import append, as_output_error, make_folder, replacing
from phonseg.timeline.provenance import Provenance

Shard = tuple[int, int]  # the i-th, counted from 1, of n
Status = Literal["done", "warned", "skipped", "failed", "writing"]
STEM = "phonseg-manifest"


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
    """

    sha256: str
    boundaries: int
    seconds: float
    warning: str
    recording_bytes: int
    recording_modified: float
    provenance: Provenance
    whole: bool = True

    def __post_init__(self) -> None:
        numbers = isinstance(self.boundaries, int) and isinstance(self.seconds, int | float)
        if not (numbers and isinstance(self.warning, str) and isinstance(self.provenance.settings, Mapping)):
            raise TypeError("boundaries and seconds are numbers, the warning is a text, settings have names")


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


class Manifest:
    """The manifest of one folder, to which one run adds its records.

    The folder is made if it is missing.

    Args:
        folder: the folder.
        shard: (i, n) for the i-th of n parts, each of which has a manifest of its own; None for all recordings.

    Attributes:
        path: the file.

    Raises:
        OutputError: if the folder cannot be made or the manifest cannot be written.
    """

    def __init__(self, folder: Path, shard: Shard | None) -> None:
        self.path = folder / (f"{STEM}-{shard[0]}-of-{shard[1]}.jsonl" if shard else f"{STEM}.jsonl")
        self._added: list[Record] = []
        make_folder(folder)
        append(self.path, b"\n")  # ends a line that a full disk has cut short

    def add(self, record: Record) -> None:
        """Adds a record to the end.

        Args:
            record: what became of a recording.

        Raises:
            OutputError: if the manifest cannot be written.
        """
        if record.status != "skipped":  # the manifest knows that already
            append(self.path, _line(record, self.path.parent))
        if record.status != "writing":
            self._added.append(record)

    def settle(self) -> dict[Path, Record]:
        """Leaves one record for each recording, or removes the manifest if there is none.

        Records that this run has added come after all others, even if another run has replaced the manifest meanwhile.

        Returns:
            The records that are left, by target.

        Raises:
            OutputError: if the manifest cannot be replaced.
        """
        last: dict[Path, Record] = {}
        for record in (*_read(self.path), *self._added):
            last[record.target] = _after(last.get(record.target), record)
        left = {target: record for target, record in sorted(last.items()) if record.files or record.status != "writing"}
        with replacing(self.path) as partial:
            partial.write_bytes(b"".join(_line(record, self.path.parent) for record in left.values()))
        if not left:
            self.path.unlink(missing_ok=True)
        return left


def read_records(folder: Path) -> list[Record]:
    """Reads the records of all manifests in a folder, whichever run or shard wrote them.

    Args:
        folder: the output folder.

    Returns:
        The records; there may be several for one recording.

    Raises:
        OutputError: if a manifest cannot be read.
    """
    return [record for path in sorted(folder.glob(f"{STEM}*.jsonl")) for record in _read(path)]


def sha256(data: bytes) -> str:
    """Returns the SHA-256 of bytes in hexadecimal.

    Args:
        data: the bytes.
    """
    return hashlib.sha256(data).hexdigest()


def content(file: Path) -> bytes | None:
    """Returns the bytes of a file, None if it does not exist.

    Args:
        file: its path.

    Raises:
        OutputError: if it cannot be read, or is a folder or a device.
    """  # noqa: DOC501  # the OSError becomes an OutputError
    with as_output_error(file), suppress(FileNotFoundError):
        if not stat.S_ISREG(file.stat().st_mode):
            raise OSError(errno.EEXIST, "a folder or a device has that name")
        return file.read_bytes()
    return None


def _after(before: Record | None, record: Record) -> Record:
    """What is known after one more record; what was known of other files stays."""
    files = record.files
    if record.status == "writing":  # if no other record follows, the run was stopped meanwhile: what exists counts
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
    """The records of a manifest; all other lines, such as half a record, are skipped."""
    lines = (content(path) or b"").splitlines()
    return [record for line in lines if (record := _record(line, path.parent))]


def _line(record: Record, folder: Path) -> bytes:
    """The line of a record; its paths are relative to the folder, so that the folder can be moved."""
    files = {file.relative_to(folder).as_posix(): asdict(made) for file, made in record.files.items()}
    places = {"recording": str(record.recording), "target": record.target.relative_to(folder).as_posix()}
    return json.dumps({**asdict(replace(record, files={})), **places, "files": files}).encode() + b"\n"


def _record(line: bytes, folder: Path) -> Record | None:
    """The record of a line; None if it is not a record, or names files outside the folder."""
    try:
        values = json.loads(line)
        made = {name: {**of, "provenance": Provenance(**of["provenance"])} for name, of in values["files"].items()}
        files = {folder / name: Made(**of) for name, of in made.items()}
        places = {"recording": Path(values["recording"]), "target": folder / values["target"]}
        record = Record(**{**values, **places, "files": files})
        outside = any(".." in path.relative_to(folder).parts for path in (record.target, *files))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return None if outside else record
