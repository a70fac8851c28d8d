"""Data -> whole files: a reader sees the old file or the new one, never a part of one; and only one run writes."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from phonseg.errors import OutputError, PhonsegError
from phonseg.system.ordinary_files import digest, open_ordinary

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PARTIAL = re.compile(r"\.phonseg-[0-9a-f]{32}")  # no suffix, so that no program takes half a file for a whole one
STALE_AFTER = 3600  # seconds: no file takes an hour to be written, so the process that began it was killed
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # errors that every other file on the disk meets too
IN_THE_WAY = {errno.EEXIST: "a file has that name", errno.ENOTDIR: "a file has the name of a folder above it"}


class ChangedError(OutputError):
    """A file was changed after it was decided to replace it, and stays as it is now."""


@contextmanager
def as_output_error(path: Path) -> Iterator[None]:
    """Turns an error of the operating system in the block into an OutputError.

    Args:
        path: the file that the message names.

    Yields:
        Nothing.

    Raises:
        OutputError: if the block raises an OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written ({reason}). Choose another place or make room.") from error


@contextmanager
def replacing(path: str | Path, look_again: Callable[[], None] | None = None) -> Iterator[Path]:
    """Writes a file as a whole: a new file takes its place when the block ends.

    If the block raises, the file stays as it was, and the new one is removed.

    Args:
        path: the file.
        look_again: called immediately before the new file takes its place; may raise as the block may.

    Yields:
        The path of the new file, which is empty, has no suffix and lies in the same folder.

    Raises:
        OutputError: if the folder or the disk cannot be written to.
    """
    target = Path(path)
    partial = partial_path(target)
    with as_output_error(target):
        try:
            partial.touch(exist_ok=False)
            rights = partial.stat().st_mode
            yield partial
            partial.chmod(rights)  # safetensors lets only the owner read its files
            with open(partial, "r+b") as file:
                os.fsync(file.fileno())  # otherwise a power cut could leave an empty file under the new name
            if look_again:
                look_again()
            os.replace(partial, target)
        finally:
            with suppress(OSError):
                partial.unlink()


def check_writable(path: Path) -> None:
    """Checks, before work that takes long, that a file can be written.

    Args:
        path: the file, which stays as it is.

    Raises:
        OutputError: if no file can be made in its folder.
    """
    partial = partial_path(path)
    with as_output_error(path):
        partial.touch(exist_ok=False)
        partial.unlink()


def check_unchanged(path: Path, found: str | None) -> None:
    """Looks again at a file that is about to be replaced: somebody may have saved a correction since.

    Args:
        path: the file.
        found: its SHA-256 when it was decided to replace it; None if it did not exist.

    Raises:
        ChangedError: if it is another one now.
    """
    if digest(path) != found:
        raise ChangedError(f"{path}: was changed while phonseg was at work, so it is left alone. Run phonseg again.")


def append(path: Path, data: bytes) -> None:
    """Adds bytes to the end of a file, which is made if it is missing.

    All bytes go to the system in one call: a process that is killed has written all of them or none.

    Args:
        path: the file; a link, a folder or a device is refused.
        data: the bytes.

    Raises:
        OutputError: if the file cannot be written or the disk is full.
    """  # noqa: DOC501  # the OSError becomes an OutputError
    with as_output_error(path), open_ordinary(path, append=True, follow=False) as file:
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps a file for this run, or this thread: others that ask for it wait until the block ends.

    The block may replace or remove the file. If the system, or a disk of another computer, has no locks, nobody waits.

    Args:
        path: the file, which is made if it is missing; a link, a folder or a device is refused.

    Yields:
        Nothing.

    Raises:
        OutputError: if the file cannot be opened.
    """
    if not fcntl:  # on Windows an open file can be neither replaced nor removed
        _open_locked(path).close()
        yield
        return
    file = _open_locked(path)
    while not _is_at(path, file):  # whoever had it has replaced it
        file.close()
        file = _open_locked(path)
    with file:
        yield


def _open_locked(path: Path) -> BinaryIO:
    with as_output_error(path):
        file = open_ordinary(path, append=True, follow=False)
        if fcntl:
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
        return file


def _is_at(path: Path, file: BinaryIO) -> bool:
    with as_output_error(path), suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    return False


def make_folder(folder: Path) -> None:
    """Makes a folder, and the folders above it, if they are missing.

    Args:
        folder: the folder.

    Raises:
        OutputError: if it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = IN_THE_WAY.get(error.errno or 0, error.strerror)
        raise OutputError(f"{folder}: cannot be made ({reason}). Choose another output folder.") from error


def remove_stale(folder: Path, names: re.Pattern[str] = PARTIAL) -> None:
    """Removes the files that killed processes have left in a folder; errors are ignored.

    Args:
        folder: the folder.
        names: what the whole name of such a file matches; by default the names that `replacing` gives. Files that were
            changed in the last hour stay.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            if names.fullmatch(path.name) and path.lstat().st_mtime < time.time() - STALE_AFTER:
                path.unlink()


def partial_path(path: Path) -> Path:
    """Returns a new name for a file that is not whole yet, which matches `PARTIAL`.

    Args:
        path: of the whole file, in whose folder it lies.

    Raises:
        OutputError: if the path has no name, such as an empty one.
    """
    if not path.name:
        raise OutputError(f"{path}: is no name of a file. Give one.")
    return path.with_name(f".phonseg-{uuid4().hex}")


def is_full(error: PhonsegError) -> bool:
    """Returns whether no other file on the disk could be written either.

    Args:
        error: why a file could not be written.
    """
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in FULL
