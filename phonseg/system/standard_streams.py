"""Standard input, output and error that may be closed, absent or full -> streams that a command can rely on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO, cast

from phonseg.errors import OutputError


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
    """In the block, standard output and error can be written to even if they are absent.

    If standard output cannot be written, this is an OutputError, once; what cannot be written to standard error is
    dropped, since there is no other place to say so.

    Yields:
        Nothing.
    """
    open_descriptors()
    output, error = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        for stream in (output, error):  # file names may hold bytes that are no characters
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        said, told = _Stream(output or nowhere, "standard output"), _Stream(error or nowhere)
        sys.stdout, sys.stderr = cast(TextIO, said), cast(TextIO, told)
        try:
            yield
        finally:
            # What could not be written must not be tried again when the interpreter ends.
            sys.stdout = cast(TextIO, None if said.failed else output)
            sys.stderr = cast(TextIO, None if told.failed else error)


class _Stream:
    """A stream that may fail once. name: what the error then names; empty if there is to be no error."""

    def __init__(self, stream: TextIO, name: str = "") -> None:
        self._stream, self._name = stream, name
        self.failed = False

    def write(self, text: str) -> int:
        self._do(self._stream.write, text)
        if not self._name:
            self.flush()
        return len(text)

    def flush(self) -> None:
        self._do(self._stream.flush)

    def _do(self, function: Callable[..., object], *arguments: str) -> None:
        try:
            if not self.failed:
                function(*arguments)
        except (OSError, ValueError) as error:
            self.failed = True
            if isinstance(error, BrokenPipeError) and self._name:
                raise
            if self._name:
                reason = getattr(error, "strerror", None) or error
                raise OutputError(f"{self._name}: cannot be written ({reason}). Make room.") from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
