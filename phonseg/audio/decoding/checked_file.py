"""A file of any kind -> what decoders may ask of it: bytes, and nothing else.

Decoders written in C lose the errors of Python's files, or crash when a file returns something other than bytes. So all
of them read through `CheckedFile`, and `FileHandle.open` raises the error.
"""

from __future__ import annotations

import os
from numbers import Integral
from typing import Any, Protocol

from phonseg.errors import AudioError


class SeekableFile(Protocol):
    """An open binary file."""

    def read(self, size: int = -1, /) -> bytes:
        """Returns the bytes that follow; fewer than asked for only at the end.

        Args:
            size: how many; negative for all.
        """

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Goes to a place, and returns it, counted from the beginning.

        Args:
            offset: in bytes.
            whence: 0, 1 or 2 if the offset counts from the beginning, from the present place or from the end.
        """

    def tell(self) -> int:
        """Returns the present place."""


class CheckedFile:
    """A file for one pass. What comes after the length that it had at first does not count.

    Attributes:
        file: any object with `read` and `seek`. Of its methods, only these are called, and `tell`.
        name: of the file, for messages.
        length: in bytes; None to measure it.
        error: why it cannot be read; None so far. After an error, the file appears to end.
    """

    def __init__(self, file: Any, name: str, length: int | None = None) -> None:
        self.file = file
        self.name = name
        self.error: BaseException | None = None
        self.position = 0
        self._place = -1  # of `file` itself; not known yet
        self.length = self._moved(0, os.SEEK_END) if length is None else length

    def read(self, size: int = -1, /) -> bytes:
        """Returns so many bytes, or all to the end; fewer only at the end or after an error.

        Args:
            size: how many bytes; negative for all.

        Returns:
            The bytes.
        """
        try:
            left = max(0, self.length - self.position)
            return self._read(min(size, left) if size >= 0 else left)
        except BaseException as error:  # an interrupt, which would be lost in a decoder written in C
            self.error = self.error or error
            return b""

    def _read(self, size: int) -> bytes:
        if size <= 0:
            return b""
        if self._place != self.position:
            self._moved(self.position)
        parts: list[bytes] = []
        while size > 0 and (part := self._part(size)):
            parts.append(part)
            size -= len(part)
            self.position += len(part)
        self._place = self.position
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Goes to a place, and returns it.

        Args:
            offset: in bytes.
            whence: 0, 1 or 2 if the offset counts from the beginning, from the present place or from the end.

        Returns:
            The place, counted from the beginning.
        """
        try:
            self.position = max(0, (0, self.position, self.length)[whence] + offset)
        except BaseException as error:  # an interrupt
            self.error = self.error or error
        return self.position

    def tell(self) -> int:
        """Returns the present place."""
        return self.position

    def _part(self, size: int) -> bytes:
        part = self._result("read", size)
        if self.error:
            return b""
        if not isinstance(part, (bytes, bytearray, memoryview)):
            return self._failed(f"it returned {type(part).__name__} instead of bytes")
        if len(part) > size:
            return self._failed(f"it returned {len(part)} bytes instead of {size}")
        return bytes(part)

    def _moved(self, *where: int) -> int:
        place = self._result("seek", *where)
        if place is None:  # such as a memory map before Python 3.13
            place = self._result("tell")
        if not isinstance(place, Integral):
            self._failed(f"it is at {place!r} instead of a place")
            return 0
        return int(place)

    def _result(self, method: str, *arguments: int) -> Any:
        if self.error:
            return b""
        try:
            return getattr(self.file, method)(*arguments)
        except Exception as error:  # whatever the system, a network or somebody's class may raise
            return self._failed(getattr(error, "strerror", None) or str(error) or type(error).__name__, error)
        except BaseException as error:  # an interrupt
            self.error = error
        return b""

    def _failed(self, reason: str, cause: Exception | None = None) -> bytes:
        if not self.error:
            advice = "Check the disk or the network, or copy the recording."
            self.error = AudioError(f"{self.name}: cannot be read ({reason}). {advice}")
            self.error.__cause__ = cause
        return b""
