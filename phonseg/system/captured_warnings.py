"""What phonseg warns of, heard by whoever runs it; also where several threads run it at once.

`warnings.catch_warnings` alone cannot do this: what it changes is common to all threads.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from phonseg.errors import PhonsegWarning

_lock = threading.Lock()
_capturing: dict[int, list[str]] = {}  # thread -> what it has heard
_until_the_last = ExitStack()


@contextmanager
def captured_warnings() -> Iterator[list[str]]:
    """The messages of the PhonsegWarnings that the block gives in its own thread; other warnings go where they go."""
    messages: list[str] = []
    thread = threading.get_ident()
    with _lock:
        if not _capturing:
            _until_the_last.enter_context(warnings.catch_warnings())
            warnings.simplefilter("always", PhonsegWarning)
            warnings.showwarning = _pass_on(warnings.showwarning)
        _capturing[thread] = messages
    try:
        yield messages
    finally:
        with _lock:
            del _capturing[thread]
            if not _capturing:
                _until_the_last.close()


def _pass_on(show: Any) -> Any:
    def show_or_capture(message: Warning | str, *where: Any, **more: Any) -> None:
        messages = _capturing.get(threading.get_ident())
        if messages is not None and isinstance(message, PhonsegWarning):
            messages.append(str(message))
        else:
            show(message, *where, **more)

    return show_or_capture
