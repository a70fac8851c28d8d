"""Small recordings for batches, and an executor that needs no other thread or process."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path

import soundfile
from conftest import RATE, speech_like


class AtOnce(Executor):
    """Does everything when it is submitted, in this thread."""

    def submit(self, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        future: Future[object] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def record(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, speech_like(6, seed)[0], RATE)
    return path
