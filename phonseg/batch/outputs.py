"""Results of segmenting -> files and records; a file that a person has made or changed is left alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from phonseg.annotation.encodings import read_bytes
from phonseg.annotation.textgrid.add_tiers import add_tiers, existing_tiers
from phonseg.annotation.writers import tier_names
from phonseg.batch.jobs import TEXTGRID, Job
from phonseg.batch.records.corrections import holds_others
from phonseg.batch.records.file_plan import Plan
from phonseg.batch.records.known_files import KnownFiles, is_current, other_recording
from phonseg.batch.records.manifest import Key, Manifest, Shard
from phonseg.batch.records.record import Made, Record, Status
from phonseg.batch.worker_task import WorkerResult
from phonseg.errors import PhonsegError, TextGridError, printable
from phonseg.system.atomic_files import as_output_error, is_full, make_folder, remove_stale
from phonseg.system.ordinary_files import digest, sha256
from phonseg.timeline.provenance import Provenance

LEFT_ALONE = "is left alone"  # in the message of every record of such a file


class Outputs:
    """The files of a batch, and what became of its recordings.

    At the start, the folders of the manifests are made, and what earlier runs and other shards have recorded is read.

    Args:
        jobs: the recordings of the batch.
        shard: (i, n) for the i-th of n parts of the recordings, counted from 1; None if the jobs are all.
        overwrite: whether everything is made again, also what phonseg did not make.
        tiers: the names of the tiers of TextGrids.

    Raises:
        OutputError: if a folder cannot be made or a manifest cannot be written.
    """

    def __init__(self, jobs: Sequence[Job], *, shard: Shard | None, overwrite: bool, tiers: Sequence[str]) -> None:
        self._records: dict[Key, Record] = {}
        self._overwrite, self._tiers = overwrite, tiers
        self._manifests = {folder: Manifest(folder, shard) for folder in dict.fromkeys(job.folder for job in jobs)}
        self._known = KnownFiles(manifest.path for manifest in self._manifests.values())
        for folder in {*self._manifests, *(job.target.parent for job in jobs)}:
            remove_stale(folder)

    def record(self, job: Job) -> Record:
        """Returns what became of a recording: in this run, or, after `close`, as the manifest says.

        Args:
            job: the recording.
        """
        return self._records[job.target, job.recording]

    def settles(self, job: Job, provenance: Provenance) -> bool:
        """Returns whether a recording need not be segmented, or cannot be; if so, this is recorded.

        Args:
            job: the recording.
            provenance: the provenance of files that would be made now.

        Raises:
            OutputError: if the manifest cannot be written.
        """
        if not (job.failure or job.left_out):
            return self._concludes(job, provenance, None)
        status: Status = "failed" if job.failure else "skipped"
        self._add(job, status, job.failure or job.left_out)
        return True

    def place(self, job: Job, result: WorkerResult) -> None:
        """Writes the files of a recording, except those that somebody else has written meanwhile, and records this.

        Args:
            job: the recording.
            result: what came of segmenting it.

        Raises:
            OutputError: if the disk is full, so that nothing more can be written.
        """
        self._concludes(job, result.provenance, result)

    def fail(self, job: Job, why: str | Exception) -> None:
        """Records that a recording could not be segmented; its earlier files stay.

        Args:
            job: the recording.
            why: the message, or what was raised.

        Raises:
            OutputError: if the manifest cannot be written.
        """
        if isinstance(why, OSError | MemoryError):
            reason = why.strerror if isinstance(why, OSError) and why.strerror else repr(why)
            why = f"{job.recording}: cannot be segmented ({reason}). Run the same command again."
        elif isinstance(why, Exception) and not isinstance(why, PhonsegError):
            why = f"{job.recording}: cannot be segmented ({why!r}). This is a mistake of phonseg's: report it."
        self._add(job, "failed", str(why))

    def close(self) -> None:
        """Leaves one record for each recording in the manifests.

        Raises:
            OutputError: if a manifest cannot be replaced.
        """
        for manifest in self._manifests.values():
            self._records |= manifest.settle()

    def _concludes(self, job: Job, provenance: Provenance, result: WorkerResult | None) -> bool:
        """Writes what must be written, and records what became of a recording; false if it must be segmented first."""
        try:
            with self._manifests[job.folder].locked():
                record = self._concluded(job, provenance, result)
        except Exception as error:
            if isinstance(error, PhonsegError) and is_full(error):
                raise
            self.fail(job, error)
            return True
        if record:
            self._records[job.target, job.recording] = record
        return record is not None

    def _concluded(self, job: Job, provenance: Provenance, result: WorkerResult | None) -> Record | None:
        """What became of a recording, which the manifest says too; None if it must be segmented first."""
        manifest = self._manifests[job.folder]
        job.check_inside()
        plan = self._plan(job, provenance, result)
        if plan.contents and result is None:
            return None
        elapsed = round(result.elapsed, 3) if result else None
        if plan.contents:
            make_folder(job.target.parent)
            # First, so that the files are known as phonseg's even if this process is killed while it writes them.
            writing = Record(job.recording, job.target, "writing", plan.message, elapsed, plan.files)
            manifest.add(writing)
            plan.write()
        plan.reasons += self._not_corrected(job, plan)
        message = plan.message
        status: Status = "skipped" if not plan.contents else "warned" if message else "done"
        record = Record(job.recording, job.target, status, message, elapsed, plan.files)
        manifest.add(record)
        return record

    def _plan(self, job: Job, provenance: Provenance, result: WorkerResult | None) -> Plan:
        """Compares the files of a recording with what was recorded of them."""
        plan = Plan()
        for suffix, file in job.files.items():
            adds = job.adds_to(suffix)
            base = read_bytes(file) if adds and os.path.exists(file) else b""
            with as_output_error(file):
                found = sha256(base) if base else digest(file)
            new = result.files[suffix] if result else None
            made = self._known.how_made(file, found, new, job, provenance)
            reason = self._taken_tier(file, base, made) if adds else self._not_ours(file, found, made, new)
            if reason:
                plan.reasons.append(f"{file}: {reason}")
            elif made and not (adds or self._overwrite) and (other := other_recording(made, job.recording)):
                reason = f"holds the boundaries of {other}, so it {LEFT_ALONE}. Choose another folder."
                plan.reasons.append(f"{file}: {reason}")
            elif made and is_current(made, job, provenance) and not self._overwrite:
                plan.files[file] = made
            elif result is None or new is None:
                plan.contents[file] = b""
            else:
                data = add_tiers(base, new, file, replaceable=self._replaceable(made)) if adds else new
                facts = result.boundaries, result.seconds, result.warning, job.size, job.modified, provenance
                whole = not adds or (made is not None and made.whole)
                plan.files[file] = Made(sha256(data), *facts, whole, os.path.abspath(job.recording))
                plan.contents[file], plan.found[file] = data, found
        return plan

    def _not_ours(self, file: Path, found: str | None, made: Made | None, new: bytes | None) -> str:
        """Why a file is left alone; empty if it may be replaced."""
        if self._overwrite or found is None or (made and made.whole) or (new is not None and found == sha256(new)):
            return ""
        known = self._known.of(file)
        who = "was changed after phonseg wrote it" if known else "is there already, and phonseg did not write it"
        return f"{who}, so it {LEFT_ALONE}. It is replaced only with --overwrite."

    def _taken_tier(self, file: Path, base: bytes, made: Made | None) -> str:
        """Why no tiers are added to a TextGrid; empty if none of their names is taken, or these may be replaced."""
        if not os.path.exists(file):
            raise TextGridError(f"{file}: there is no such TextGrid. Give -o to write a new one.")
        taken = set(existing_tiers(base, self._tiers, file)).difference(self._replaceable(made))
        advice = f"which {LEFT_ALONE}. It is replaced only with --overwrite; or give another --tier."
        return f'has a tier called "{min(taken)}" already, {advice}' if taken else ""

    def _replaceable(self, made: Made | None) -> Sequence[str]:
        """The tiers that may be replaced: if not all, those that phonseg made in a TextGrid that is as it was then."""
        return self._tiers if self._overwrite else tier_names(made.provenance.settings) if made else ()

    def _not_corrected(self, job: Job, plan: Plan) -> list[str]:
        """Says of files that their boundaries are not those of the TextGrid beside them, which a person has changed."""
        textgrid = job.files.get(TEXTGRID) or job.target.with_name(job.target.name + TEXTGRID)
        if textgrid in plan.files or (TEXTGRID not in job.files and not self._known.of(textgrid)):
            return []
        with as_output_error(textgrid):
            found = digest(textgrid)
        files = {suffix: file for suffix, file in job.files.items() if file in plan.files}
        message = holds_others(files, textgrid, found, self._known.of(textgrid, found), self._tiers[0])
        return [message] if message else []

    def _add(self, job: Job, status: Status, message: str) -> None:
        record = Record(job.recording, job.target, status, printable(message))
        with self._manifests[job.folder].locked():
            self._manifests[job.folder].add(record)
        self._records[job.target, job.recording] = record
