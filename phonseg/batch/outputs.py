"""Results of segmenting -> files and records; a file that a person has made or changed is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from phonseg.annotation.textgrid.add_tiers import add_tiers, existing_tiers
from phonseg.annotation.writers import tier_names
from phonseg.batch.jobs import Job
from phonseg.batch.manifest import Made, Manifest, Record, Shard, Status, content, read_records, sha256
from phonseg.batch.worker_task import WorkerResult
from phonseg.errors import PhonsegError, TextGridError
from phonseg.system.atomic_files import is_full, make_folder, remove_stale, replacing
from phonseg.timeline.provenance import Provenance

LEFT_ALONE = "is left alone. It is replaced only with --overwrite"  # in the message of every record of such a file


class Outputs:
    """The files of a batch, and what became of its recordings.

    At the start, the folders of the manifests are made, and what earlier runs and other shards have recorded is read.

    Args:
        jobs: the recordings of the batch.
        shard: (i, n) for the i-th of n parts of the recordings, counted from 1; None if the jobs are all.
        overwrite: whether everything is made again, also what phonseg did not make.
        tiers: the names of the tiers that are added to TextGrids that exist already.

    Attributes:
        records: what this run has recorded up to now, by target; after `close`, what the manifests say.

    Raises:
        OutputError: if a folder cannot be made or a manifest cannot be written.
    """

    def __init__(self, jobs: Sequence[Job], *, shard: Shard | None, overwrite: bool, tiers: Sequence[str] = ()) -> None:
        self.records: dict[Path, Record] = {}
        self._overwrite, self._tiers = overwrite, tiers
        self._manifests = {folder: Manifest(folder, shard) for folder in dict.fromkeys(job.folder for job in jobs)}
        self._made: dict[Path, list[Made]] = {}
        for record in (record for folder in self._manifests for record in read_records(folder)):
            for file, made in record.files.items():
                self._made.setdefault(file, []).append(made)
        for folder in {job.target.parent for job in jobs}:
            remove_stale(folder)

    def settles(self, job: Job, provenance: Provenance) -> bool:
        """Returns whether a recording need not be segmented, or cannot be; if so, this is recorded.

        Args:
            job: the recording.
            provenance: the provenance of files that would be made now.

        Raises:
            OutputError: if the manifest cannot be written.
        """
        return self._concludes(job, provenance, None)

    def place(self, job: Job, result: WorkerResult) -> None:
        """Writes the files of a recording, except those that somebody else has written meanwhile, and records this.

        Args:
            job: the recording.
            result: what came of segmenting it.

        Raises:
            OutputError: if the disk is full, so that nothing more can be written.
        """
        self._concludes(job, result.provenance, result)

    def fail(self, job: Job, message: str) -> None:
        """Records that a recording could not be segmented; its earlier files stay.

        Args:
            job: the recording.
            message: why.

        Raises:
            OutputError: if the manifest cannot be written.
        """
        self._add(job, Record(job.recording, job.target, "failed", message))

    def close(self) -> None:
        """Leaves one record for each recording in the manifests.

        Raises:
            OutputError: if a manifest cannot be replaced.
        """
        for manifest in self._manifests.values():
            self.records |= manifest.settle()

    def _concludes(self, job: Job, provenance: Provenance, result: WorkerResult | None) -> bool:
        """Writes what must be written, and records what became of a recording; false if it must be segmented first."""
        try:
            job.check_inside()
            contents, files, reasons = self._sort_out(job, provenance, result)
            if contents and result is None:
                return False
            message = " ".join(dict.fromkeys([*(made.warning for made in files.values() if made.warning), *reasons]))
            status: Status = "skipped" if not contents else "warned" if message else "done"
            elapsed = round(result.elapsed, 3) if result else None
            record = Record(job.recording, job.target, status, message, elapsed, files)
            if contents:
                make_folder(job.target.parent)
                # First, so that the files are known as phonseg's even if this process is killed while it writes them.
                self._manifests[job.folder].add(replace(record, status="writing"))
            for file, data in contents.items():
                with replacing(file) as partial:
                    partial.write_bytes(data)
        except PhonsegError as error:
            if is_full(error):
                raise
            self.fail(job, str(error))
        else:
            self._add(job, record)
        return True

    def _sort_out(
        self, job: Job, provenance: Provenance, result: WorkerResult | None
    ) -> tuple[dict[Path, bytes], dict[Path, Made], list[str]]:
        """Compares the files of a recording with what was recorded of them.

        Returns:
            The contents of the files that must be written (empty without a result); how these files, and those that are
            up to date, were made; and why other files are left alone.
        """
        contents, files, reasons = dict[Path, bytes](), dict[Path, Made](), list[str]()
        for suffix, file in job.files.items():
            found, adds = content(file), job.adds_to(suffix)
            made = self._how_made(file, found, job, provenance)
            new = result.files[suffix] if result else None
            reason = self._taken_tier(file, found, made) if adds else self._not_ours(file, found, made, new)
            if reason:
                reasons.append(f"{file}: {reason}")
            elif made and _is_current(made, job, provenance) and not self._overwrite:
                files[file] = made
            elif result is None or new is None:
                contents[file] = b""
            else:
                tiers = self._replaceable(made)
                contents[file] = add_tiers(found or b"", new, file, replaceable=tiers) if adds else new
                facts = result.boundaries, result.seconds, result.warning, job.size, job.modified, provenance
                files[file] = Made(sha256(contents[file]), *facts, whole=not adds or (made is not None and made.whole))
        return contents, files, reasons

    def _how_made(self, file: Path, found: bytes | None, job: Job, provenance: Provenance) -> Made | None:
        """How phonseg made what a file holds; None if it did not. A record that is up to date comes before others."""
        digest = None if found is None else sha256(found)
        same = (made for made in self._made.get(file, []) if made.sha256 == digest)
        return max(same, key=lambda made: _is_current(made, job, provenance), default=None)

    def _not_ours(self, file: Path, found: bytes | None, made: Made | None, new: bytes | None) -> str:
        """Why a file is left alone; empty if it may be replaced."""
        if self._overwrite or found is None or found == new or (made and made.whole):
            return ""
        known = file in self._made
        who = "was changed after phonseg wrote it" if known else "is there already, and phonseg did not write it"
        return f"{who}, so it {LEFT_ALONE}."

    def _taken_tier(self, file: Path, found: bytes | None, made: Made | None) -> str:
        """Why no tiers are added to a TextGrid; empty if none of their names is taken, or these may be replaced."""
        if found is None:
            raise TextGridError(f"{file}: there is no such TextGrid. Give -o to write a new one.")
        taken = set(existing_tiers(found, self._tiers, file)).difference(self._replaceable(made))
        advice = f"which {LEFT_ALONE}; or give another --tier."
        return f'has a tier called "{min(taken)}" already, {advice}' if taken else ""

    def _replaceable(self, made: Made | None) -> Sequence[str]:
        """The tiers that may be replaced: those that phonseg made, if the TextGrid has not been changed since."""
        return self._tiers if self._overwrite else tier_names(made.provenance.settings) if made else ()

    def _add(self, job: Job, record: Record) -> None:
        self._manifests[job.folder].add(record)
        self.records[job.target] = record


def _is_current(made: Made, job: Job, provenance: Provenance) -> bool:
    """Whether a file would be made in the same way now; never without a digest, which does not tell the model."""
    same_recording = (made.recording_bytes, made.recording_modified) == (job.size, job.modified)
    return same_recording and made.provenance == provenance and provenance.digest != ""
