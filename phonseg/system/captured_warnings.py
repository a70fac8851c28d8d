"""A block of code -> the messages of the PhonsegWarnings in it, also in several threads at once.

`warnings.catch_warnings` alone cannot do this: it changes the warnings of all threads.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from phonseg.errors import PhonsegWarning

_lock = threading.Lock()
_capturing: dict[int, list[str]] = {}  # thread -> the messages of its block
_until_the_last = ExitStack()


@contextmanager
def captured_warnings() -> Iterator[list[str]]:
    """Captures the PhonsegWarnings of the block in its own thread; all other warnings are shown as usual.

    Yields:
        Their messages, in order; the list grows while the block runs.
    """
    messages: list[str] = []
    thread = threading.get_ident()
    with _lock:
        if not _capturing:
            _until_the_last.enter_context(warnings.catch_warnings(action="always", category=PhonsegWarning))
            warnings.showwarning = _capturing_or(warnings.showwarning)
        _capturing[thread] = messages
    try:
        yield messages
    finally:
        with _lock:
            del _capturing[thread]
            if not _capturing:
                _until_the_last.close()


def _capturing_or(show: Any) -> Any:
    """A function for `warnings.showwarning` that captures a warning, or else calls `show`."""

    def show_or_capture(message: Warning | str, *where: Any, **more: Any) -> None:
        messages = _capturing.get(threading.get_ident())
        if messages is not None and isinstance(message, PhonsegWarning):
            messages.append(str(message))
        else:
            show(message, *where, **more)

    return show_or_capture
