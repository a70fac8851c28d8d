"""A path -> an ordinary file that is open for reading; what is none, or is too large, is refused before it is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def open_ordinary(path: str | Path, largest: int) -> Iterator[BinaryIO]:
    """Opens a file for reading, and closes it afterwards. It never waits for what a file may hold later.

    Args:
        path: of the file.
        largest: how many bytes it may have.

    Yields:
        The file, at its beginning.

    Raises:
        OSError: if there is no such file, or if it cannot be opened or read.
        ValueError: if it is a folder, a pipe or a device, if it has more bytes, or if its name holds a zero byte. The
            message is the reason.
    """
    _check(os.stat(path), largest)  # before it is opened, since opening a device may already do something
    with open(path, "rb", opener=_opened) as file:
        _check(os.fstat(file.fileno()), largest)
        yield file


def read_ordinary(path: str | Path, largest: int) -> bytes:
    """Reads a whole file.

    Args:
        path: of the file.
        largest: how many bytes it may have.

    Returns:
        Its content.

    Raises:
        OSError: if there is no such file, or if it cannot be opened or read.
        ValueError: as for `open_ordinary`. The message is the reason.
    """
    with open_ordinary(path, largest) as file:
        content = file.read(largest + 1) or b""  # the system makes some files while they are read, and tells no size
    if len(content) > largest:
        raise ValueError(_too_large(largest))
    return content


def _opened(path: str, flags: int) -> int:
    # Should a pipe have taken the place of the file, opening it must not wait for somebody to write to it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check(state: os.stat_result, largest: int) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise ValueError("it is a folder")
    if not stat.S_ISREG(state.st_mode):
        raise ValueError("it is not an ordinary file but a pipe or a device")
    if state.st_size > largest:
        raise ValueError(_too_large(largest))


def _too_large(largest: int) -> str:
    return f"it has more than {largest / 10**6:.3g} million bytes"
