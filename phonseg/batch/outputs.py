"""Results of workers -> files and records; a file that a person has made or changed is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from phonseg.batch.jobs import Job
from phonseg.batch.records.known_files import KnownFiles
from phonseg.batch.records.manifest import Key, Manifest, Shard
from phonseg.batch.records.planner import Planner
from phonseg.batch.records.record import Record, Status
from phonseg.batch.task import WORDS, Task, WorkerResult
from phonseg.errors import PhonsegError, printable
from phonseg.system.atomic_files import is_full, make_folder, remove_stale
from phonseg.timeline.provenance import Provenance


class Outputs:
    """The files of a batch, and what became of its recordings.

    At the start, the folders of the manifests are made, and what earlier runs and other shards have recorded is read.

    Args:
        jobs: the recordings of the batch.
        shard: (i, n) for the i-th of n parts of the recordings, counted from 1; None if the jobs are all.
        task: what is made of the recordings.
        overwrite: whether everything is made again, also what phonseg did not make.

    Raises:
        OutputError: if a folder cannot be made or a manifest cannot be written.
    """

    def __init__(self, jobs: Sequence[Job], *, task: Task, shard: Shard | None, overwrite: bool) -> None:
        self._records: dict[Key, Record] = {}
        self._words = WORDS[task.command]
        self._manifests = {folder: Manifest(folder, shard) for folder in dict.fromkeys(job.folder for job in jobs)}
        known = KnownFiles(manifest.path for manifest in self._manifests.values())
        self._planner = Planner(task, known, overwrite)
        for folder in {*self._manifests, *(job.target.parent for job in jobs)}:
            remove_stale(folder)

    def record(self, job: Job) -> Record:
        """Returns what became of a recording in this run; after `close`, also with the files that other runs have made.

        Args:
            job: the recording.
        """
        return self._records[job.target, job.recording]

    def settles(self, job: Job, provenance: Provenance) -> bool:
        """Returns whether nothing need be made of a recording, or nothing can be; if so, this is recorded.

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
            result: what came of it.

        Raises:
            OutputError: if the disk is full, so that nothing more can be written.
        """
        self._concludes(job, result.provenance, result)

    def fail(self, job: Job, why: str | Exception) -> None:
        """Records that nothing could be made of a recording; its earlier files stay.

        Args:
            job: the recording.
            why: the message, or what was raised.

        Raises:
            OutputError: if the manifest cannot be written.
        """
        if isinstance(why, OSError | MemoryError):
            reason = why.strerror if isinstance(why, OSError) and why.strerror else repr(why)
            why = f"{job.recording}: cannot be {self._words.done} ({reason}). Run the same command again."
        elif isinstance(why, Exception) and not isinstance(why, PhonsegError):
            why = f"{job.recording}: cannot be {self._words.done} ({why!r}). This is a mistake of phonseg's: report it."
        self._add(job, "failed", str(why))

    def close(self) -> None:
        """Leaves one record for each recording in the manifests.

        Raises:
            OutputError: if a manifest cannot be replaced.
        """
        for manifest in self._manifests.values():
            for key, left in manifest.settle().items():
                own = self._records.get(key, left)  # another command may have recorded its own result since
                self._records[key] = replace(left, status=own.status, message=own.message, elapsed=own.elapsed)

    def _concludes(self, job: Job, provenance: Provenance, result: WorkerResult | None) -> bool:
        """Writes what must be written, and records what became of a recording; false if a worker must have it first."""
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
        """What became of a recording, which the manifest says too; None if a worker must have it first."""
        manifest = self._manifests[job.folder]
        job.check_inside()
        plan = self._planner.plan(job, provenance, result)
        if plan.contents and result is None:
            return None
        elapsed = round(result.elapsed, 3) if result else None
        if plan.contents:
            make_folder(job.target.parent)
            # First, so that the files are known as phonseg's even if this process is killed while it writes them.
            writing = Record(job.recording, job.target, "writing", plan.message, elapsed, plan.files)
            manifest.add(writing)
            plan.write()
        plan.reasons += self._planner.not_corrected(job, plan)
        message = plan.message
        status: Status = "skipped" if not plan.contents else "warned" if message else "done"
        record = Record(job.recording, job.target, status, message, elapsed, plan.files)
        manifest.add(record)
        return record

    def _add(self, job: Job, status: Status, message: str) -> None:
        record = Record(job.recording, job.target, status, printable(message))
        with self._manifests[job.folder].locked():
            self._manifests[job.folder].add(record)
        self._records[job.target, job.recording] = record
