"""How far a batch has come."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from tqdm import tqdm

from phonseg.batch.jobs import Job
from phonseg.batch.manifest import Record

FORMAT = "{desc} {percentage:3.0f} %|{bar}| [{elapsed}, {remaining} left{postfix}]"


class Progress:
    """A bar with files, hours of audio, speed and time left, if `shown`; the sizes of the files say how far it is."""

    def __init__(self, planned: Sequence[Job], *, shown: bool) -> None:
        self._n_files = len(planned)
        self._n_done = 0
        self._seconds = 0.0
        self._start = perf_counter()
        # smoothing=0: the average speed, since that of one file says little of the others.
        total = sum(item.size for item in planned)
        self._bar = tqdm(
            desc="segmenting", total=total, bar_format=FORMAT, smoothing=0, disable=not (shown and planned)
        )

    def advance(self, item: Job, record: Record) -> None:
        """One recording more has been dealt with."""
        self._n_done += 1
        if record.status in ("done", "warned"):
            self._seconds += record.seconds or 0.0
        hours, speed = self._seconds / 3600, self._seconds / (perf_counter() - self._start)
        said = f"{self._n_done}/{self._n_files} files, {hours:.2f} h of audio, {speed:.0f} x real time"
        self._bar.set_postfix_str(said, refresh=False)
        self._bar.update(item.size)

    def close(self) -> None:
        """Leave the last line as it is."""
        self._bar.close()
