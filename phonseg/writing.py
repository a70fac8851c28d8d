"""Writing a file so that whoever reads it sees the old one or the new one, never a part."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from phonseg.errors import OutputError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give the name of an empty file in the folder of `path`, which takes its place when the block ends.

    The name has the suffix of `path`. If the block raises, `path` is left as it was and the other file is gone. Raises
    OutputError where the folder or the disk lets nothing be written.
    """
    target = Path(path)
    partial = target.with_name(f".phonseg-{uuid4().hex}{target.suffix}")
    try:
        partial.touch(exist_ok=False)
        rights = partial.stat().st_mode
        yield partial
        partial.chmod(rights)  # safetensors gives its files to their owner alone
        os.replace(partial, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{target}: cannot be written ({reason}). Choose another place or make room.") from error
    finally:
        with suppress(OSError):
            partial.unlink()
