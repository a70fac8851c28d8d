"""Files that are too large to be handed from process to process: a worker writes them where they only need be moved."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from phonseg.batch.jobs import Job
from phonseg.system.atomic_files import partial_path
from phonseg.system.ordinary_files import sha256


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A whole file that a worker has written.

    Attributes:
        path: where it is now; it takes its place by being moved.
        sha256: the SHA-256 of what it holds, in hexadecimal.
    """

    path: Path
    sha256: str


Content = bytes | LargeFile  # of a file that is to be written


def sha256_of(content: Content) -> str:
    """Returns the SHA-256 of what a file is to hold, in hexadecimal.

    Args:
        content: what it is to hold.
    """
    return content.sha256 if isinstance(content, LargeFile) else sha256(content)


def put(content: Content, path: Path) -> None:
    """Lets a file hold a content. A large file is moved there.

    Args:
        content: what it is to hold.
        path: of the file, which exists.
    """
    if isinstance(content, LargeFile):
        shutil.move(content.path, path)
    else:
        path.write_bytes(content)


class LargeFilePlaces:
    """Where workers may write large files: beside the manifest of each job, under names that no program reads.

    Args:
        jobs: the recordings of the batch.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._places = {
            (job.target, job.recording): {suffix: partial_path(job.folder.absolute() / "x") for suffix in job.files}
            for job in jobs
        }

    def of(self, job: Job) -> Mapping[str, Path]:
        """Returns where the files of a recording may be written, by suffix.

        Args:
            job: the recording.
        """
        return self._places[job.target, job.recording]

    def clear(self, job: Job) -> None:
        """Removes what is left of a recording; errors are ignored.

        Args:
            job: the recording.
        """
        _remove(self.of(job))

    def close(self) -> None:
        """Removes what is left of all recordings, when no worker works any more; errors are ignored."""
        for places in self._places.values():
            _remove(places)


def _remove(places: Mapping[str, Path]) -> None:
    for path in places.values():
        with suppress(OSError):
            path.unlink()
