"""Paths -> ordinary files that are open; folders, pipes and devices are refused at once, since they may have no end."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

# What a system does not have, it does not need: only where there are pipes can opening one wait for ever.
CAREFULLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
NOT_LINKS = getattr(os, "O_NOFOLLOW", 0)


def open_ordinary(path: Path, *, append: bool = False, follow: bool = True) -> BinaryIO:
    """Opens an ordinary file.

    Args:
        path: the file.
        append: whether bytes are added to its end (it is made if it is missing); otherwise it is read.
        follow: whether it may be a link to an ordinary file.

    Returns:
        The file, without a buffer.

    Raises:
        OSError: if it cannot be opened, or is no ordinary file.
    """
    with suppress(FileNotFoundError):
        _check(os.stat(path, follow_symlinks=follow))  # before, since opening a device may do something
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT if append else os.O_RDONLY
    descriptor = os.open(path, flags | CAREFULLY | (0 if follow else NOT_LINKS), 0o666)
    file = os.fdopen(descriptor, "ab" if append else "rb", buffering=0)
    try:
        _check(os.fstat(descriptor))
    except OSError:
        file.close()
        raise
    return file


def digest(path: Path, *, follow: bool = True) -> str | None:
    """Returns the SHA-256 of an ordinary file in hexadecimal, None if it does not exist.

    Args:
        path: the file.
        follow: whether it may be a link to an ordinary file.

    Raises:
        OSError: if it cannot be read, or is no ordinary file.
    """
    with suppress(FileNotFoundError), open_ordinary(path, follow=follow) as file:
        return hashlib.file_digest(cast(io.FileIO, file), "sha256").hexdigest()
    return None


def sha256(data: bytes) -> str:
    """Returns the SHA-256 of bytes in hexadecimal.

    Args:
        data: the bytes.
    """
    return hashlib.sha256(data).hexdigest()


def _check(state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        what = "link" if stat.S_ISLNK(state.st_mode) else "folder or a device"
        raise OSError(errno.EEXIST, f"a {what} has that name")
