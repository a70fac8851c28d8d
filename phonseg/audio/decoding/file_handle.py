"""A path or an open file -> the file from its beginning, for one pass after another, and an error if it has changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

from phonseg.audio.decoding.checked_file import CheckedFile
from phonseg.errors import AudioError

READ_AHEAD = 2**18  # bytes, since a decoder asks for a few thousand at a time
SPARSE_SIZE, SPARSE_SHARE = 2**35, 1000  # bytes of a file, and how many times as many as it takes on the disk
LARGEST = 2**50  # bytes: no file is that large


@dataclass(slots=True, eq=False)
class FileHandle:
    """A file that can be opened again and again; it is closed between two passes.

    Attributes:
        name: of the file, for messages.
        source: a path, or an open binary file, which is rewound and stays open.
        seen: size, date and place of the file when it was first opened; None before that, and for an open file.
        length: bytes of the file when it was first opened; None before that.
    """

    name: str
    source: str | BinaryIO
    seen: os.stat_result | None = None
    length: int | None = None

    @contextmanager
    def open(self) -> Iterator[CheckedFile]:
        """Opens the file, and closes it again afterwards.

        Yields:
            The file at its beginning. It may have grown since it was first opened, for its old samples are still there;
            what was added does not count.

        Raises:
            AudioError: if the file is missing, cannot or may not be read, is a folder, a pipe or a device, which might
                block forever, or hardly exists on the disk; or if it was changed since it was first opened. An error in
                reading is raised when the pass ends, even if a decoder has lost it.
        """
        with _opened(self.source) if isinstance(self.source, str) else _rewound(self.source) as (opened, now):
            self.seen = self.seen or now
            if self.seen and now and _changed(self.seen, now):
                raise AudioError(f"{self.name}: was changed while it was read. Wait until it is complete.")
            file = CheckedFile(opened, self.name, now.st_size if now and self.length is None else self.length)
            self.length = file.length
            if file.error:
                raise file.error
            if file.length > LARGEST:
                raise AudioError(f"{self.name}: has no end. Save the sound to a file first.")
            try:
                yield file
            except Exception:
                if not file.error:
                    raise
            if file.error:
                raise file.error


def _changed(before: os.stat_result, now: os.stat_result) -> bool:
    untouched = (before.st_size, before.st_mtime_ns) == (now.st_size, now.st_mtime_ns)
    return not (os.path.samestat(before, now) and (untouched or now.st_size > before.st_size))


@contextmanager
def _opened(path: str) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    with _as_audio_error(path):
        file = _ordinary_file(path)
    try:
        with _as_audio_error(path):
            now = os.fstat(file.fileno())
        yield file, now
    finally:
        with suppress(OSError):
            file.close()


@contextmanager
def _as_audio_error(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        about = "does not exist. Check the spelling and the folder."
        if os.path.islink(path):
            about = f"is a link to {os.readlink(path)}, which does not exist. Copy the recording itself."
        raise AudioError(f"{path}: {about}") from error
    except PermissionError as error:
        raise AudioError(f"{path}: may not be read (permission denied). Change its permissions.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{path!r}: cannot be opened ({reason}). Check the name and the disk.") from error


def _ordinary_file(path: str) -> BinaryIO:
    """Opens a file; raises AudioError if it might never end, or block for ever."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise AudioError(f"{path}: {_about_folder(path)}")
    if not stat.S_ISREG(status.st_mode):
        raise AudioError(f"{path}: is not an ordinary file (a pipe or a device). Save the sound to a file first.")
    on_disk = 512 * getattr(status, "st_blocks", status.st_size)  # Windows does not tell
    if status.st_size > SPARSE_SIZE and status.st_size > SPARSE_SHARE * on_disk:
        problem = f"claims {status.st_size} bytes, of which {on_disk} are on the disk"
        raise AudioError(f"{path}: {problem}. It was not copied or downloaded to its end: do it again.")
    return open(path, "rb", buffering=READ_AHEAD)


def _about_folder(path: str) -> str:
    """Says why a folder cannot be read as a recording; `find.search` returns folders that cannot be listed."""
    try:
        os.scandir(path).close()
    except OSError as error:
        return f"is a folder that cannot be listed ({error.strerror}). Change its permissions."
    return "is a folder. Give the recordings inside it."


@contextmanager
def _rewound(file: BinaryIO) -> Iterator[tuple[BinaryIO, None]]:
    try:
        file.seek(0)
        is_text = isinstance(file.read(0), str)
    except Exception as error:  # a pipe, a closed file, or whatever somebody's class may raise
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        advice = "Read it into an io.BytesIO, and give that."
        raise AudioError(f"<file object>: cannot be rewound ({reason}). {advice}") from error
    if is_text:
        raise AudioError("<file object>: was opened as text. Open it with mode 'rb'.")
    yield file, None
