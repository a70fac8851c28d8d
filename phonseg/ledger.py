"""Which TextGrids of a batch are phonseg's own and up to date; writing those that are not, and recording it all."""

from __future__ import annotations

import errno
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from phonseg.errors import OutputError
from phonseg.manifest import Made, Record, Shard, Status, add_record, begin, manifest_path, read_records, settle, sha256
from phonseg.plan import Planned
from phonseg.segmentation import Provenance
from phonseg.task import Result
from phonseg.writing import as_output_error, is_full, make_folder, remove_stale, replacing


class Ledger:
    """What is known of the TextGrids of a batch.

    records: what this run has recorded up to now, by TextGrid; what earlier runs recorded is read at the start.

    Raises OutputError if the folder of a manifest cannot be made or written to.
    """

    def __init__(self, planned: Sequence[Planned], *, shard: Shard | None, overwrite: bool) -> None:
        self.records: dict[Path, Record] = {}
        self._overwrite = overwrite
        self._known: dict[Path, list[Made]] = {}
        self._manifests = {item.folder: manifest_path(item.folder, shard) for item in planned}
        self._added: dict[Path, list[Record]] = {folder: [] for folder in self._manifests}
        for folder, manifest in self._manifests.items():
            make_folder(folder)
            begin(manifest)
            for record in read_records(folder):
                if record.made:
                    self._known.setdefault(record.textgrid, []).append(record.made)
        for folder in {item.textgrid.parent for item in planned}:
            remove_stale(folder)

    def settles(self, item: Planned, provenance: Provenance) -> bool:
        """Whether there is nothing to segment, and if so record why.

        provenance: what a TextGrid made now would say of its origin.
        """
        try:
            item.check_inside()
            found = _digest(item.textgrid)
        except OutputError as error:
            self.fail(item, str(error))
            return True
        if found is None or self._overwrite:
            return False
        made = self._made(item, found)
        if made is None:
            self._leave_alone(item)
        elif _is_current(made, item, provenance):
            self._add(item, Record(item.recording, item.textgrid, "skipped", made.warning, made=made))
        return item.textgrid in self.records

    def place(self, item: Planned, result: Result) -> None:
        """Write the TextGrid of a recording, unless somebody else has written one meanwhile.

        Raises OutputError if nothing more can be written.
        """
        made = Made(
            textgrid_sha256=sha256(result.textgrid),
            boundaries=result.boundaries,
            seconds=result.seconds,
            warning=result.warning,
            recording_bytes=item.size,
            recording_modified=item.modified,
            provenance=result.provenance,
        )
        status: Status = "warned" if made.warning else "done"
        record = Record(item.recording, item.textgrid, status, made.warning, round(result.elapsed, 3), made)
        try:
            found = _digest(item.textgrid)
            if not (self._overwrite or found in (None, made.textgrid_sha256) or self._made(item, found)):
                self._leave_alone(item)
                return
            make_folder(item.textgrid.parent)
            # Known before it is there: at whatever moment this process is killed, what is found is known as phonseg's.
            add_record(self._manifests[item.folder], replace(record, status="writing"))
            with replacing(item.textgrid) as partial:
                partial.write_bytes(result.textgrid)
        except OutputError as error:
            if is_full(error):
                raise
            self.fail(item, str(error))
        else:
            self._add(item, record)

    def fail(self, item: Planned, message: str) -> None:
        """Record that a recording could not be segmented; a TextGrid that is there from before stays."""
        self._add(item, Record(item.recording, item.textgrid, "failed", message, made=self._last(item)))

    def close(self) -> None:
        """Leave a single record of each recording in the manifests. Raises OutputError if that fails."""
        for folder, manifest in self._manifests.items():
            settle(manifest, self._added[folder])

    def _leave_alone(self, item: Planned) -> None:
        last = self._last(item)
        reason = "was changed after phonseg wrote it" if last else "is there already, and phonseg did not write it"
        message = f"{item.textgrid}: {reason}, so it is left alone. It is replaced only with --overwrite."
        self._add(item, Record(item.recording, item.textgrid, "skipped", message, made=last))

    def _add(self, item: Planned, record: Record) -> None:
        if record.status != "skipped":  # which tells nothing that is not known already
            add_record(self._manifests[item.folder], record)
        self._added[item.folder].append(record)
        self.records[item.textgrid] = record

    def _made(self, item: Planned, digest: str | None) -> Made | None:
        """How phonseg made the TextGrid that has this digest; None if it did not."""
        return next((made for made in self._known.get(item.textgrid, []) if made.textgrid_sha256 == digest), None)

    def _last(self, item: Planned) -> Made | None:
        """The TextGrid of phonseg's that is there, or the last that was."""
        known = self._known.get(item.textgrid, [])
        with suppress(OutputError):
            return self._made(item, _digest(item.textgrid)) or (known[-1] if known else None)
        return known[-1] if known else None


def _is_current(made: Made, item: Planned, provenance: Provenance) -> bool:
    same_recording = (made.recording_bytes, made.recording_modified) == (item.size, item.modified)
    # A model without a digest may be any.
    return same_recording and made.provenance == provenance and provenance.digest != ""


def _digest(textgrid: Path) -> str | None:
    """SHA-256 of a TextGrid, None where there is none. Raises OutputError where none can be."""
    with as_output_error(textgrid):
        try:
            mode = textgrid.stat().st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(mode):
            raise OSError(errno.EEXIST, "a folder or a device has that name")
        return sha256(textgrid.read_bytes())
