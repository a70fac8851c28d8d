"""A path or an open file -> the file from its beginning, for one pass after another, checked for changes in between."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from phonseg.errors import AudioError

READ_AHEAD = 2**18  # bytes, since a decoder asks for a few thousand at a time


@dataclass(frozen=True, slots=True, eq=False)
class FileHandle:
    """A file that `open_first` has opened; nothing is kept open between two passes.

    Attributes:
        name: for messages.
        source: a path or an open binary file.
        seen: what the system said of the file when it was first opened; None for an open file.
    """

    name: str
    source: str | BinaryIO
    seen: os.stat_result | None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Yields the file from its beginning; only what is opened here is closed again.

        Yields:
            The open file. If it has grown since it was first opened, the sound that was there is still there.

        Raises:
            AudioError: if it cannot be opened, or was changed since it was first opened.
        """
        with open_first(self.source, self.name) as (now, file):
            if self.seen is not None and now.seen is not None and _changed(self.seen, now.seen):
                raise AudioError(f"{self.name}: was changed while it was read. Wait until it is complete.")
            yield file


@contextmanager
def open_first(source: str | BinaryIO, name: str) -> Iterator[tuple[FileHandle, BinaryIO]]:
    """Opens a file for the first time.

    Args:
        source: its path, or an open binary file, which stays open.
        name: what messages call it.

    Yields:
        The handle by which it is opened again, and the file from its beginning.

    Raises:
        AudioError: if it is missing, may not be read, or is a folder, a pipe or a device; to open one of those could
            take forever.
    """
    if not isinstance(source, str):
        yield FileHandle(name, source, None), _rewound(source)
        return
    with _opened(source) as file:
        yield FileHandle(name, source, os.fstat(file.fileno())), file


def _changed(before: os.stat_result, now: os.stat_result) -> bool:
    same_file = (before.st_dev, before.st_ino) == (now.st_dev, now.st_ino)
    untouched = (before.st_size, before.st_mtime_ns) == (now.st_size, now.st_mtime_ns)
    return not (same_file and (untouched or now.st_size > before.st_size))


def _opened(path: str) -> BinaryIO:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{path}: {_about_folder(path)}")
        if not stat.S_ISREG(mode):
            raise AudioError(f"{path}: is not an ordinary file (a pipe or a device). Save the sound to a file first.")
        return open(path, "rb", buffering=READ_AHEAD)
    except FileNotFoundError as error:
        if os.path.islink(path):
            lost = f"is a link to {os.readlink(path)}, which does not exist. Copy the recording itself."
            raise AudioError(f"{path}: {lost}") from error
        raise AudioError(f"{path}: does not exist. Check the spelling and the folder.") from error
    except PermissionError as error:
        raise AudioError(f"{path}: may not be read (permission denied). Change its permissions.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{path!r}: cannot be opened ({reason}). Check the name and the disk.") from error


def _about_folder(path: str) -> str:
    """What is wrong with a folder in the place of a recording; one that cannot be listed stands for what it holds."""
    try:
        os.scandir(path).close()
    except OSError as error:
        return f"is a folder that cannot be listed ({error.strerror}). Change its permissions."
    return "is a folder. Give the recordings inside it."


def _rewound(file: BinaryIO) -> BinaryIO:
    try:
        file.seek(0)
        binary = isinstance(file.read(0), bytes)
    except (OSError, ValueError) as error:  # a pipe, or a closed file
        raise AudioError("<file object>: cannot be rewound. Read it into an io.BytesIO, and give that.") from error
    if not binary:
        raise AudioError("<file object>: was opened as text. Open it with mode 'rb'.")
    return file
