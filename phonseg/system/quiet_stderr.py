"""What libraries in C write to standard error is dropped, while what Python writes there is still heard.

They complain of files without naming them, as libmpg123 does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """In the block, descriptor 2 leads nowhere, and `sys.stderr` to where it led before.

    That is so for all threads of the process. A `sys.stderr` that does not use descriptor 2 stays as it is.
    """
    usual = sys.stderr
    try:
        saved = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    with os.fdopen(saved, "w", buffering=1, errors="backslashreplace") as ours:
        try:
            if _is_descriptor_2():
                usual.flush()
                sys.stderr = ours
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            sys.stderr = usual
            os.dup2(saved, 2)


def _is_descriptor_2() -> bool:
    try:
        return sys.stderr.fileno() == 2
    except (AttributeError, OSError):  # there is none, or it writes to no file
        return False
