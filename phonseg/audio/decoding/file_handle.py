"""A path or an open file -> the file from its beginning, for one pass after another, and an error if it has changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from phonseg.errors import AudioError

READ_AHEAD = 2**18  # bytes, since a decoder asks for a few thousand at a time


@dataclass(slots=True, eq=False)
class FileHandle:
    """A file that can be opened again and again; it is closed between two passes.

    Attributes:
        name: of the file, for messages.
        source: a path, or an open binary file, which is rewound and stays open.
        seen: size, date and place of the file when it was first opened; None before that, and for an open file.
    """

    name: str
    source: str | BinaryIO
    seen: os.stat_result | None = None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Opens the file, and closes it again afterwards.

        Yields:
            The file at its beginning. It may have grown since it was first opened, for its old samples are still there.

        Raises:
            AudioError: if the file is missing, may not be read, or is a folder, a pipe or a device, which might block
                forever; or if it was changed since it was first opened.
        """
        if not isinstance(self.source, str):
            yield _rewound(self.source)
            return
        with _opened(self.source) as file:
            now = os.fstat(file.fileno())
            self.seen = self.seen or now
            if _changed(self.seen, now):
                raise AudioError(f"{self.name}: was changed while it was read. Wait until it is complete.")
            yield file


def _changed(before: os.stat_result, now: os.stat_result) -> bool:
    untouched = (before.st_size, before.st_mtime_ns) == (now.st_size, now.st_mtime_ns)
    return not (os.path.samestat(before, now) and (untouched or now.st_size > before.st_size))


def _opened(path: str) -> BinaryIO:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{path}: {_about_folder(path)}")
        if not stat.S_ISREG(mode):
            raise AudioError(f"{path}: is not an ordinary file (a pipe or a device). Save the sound to a file first.")
        return open(path, "rb", buffering=READ_AHEAD)
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


def _about_folder(path: str) -> str:
    """Says why a folder cannot be read as a recording; `find.search` returns folders that cannot be listed."""
    try:
        os.scandir(path).close()
    except OSError as error:
        return f"is a folder that cannot be listed ({error.strerror}). Change its permissions."
    return "is a folder. Give the recordings inside it."


def _rewound(file: BinaryIO) -> BinaryIO:
    try:
        file.seek(0)
        if isinstance(file.read(0), bytes):
            return file
    except (OSError, ValueError) as error:  # a pipe, or a closed file
        raise AudioError("<file object>: cannot be rewound. Read it into an io.BytesIO, and give that.") from error
    raise AudioError("<file object>: was opened as text. Open it with mode 'rb'.")
