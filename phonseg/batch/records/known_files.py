"""The manifests of some folders -> how phonseg made each file, also those that other runs write meanwhile."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from phonseg.batch.jobs import Job
from phonseg.batch.large_files import Content, sha256_of
from phonseg.batch.records.manifest import read_records
from phonseg.batch.records.record import Made
from phonseg.timeline.provenance import Provenance


class KnownFiles:
    """How phonseg made the files of a batch, now or before, whichever run made them.

    Args:
        manifests: the manifest of each folder. It was written to a moment ago, so that its time of change tells the
            time on the disk, by which files are known that were changed after all manifests were read.
    """

    def __init__(self, manifests: Iterable[Path]) -> None:
        self._manifests = tuple(manifests)
        self._read()

    def of(self, file: Path, found: str | None = None) -> Sequence[Made]:
        """Returns how phonseg made a file, the latest last; empty if it did not.

        Args:
            file: the file.
            found: the SHA-256 of what it holds. If no record has it, but the file was changed lately, another run may
                have made it, so the manifests are read again. None if what is known is enough.
        """
        known = self._made.get(file, ())
        if found is not None and not any(made.sha256 == found for made in known) and self._is_new(file):
            self._read()
        return self._made.get(file, ())

    def how_made(
        self, file: Path, found: str | None, new: Content | None, is_current: Callable[[Made], bool]
    ) -> Made | None:
        """Returns how phonseg made what a file holds; None if it did not.

        Args:
            file: the file.
            found: the SHA-256 of what it holds; None if it does not exist.
            new: what it is to hold; None if that is not known yet.
            is_current: returns whether a file would be made in the same way now. Such a way is preferred to others.
        """
        known = self.of(file, None if new is not None and found == sha256_of(new) else found)
        same = (made for made in known if made.sha256 == found)
        return max(same, key=is_current, default=None)

    def _is_new(self, file: Path) -> bool:
        with suppress(OSError):
            return file.stat().st_mtime_ns >= self._since
        return False

    def _read(self) -> None:
        self._made: dict[Path, list[Made]] = {}
        self._since = min(filter(None, map(_modified, self._manifests)), default=0)
        for manifest in self._manifests:
            for record in read_records(manifest.parent):
                for file, made in record.files.items():
                    self._made.setdefault(file, []).append(made)


def is_current(made: Made, job: Job, provenance: Provenance) -> bool:
    """Returns whether a file would be made in the same way now; never without a digest, which does not tell the model.

    Args:
        made: how it was made.
        job: the recording.
        provenance: the provenance of files that would be made now.
    """
    same_recording = (made.recording_bytes, made.recording_modified) == (job.size, job.modified)
    return same_recording and made.provenance == provenance and provenance.digest != ""


def other_recording(made: Made, recording: Path) -> str:
    """Returns the path of the recording of which a file was made, if it is another one that is still there.

    Args:
        made: how the file was made.
        recording: the recording of which it is to be made now.

    Returns:
        The path; empty if the file was made of this recording, of one with the same bytes, or of one that is gone.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        other = made.recording
        if other and not os.path.samefile(other, recording) and not filecmp.cmp(other, recording, shallow=False):
            return other
    return ""


def _modified(path: Path) -> int:
    with suppress(OSError):
        return path.lstat().st_mtime_ns
    return 0
