"""A block of code -> the same block, with what libraries in C write to standard error dropped.

Such libraries, libmpg123 for one, complain of files without naming them. What Python writes there is still shown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drops what is written to descriptor 2 in the block, while `sys.stderr` still writes to where it wrote before.

    This holds for all threads of the process. A `sys.stderr` that does not use descriptor 2 is not changed.

    Yields:
        Nothing.
    """
    usual = sys.stderr
    try:
        saved = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    with os.fdopen(saved, "w", buffering=1, errors="backslashreplace") as ours:
        try:
            with suppress(AttributeError, OSError):  # it is None, or it writes to no file
                if usual.fileno() == 2:
                    usual.flush()
                    sys.stderr = ours
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            sys.stderr = usual
            os.dup2(saved, 2)
