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
_listening: dict[int, list[str]] = {}  # thread -> what it has heard
_until_the_last = ExitStack()


@contextmanager
def heard_warnings() -> Iterator[list[str]]:
    """The messages of the PhonsegWarnings that the block gives in its own thread; other warnings go where they go."""
    heard: list[str] = []
    thread = threading.get_ident()
    with _lock:
        if not _listening:
            _until_the_last.enter_context(warnings.catch_warnings())
            warnings.simplefilter("always", PhonsegWarning)
            warnings.showwarning = _pass_on(warnings.showwarning)
        _listening[thread] = heard
    try:
        yield heard
    finally:
        with _lock:
            del _listening[thread]
            if not _listening:
                _until_the_last.close()


def _pass_on(show: Any) -> Any:
    def hear(message: Warning | str, *where: Any, **more: Any) -> None:
        heard = _listening.get(threading.get_ident())
        if heard is not None and isinstance(message, PhonsegWarning):
            heard.append(str(message))
        else:
            show(message, *where, **more)

    return hear
