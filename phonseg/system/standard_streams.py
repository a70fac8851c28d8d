"""Standard input, output and error that may be closed, absent or full -> streams that a command can rely on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO


def open_descriptors() -> None:
    """Opens what is closed of the descriptors 0, 1 and 2, so that no file of ours gets one of these numbers.

    Otherwise what a library complains of could end up in that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number, which is this one


@contextmanager
def standard_streams() -> Iterator[None]:
    """In the block, one can write to standard output and error even if they are absent; and to error if it is full.

    Yields:
        Nothing.
    """
    open_descriptors()
    output, error = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        for stream in (output, error):  # file names may hold bytes that are no characters
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        sys.stdout, sys.stderr = output or nowhere, _Patient(error or nowhere)
        try:
            yield
        finally:
            # What could not be written to the end must not be tried again when the interpreter ends.
            sys.stdout = output if sys.stdout in (output, nowhere) else sys.stdout
            sys.stderr = error if not sys.stderr.failed else None


class _Patient:
    """A stream that drops what cannot be written: there is no other place to say so."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failed = False

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self.failed = True
        return len(text)

    def flush(self) -> None:
        self.write("")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
