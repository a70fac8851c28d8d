"""Which files of a batch are phonseg's own and up to date; writing those that are not, and recording it all."""

from __future__ import annotations

import errno
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from phonseg.errors import OutputError, PhonsegError, TextGridError
from phonseg.formats import tier_names
from phonseg.manifest import Made, Reader, Record, Shard, Status, add_record, begin, manifest_path, settle, sha256
from phonseg.plan import Planned
from phonseg.segmentation import Provenance
from phonseg.task import Result
from phonseg.textgrid_tiers import taken, with_tiers
from phonseg.writing import as_output_error, is_full, make_folder, remove_stale, replacing


class Ledger:
    """What is known of the files of a batch.

    records: what this run has recorded up to now, by target; what other runs recorded is read at the start, and again
    where a file is found of which nothing is known.
    tiers: the names of those that are added where TextGrids are there already.

    Raises OutputError if the folder of a manifest cannot be made or written to.
    """

    def __init__(
        self, planned: Sequence[Planned], *, shard: Shard | None, overwrite: bool, tiers: Sequence[str] = ()
    ) -> None:
        self.records: dict[Path, Record] = {}
        self._overwrite = overwrite
        self._tiers = tiers
        self._known: dict[Path, dict[Path, list[Made]]] = {}  # target -> file -> how it was made, the latest last
        self._readers: dict[Path, Reader] = {}
        self._manifests = {item.folder: manifest_path(item.folder, shard) for item in planned}
        self._added: dict[Path, list[Record]] = {folder: [] for folder in self._manifests}
        for folder, manifest in self._manifests.items():
            make_folder(folder)
            begin(manifest)
            self._readers[folder] = Reader(folder)
            self._learn(folder)
        for folder in {item.target.parent for item in planned}:
            remove_stale(folder)

    def settles(self, item: Planned, provenance: Provenance) -> bool:
        """Whether there is nothing to segment, and if so record why.

        provenance: what a file made now would say of its origin.
        """
        try:
            item.check_inside()
            due, foreign = self._sorted_out(item, provenance)
        except PhonsegError as error:
            self.fail(item, str(error))
            return True
        if due:
            return False
        files = self._last(item)
        asked_for = [files[file] for file in item.files.values() if file in files]
        warnings = dict.fromkeys(made.warning for made in asked_for if made.warning and not foreign)
        self._add(item, Record(item.recording, item.target, "skipped", " ".join([*warnings, *foreign]), files=files))
        return True

    def place(self, item: Planned, result: Result) -> None:
        """Write the files of a recording, but none that somebody else has written meanwhile.

        Raises OutputError if nothing more can be written.
        """
        try:
            due, foreign = self._sorted_out(item, result.provenance, result.files)
            if not due:
                said = " ".join(foreign)
                self._add(item, Record(item.recording, item.target, "skipped", said, files=self._last(item)))
                return
            contents = {file: self._content(item, suffix, result) for suffix, file in due.items()}
            message = " ".join(filter(None, [result.warning, *foreign]))
            status: Status = "warned" if message else "done"
            files = {file: made for file, (_, made) in contents.items()}
            record = Record(item.recording, item.target, status, message, round(result.elapsed, 3), files)
            make_folder(item.target.parent)
            # Known before it is there: at whatever moment this process is killed, what is found is known as phonseg's.
            add_record(self._manifests[item.folder], replace(record, status="writing"))
            for file, (content, _) in contents.items():
                with replacing(file) as partial:
                    partial.write_bytes(content)
        except PhonsegError as error:
            if isinstance(error, OutputError) and is_full(error):
                raise
            self.fail(item, str(error))
        else:
            others = {file: made for file, made in self._last(item).items() if file not in files}
            self._add(item, replace(record, files={**others, **files}))

    def fail(self, item: Planned, message: str) -> None:
        """Record that a recording could not be segmented; files that are there from before stay."""
        self._add(item, Record(item.recording, item.target, "failed", message, files=self._last(item)))

    def close(self) -> None:
        """Leave a single record of each recording in the manifests. Raises OutputError if that fails."""
        for folder, manifest in self._manifests.items():
            settle(manifest, self._added[folder])

    def _sorted_out(
        self, item: Planned, provenance: Provenance, new: Mapping[str, bytes] | None = None
    ) -> tuple[dict[str, Path], list[str]]:
        """Suffix -> file of those that are to be written, and what is said of those that are left alone.

        new: suffix -> what would be written; where that is there already, it does not matter who wrote it.
        """
        due, foreign = {}, []
        for suffix, file in item.files.items():
            found = _read(file)
            made = self._made(item, file, found)
            if item.adds_to(suffix):
                if found is None:
                    raise TextGridError(f"{file}: there is no such TextGrid. Give -o where there is none to add to.")
                kept = set(taken(found, self._tiers, file)).difference(self._replaceable(made))
                if kept:
                    foreign.append(
                        f'{file}: has a tier called "{min(kept)}" already, which is left alone. '
                        "It is replaced only with --overwrite; or give another --tier."
                    )
                    continue
            elif not (found in (None, (new or {}).get(suffix)) or self._overwrite or (made and made.whole)):
                foreign.append(self._left_alone(item, file))
                continue
            if self._overwrite or made is None or not _is_current(made, item, provenance):
                due[suffix] = file
        return due, foreign

    def _replaceable(self, made: Made | None) -> Sequence[str]:
        """The tiers that may be replaced in a TextGrid that phonseg made, or added to, like that."""
        if self._overwrite:
            return self._tiers
        return tier_names(made.provenance.settings) if made else ()

    def _made(self, item: Planned, file: Path, found: bytes | None) -> Made | None:
        """How phonseg made the file that holds this; None if it did not."""
        if found is None:
            return None
        digest = sha256(found)
        for _ in range(2):
            for made in self._known.get(item.target, {}).get(file, []):
                if made.sha256 == digest:
                    return made
            self._learn(item.folder)  # another run may be at work there
        return None

    def _learn(self, folder: Path) -> None:
        """Take in what has been recorded since the last time."""
        for record in self._readers[folder].new():
            known = self._known.setdefault(record.target, {})
            for file, made in record.files.items():
                known.setdefault(file, []).append(made)

    def _content(self, item: Planned, suffix: str, result: Result) -> tuple[bytes, Made]:
        """What is written, and what is recorded of it."""
        file, content, whole = item.files[suffix], result.files[suffix], True
        if item.adds_to(suffix):
            found = _read(file)
            made = self._made(item, file, found)
            content = with_tiers(found or b"", content, file, replaceable=self._replaceable(made))
            whole = made is not None and made.whole
        return content, Made(
            sha256=sha256(content),
            boundaries=result.boundaries,
            seconds=result.seconds,
            warning=result.warning,
            recording_bytes=item.size,
            recording_modified=item.modified,
            provenance=result.provenance,
            whole=whole,
        )

    def _left_alone(self, item: Planned, file: Path) -> str:
        known = self._known.get(item.target, {}).get(file)
        reason = "was changed after phonseg wrote it" if known else "is there already, and phonseg did not write it"
        return f"{file}: {reason}, so it is left alone. It is replaced only with --overwrite."

    def _add(self, item: Planned, record: Record) -> None:
        if record.status != "skipped":  # which tells nothing that is not known already
            add_record(self._manifests[item.folder], record)
        self._added[item.folder].append(record)
        self.records[item.target] = record

    def _last(self, item: Planned) -> Mapping[Path, Made]:
        """The files of phonseg's that are there, or the last that were."""
        files = {}
        for file, known in self._known.get(item.target, {}).items():
            files[file] = known[-1]
            with suppress(OutputError):
                files[file] = self._made(item, file, _read(file)) or known[-1]
        return files


def _is_current(made: Made, item: Planned, provenance: Provenance) -> bool:
    same_recording = (made.recording_bytes, made.recording_modified) == (item.size, item.modified)
    # A model without a digest may be any.
    return same_recording and made.provenance == provenance and provenance.digest != ""


def _read(file: Path) -> bytes | None:
    """What a file holds, None where there is none. Raises OutputError where none can be."""
    with as_output_error(file):
        try:
            mode = file.stat().st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(mode):
            raise OSError(errno.EEXIST, "a folder or a device has that name")
        return file.read_bytes()
