"""Writing a file so that whoever reads it sees the old one or the new one, never a part."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from phonseg.errors import OutputError, PhonsegError

PARTIAL = re.compile(r"\.phonseg-[0-9a-f]{32}")  # without a suffix, so that nobody takes half a file for a whole one
STALE_AFTER = 3600  # seconds: no file takes an hour to be written, so the process that began it was killed
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # what holds for every other file on the disk too

IN_THE_WAY = {errno.EEXIST: "a file has that name", errno.ENOTDIR: "a file has the name of a folder above it"}


@contextmanager
def as_output_error(path: Path) -> Iterator[None]:
    """Whatever the system says against writing `path` becomes an OutputError that names it."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written ({reason}). Choose another place or make room.") from error


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give the name of an empty file in the folder of `path`, which takes its place when the block ends.

    The name has no suffix. If the block raises, `path` is left as it was and the other file is gone. Raises OutputError
    where the folder or the disk lets nothing be written.
    """
    target = Path(path)
    partial = target.with_name(f".phonseg-{uuid4().hex}")
    with as_output_error(target):
        try:
            partial.touch(exist_ok=False)
            rights = partial.stat().st_mode
            yield partial
            partial.chmod(rights)  # safetensors gives its files to their owner alone
            with open(partial, "r+b") as file:
                os.fsync(file.fileno())  # else a power cut could leave the new name with nothing in it
            os.replace(partial, target)
        finally:
            with suppress(OSError):
                partial.unlink()


def append(path: Path, data: bytes) -> None:
    """Add bytes to the end of a file, which is made if it is missing. Raises OutputError if that fails.

    They go to the system in one piece: a process that is killed has written all of them or none.
    """
    with as_output_error(path), open(path, "ab", buffering=0) as file:
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, where they are missing. Raises OutputError if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = IN_THE_WAY.get(error.errno or 0, error.strerror)
        raise OutputError(f"{folder}: cannot be made ({reason}). Choose another output folder.") from error


def remove_stale(folder: Path) -> None:
    """Remove what processes that were killed while they wrote have left in a folder."""
    with suppress(OSError):
        for path in folder.iterdir():
            if PARTIAL.fullmatch(path.name) and path.lstat().st_mtime < time.time() - STALE_AFTER:
                path.unlink()


def is_full(error: PhonsegError) -> bool:
    """Whether nothing else can be written to the disk either."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in FULL
