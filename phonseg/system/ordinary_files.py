"""Paths -> ordinary files that are open; folders, pipes and devices are refused at once, since they may have no end."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

# Opening a pipe must not wait, and line ends stay as they are. Systems without one of these flags do not need it.
CAREFULLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
NOT_LINKS = getattr(os, "O_NOFOLLOW", 0)


def open_ordinary(
    path: str | Path, *, largest: int | None = None, append: bool = False, follow: bool = True
) -> BinaryIO:
    """Opens an ordinary file.

    Args:
        path: the file.
        largest: how many bytes it may have; None for any number.
        append: whether bytes are added to its end (it is made if it is missing); otherwise it is read.
        follow: whether it may be a link to an ordinary file.

    Returns:
        The file, without a buffer.

    Raises:
        OSError: if it cannot be opened, is no ordinary file, or has more bytes. The text of the error, or its
            `strerror` if it has one, is the reason.
        ValueError: if the path holds a zero byte.
    """
    with suppress(FileNotFoundError):
        _check(os.stat(path, follow_symlinks=follow), largest)  # before, since opening a device may do something
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT if append else os.O_RDONLY
    descriptor = os.open(path, flags | CAREFULLY | (0 if follow else NOT_LINKS), 0o666)
    file = os.fdopen(descriptor, "ab" if append else "rb", buffering=0)
    try:
        _check(os.fstat(descriptor), largest)
    except OSError:
        file.close()
        raise
    return file


def read_ordinary(path: str | Path, largest: int) -> bytes:
    """Reads a whole ordinary file.

    Args:
        path: the file.
        largest: how many bytes it may have.

    Returns:
        Its content.

    Raises:
        OSError: as `open_ordinary`, and if it cannot be read.
        ValueError: as `open_ordinary`.
    """
    with open_ordinary(path, largest=largest) as raw, io.BufferedReader(cast(io.FileIO, raw)) as file:
        content = file.read(largest + 1) or b""  # the system makes some files while they are read, without an end
    if len(content) > largest:
        raise OSError(_too_large(largest))
    return content


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


def _check(state: os.stat_result, largest: int | None) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise OSError("it is a folder")
    if not stat.S_ISREG(state.st_mode):
        raise OSError("it is a link" if stat.S_ISLNK(state.st_mode) else "it is a pipe or a device")
    if largest is not None and state.st_size > largest:
        raise OSError(_too_large(largest))


def _too_large(largest: int) -> str:
    return f"it has more than {largest / 10**6:.3g} million bytes"
