"""Finished jobs -> a bar that shows how far a batch has come."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from tqdm import tqdm

from phonseg.batch.jobs import Job
from phonseg.batch.records.record import Record

BAR_FORMAT = "{desc} {percentage:3.0f} %|{bar}| [{elapsed}, {remaining} left{postfix}]"


class Progress:
    """A bar with files, hours of audio, speed and time left; it advances by the sizes of the recordings.

    Args:
        jobs: the recordings that are worked on.
        doing: what becomes of them, such as segmenting.
        shown: whether the bar is shown.
    """

    def __init__(self, jobs: Sequence[Job], doing: str, *, shown: bool) -> None:
        self._n_files = len(jobs)
        self._n_done = 0
        self._seconds = 0.0
        self._start = perf_counter()
        # smoothing=0: the average speed, since the speed of one file says little about the others.
        total = sum(job.size for job in jobs)
        self._bar = tqdm(desc=doing, total=total, bar_format=BAR_FORMAT, smoothing=0, disable=not (shown and jobs))

    def advance(self, job: Job, record: Record) -> None:
        """Counts one more recording.

        Args:
            job: the recording.
            record: what became of it.
        """
        self._n_done += 1
        if record.status in ("done", "warned"):
            self._seconds += record.seconds or 0.0
        hours, speed = self._seconds / 3600, self._seconds / (perf_counter() - self._start)
        counts = f"{self._n_done}/{self._n_files} files, {hours:.2f} h of audio, {speed:.0f} x real time"
        self._bar.set_postfix_str(counts, refresh=False)
        self._bar.update(job.size)

    def close(self) -> None:
        """Ends the bar; its last state stays on the screen."""
        self._bar.close()
