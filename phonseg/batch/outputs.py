"""Which files of a batch are phonseg's own and up to date; the others are written, if nobody else has touched them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from phonseg.annotation.textgrid.add_tiers import add_tiers, existing_tiers
from phonseg.annotation.writers import tier_names
from phonseg.batch.jobs import Job
from phonseg.batch.manifest import (
    Made,
    Record,
    Shard,
    Status,
    add_record,
    content,
    manifest_path,
    read_records,
    settle,
    sha256,
)
from phonseg.batch.worker_task import WorkerResult
from phonseg.errors import PhonsegError, TextGridError
from phonseg.system.atomic_files import append, is_full, make_folder, remove_stale, replacing
from phonseg.timeline.segmentation import Provenance


class Outputs:
    """The files of a batch, and what became of its recordings.

    Attributes:
        records: what this run has recorded up to now, by target; after `close`, what the manifests say.
    """

    def __init__(
        self, planned: Sequence[Job], *, shard: Shard | None, overwrite: bool, tiers: Sequence[str] = ()
    ) -> None:
        """Makes the folders of the manifests, and reads what earlier runs and other shards have recorded.

        Args:
            planned: the recordings of the batch.
            shard: which of how many parts they are, None if they are all.
            overwrite: whether everything is made again, whoever wrote what is there.
            tiers: names of the tiers that are added where TextGrids are there already.

        Raises:
            OutputError: if a folder cannot be made or a manifest cannot be written.
        """
        self.records: dict[Path, Record] = {}
        self._overwrite, self._tiers = overwrite, tiers
        self._made: dict[Path, list[Made]] = {}
        self._manifests = {item.folder: manifest_path(item.folder, shard) for item in planned}
        self._added: dict[Path, list[Record]] = {folder: [] for folder in self._manifests}
        for folder, manifest in self._manifests.items():
            make_folder(folder)
            append(manifest, b"\n")  # which ends a line that a full disk has cut short
            for record in read_records(folder):
                for file, made in record.files.items():
                    self._made.setdefault(file, []).append(made)
        for folder in {item.target.parent for item in planned}:
            remove_stale(folder)

    def settles(self, item: Job, provenance: Provenance) -> bool:
        """Returns whether there is nothing to segment; then why is recorded.

        Args:
            item: the recording.
            provenance: what a file made now would say of its origin.
        """
        return self._concludes(item, provenance, None)

    def place(self, item: Job, result: WorkerResult) -> None:
        """Writes the files of a recording, except those that somebody else has written meanwhile.

        Raises:
            OutputError: if the disk is full, so that nothing more can be written.
        """
        self._concludes(item, result.provenance, result)

    def fail(self, item: Job, message: str) -> None:
        """Records that a recording could not be segmented; the files that are there from before stay."""
        self._add(item, Record(item.recording, item.target, "failed", message))

    def close(self) -> None:
        """Leaves one record for each recording in the manifests.

        Raises:
            OutputError: if a manifest cannot be replaced.
        """
        for folder, manifest in self._manifests.items():
            self.records |= settle(manifest, self._added[folder])

    def _concludes(self, item: Job, provenance: Provenance, result: WorkerResult | None) -> bool:
        """Records what became of a recording, unless it has yet to be segmented; returns whether it has not."""
        try:
            item.check_inside()
            contents, files, left = self._sorted_out(item, provenance, result)
            if contents and result is None:
                return False
            message = " ".join(dict.fromkeys([*(made.warning for made in files.values() if made.warning), *left]))
            status: Status = "skipped" if not contents else "warned" if message else "done"
            elapsed = round(result.elapsed, 3) if result else None
            record = Record(item.recording, item.target, status, message, elapsed, files)
            if contents:
                make_folder(item.target.parent)
                # First, so that whatever is found after this process was killed is known as phonseg's.
                add_record(self._manifests[item.folder], replace(record, status="writing"))
            for file, data in contents.items():
                with replacing(file) as partial:
                    partial.write_bytes(data)
        except PhonsegError as error:
            if is_full(error):
                raise
            self.fail(item, str(error))
        else:
            self._add(item, record)
        return True

    def _sorted_out(
        self, item: Job, provenance: Provenance, result: WorkerResult | None
    ) -> tuple[dict[Path, bytes], dict[Path, Made], list[str]]:
        """Looks at the files of a recording.

        Returns:
            What is to be written to which file (nothing in it without a result); how these files were made, and those
            that are up to date; what is said of those that are left alone.
        """
        contents, files, left = dict[Path, bytes](), dict[Path, Made](), list[str]()
        for suffix, file in item.files.items():
            found, new, adds = content(file), result.files[suffix] if result else b"", item.adds_to(suffix)
            digest = None if found is None else sha256(found)
            own = (made for made in self._made.get(file, []) if made.sha256 == digest)
            made = max(own, key=lambda made: _is_current(made, item, provenance), default=None)
            tiers = self._tiers if self._overwrite else tier_names(made.provenance.settings) if made else ()
            free = self._overwrite or found is None or (made and made.whole) or (result and found == new)
            if said := self._tier_kept(file, found, tiers) if adds else "" if free else self._kept(file):
                left.append(f"{file}: {said}")
            elif made and not self._overwrite and _is_current(made, item, provenance):
                files[file] = made
            elif result is None:
                contents[file] = new
            else:
                contents[file] = add_tiers(found or b"", new, file, replaceable=tiers) if adds else new
                whole = not adds or (made is not None and made.whole)
                facts = result.boundaries, result.seconds, result.warning, item.size, item.modified, provenance
                files[file] = Made(sha256(contents[file]), *facts, whole)
        return contents, files, left

    def _kept(self, file: Path) -> str:
        """Why a file is left alone."""
        changed, foreign = "was changed after phonseg wrote it", "is there already, and phonseg did not write it"
        return (
            f"{changed if file in self._made else foreign}, so it is left alone. It is replaced only with --overwrite."
        )

    def _tier_kept(self, file: Path, found: bytes | None, replaceable: Sequence[str]) -> str:
        """Why a tier of a TextGrid is left alone; nothing if there is no such tier, or it may be replaced."""
        if found is None:
            raise TextGridError(f"{file}: there is no such TextGrid. Give -o where there is none to add to.")
        kept = set(existing_tiers(found, self._tiers, file)).difference(replaceable)
        said = "which is left alone. It is replaced only with --overwrite; or give another --tier."
        return f'has a tier called "{min(kept)}" already, {said}' if kept else ""

    def _add(self, item: Job, record: Record) -> None:
        if record.status != "skipped":  # which tells nothing that is not known already
            add_record(self._manifests[item.folder], record)
        self._added[item.folder].append(record)
        self.records[item.target] = record


def _is_current(made: Made, item: Job, provenance: Provenance) -> bool:
    same_recording = (made.recording_bytes, made.recording_modified) == (item.size, item.modified)
    return same_recording and made.provenance == provenance and provenance.digest != ""  # without it: any model
