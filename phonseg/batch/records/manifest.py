"""The records of a batch, as lines of JSON in a manifest, which lies in the output folder.

A file is phonseg's own if a record in a manifest of its folder holds its SHA-256. Every other file is the work of a
person, such as a TextGrid that was corrected by hand. If a manifest is lost, every file counts as the work of a person.

While a batch runs, each record is added to the end of the manifest at once, so a run that is killed keeps them all.
Before files are replaced, a record with the status "writing" names them. When the run ends, also by an error or a
signal, one record for each recording is left, sorted by target.

Of several runs at once, one at a time has the lock of the manifest, while it looks at the files of a recording, writes
them and adds its records, or while it leaves one record for each. So the last record of a file says what it holds.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from phonseg.batch.records.record import Made, Record, line_to_record, record_to_line
from phonseg.errors import OutputError
from phonseg.system.atomic_files import append, as_output_error, locked, make_folder, replacing
from phonseg.system.ordinary_files import digest, open_ordinary

Shard = tuple[int, int]  # the i-th, counted from 1, of n
Key = tuple[Path, Path]  # target and recording: two recordings may claim the same files
STEM = "phonseg-manifest"
LONGEST_LINE = 2**20  # bytes; a longer line is no record
LARGEST_MANIFEST = 2**30  # bytes, enough for a million recordings
MOST_HASHED = 2 * 10**8  # bytes that are read to find out which files stopped runs have written


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
        self._added: dict[Key, Record] = {}
        make_folder(folder)
        append(self.path, b"\n")  # ends a line that a full disk has cut short

    def locked(self) -> AbstractContextManager[None]:
        """Keeps the manifest for this run until the block ends; other runs wait."""
        return locked(self.path)

    def add(self, record: Record) -> None:
        """Adds a record to the end; the manifest must be locked.

        Args:
            record: what became of a recording.

        Raises:
            OutputError: if the manifest cannot be written.
        """
        append(self.path, record_to_line(record, self.path.parent))
        if record.status != "writing":
            self._added[record.target, record.recording] = record

    def settle(self) -> dict[Key, Record]:
        """Leaves one record for each recording, or removes the manifest if there is none.

        Returns:
            The records that are left.

        Raises:
            OutputError: if the manifest cannot be replaced or removed.
        """
        with self.locked():
            left = _settled(_read(self.path), self._added, self.path.parent)
            if left:
                with replacing(self.path) as new:
                    new.write_bytes(b"".join(record_to_line(record, self.path.parent) for record in left.values()))
            else:
                with as_output_error(self.path):
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


@dataclass(slots=True)
class _Known:
    """What the records of one recording say, up to some line."""

    last: Record | None = None
    writing: Record | None = None  # comes after the last one: a run was stopped meanwhile
    files: dict[Path, Made] = field(default_factory=dict)
    doubtful: dict[Path, list[Made]] = field(default_factory=dict)  # files that were to be written, perhaps in vain

    def add(self, record: Record) -> None:
        if record.status == "writing":
            self.writing = record
            for file, made in record.files.items():
                self.doubtful.setdefault(file, []).append(made)
        else:
            self.last, self.writing = record, None
            for file, made in record.files.items():
                self.files.pop(file, None)  # the latest come last
                self.files[file] = made
                self.doubtful.pop(file, None)

    def inherit(self, other: _Known) -> None:
        """Takes over the files of a recording that has the same files and is no longer there, or has another path."""
        self.files = _merged(other.files, self.files)
        for file, ways in other.doubtful.items():
            self.doubtful[file] = [*ways, *self.doubtful.get(file, ())]

    def settled(self, there: Mapping[Path, Made]) -> Record | None:
        """The one record that is left. there: those of the doubtful files that are in place."""
        record = self.last
        if self.writing and all(there.get(file) == made for file, made in self.writing.files.items()):
            record = replace(self.writing, status="warned" if self.writing.message else "done")
        record, files = record or self.writing, _merged(self.files, there)
        return replace(record, files=files) if record and (files or record.status != "writing") else None


def _settled(lines: Iterable[Record], added: Mapping[Key, Record], folder: Path) -> dict[Key, Record]:
    """One record for each recording, sorted by target. Of a target in `added`, only recordings in `added` are left."""
    targets: dict[Path, dict[Path, _Known]] = {}
    for record in lines:
        targets.setdefault(record.target, {}).setdefault(record.recording, _Known()).add(record)
    now: dict[Path, dict[Path, _Known]] = {}
    for (target, recording), record in added.items():
        known = targets.get(target, {}).pop(recording, None) or _Known(record, files=dict(record.files))
        now.setdefault(target, {})[recording] = known
    for target, recordings in now.items():
        for other in targets.get(target, {}).values():
            next(iter(recordings.values())).inherit(other)
    left, room = dict[Key, Record](), MOST_HASHED
    for target, recordings in sorted({**targets, **now}.items()):
        for recording, known in recordings.items():
            there, room = _in_place(known.doubtful, folder, room)
            if one := known.settled(there):
                left[target, recording] = one
    return left


def _in_place(doubtful: Mapping[Path, Sequence[Made]], folder: Path, room: int) -> tuple[dict[Path, Made], int]:
    """Which of these files are in place, and how many more bytes may be read to find out of others."""
    there: dict[Path, Made] = {}
    for file, ways in doubtful.items():
        with suppress(OSError, ValueError):  # such as a name that no file can have
            size = file.lstat().st_size
            if size <= room and Path(os.path.realpath(file.parent)).is_relative_to(os.path.realpath(folder)):
                room -= size
                found = digest(file, follow=False)
                for made in ways:
                    if made.sha256 == found:
                        there[file] = made
    return there, room


def _merged(earlier: Mapping[Path, Made], later: Mapping[Path, Made]) -> dict[Path, Made]:
    """The files of both, the later ones last."""
    return {**{file: made for file, made in earlier.items() if file not in later}, **later}


def _read(path: Path) -> Iterator[Record]:
    """The records of a manifest; all other lines, such as half a record, are skipped."""
    return filter(None, (line_to_record(line, path.parent) for line in _lines(path)))


def _lines(path: Path) -> Iterator[bytes]:
    with as_output_error(path), suppress(FileNotFoundError), open_ordinary(path, follow=False) as raw:
        if os.fstat(raw.fileno()).st_size > LARGEST_MANIFEST:
            raise OutputError(f"{path}: is too large for a manifest. Move it away, or choose another output folder.")
        file, long = io.BufferedReader(raw), False  # type: ignore[type-var]
        while line := file.readline(LONGEST_LINE):
            ends = line.endswith(b"\n")
            if not long and (ends or len(line) < LONGEST_LINE):
                yield line
            long = not ends
