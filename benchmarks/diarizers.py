"""A conversation -> who speaks when, by phonseg and by Resemblyzer with spectralcluster, and how long each took.

Resemblyzer runs in a process of its own, by the Python of another environment (`resemblyzer_peer.py`). Its network of
voices was trained with the names of the speakers. Which of spectralcluster's clusterers it uses, with which settings,
was chosen by their scores on simulated conversations, so on those its figures are too good.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from safetensors import safe_open

import phonseg
from phonseg.diarization.diarize import diarize
from phonseg.errors import ConfigurationError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

PEER = Path(__file__).with_name("resemblyzer_peer.py")
OWN = "its own"

Region = tuple[float, float]


@dataclass(frozen=True)
class Answer:
    """Who speaks when, as a system says. speech: whose speech it was given. seconds: of processor time, from the file.

    Where speech was given, the time to find it is not counted.
    """

    system: str
    speech: str
    turns: Diarization
    seconds: float
    megabytes: float


def answers(recording: Path, reference: Diarization, peer: Resemblyzer | None) -> Iterator[Answer]:
    """What phonseg says of a recording; then, if the peer takes part, what it says for each speech that it is given."""
    begin = time.process_time()
    own = diarize(recording)
    seconds = time.process_time() - begin
    yield Answer("phonseg", OWN, own, seconds, megabytes(own.provenance.digest if own.provenance else ""))
    if peer is not None:
        given = {"phonseg's": spoken(own, own.duration), "the reference's": spoken(reference, own.duration)}
        for name, speech in {OWN: None, **given}.items():
            turns, seconds = peer.turns(recording, speech)
            yield Answer(peer.name, name, Diarization(turns, own.duration), seconds, peer.megabytes)


def spoken(turns: Iterable[Turn], duration: float) -> list[Region]:
    """Where somebody speaks. turns: in time order. duration: of the recording, after which nobody does."""
    found: list[Region] = []
    for start, end in ((turn.start, min(turn.end, duration)) for turn in turns if turn.start < duration):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


class Resemblyzer:
    """A process that says who speaks when. Use it in a `with` statement, whose end also ends the process.

    python: of an environment that has resemblyzer and spectralcluster. The network is loaded before the first question.

    Raises ConfigurationError if it cannot be started.
    """

    name = "Resemblyzer + spectralcluster"

    def __init__(self, python: Path) -> None:
        self._python = python
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        try:
            self._process = subprocess.Popen(
                [python, "-P", "-W", "ignore", PEER],
                env={**os.environ, **threads, "PYTHONPATH": ""},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        except OSError as error:
            raise ConfigurationError(f"{python}: is no Python ({error.strerror}). Give the path of one.") from error

    def __enter__(self) -> Resemblyzer:
        try:
            itself = self._answer()
        except ConfigurationError:
            self.__exit__(None, None, None)
            raise
        self.megabytes, self.versions = float(itself["megabytes"]), ", ".join(itself["versions"])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()  # closes its input, which ends it

    def turns(self, recording: Path, speech: list[Region] | None) -> tuple[tuple[Turn, ...], float]:
        """The turns, and seconds of processor time. speech: where somebody speaks; None to find it."""
        assert self._process.stdin is not None
        question = {"recording": str(recording.resolve()), "speech": speech}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        return tuple(Turn(*turn) for turn in answer["turns"]), float(answer["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            needed = "Give one that has resemblyzer and spectralcluster."
            raise ConfigurationError(f"{self._python}: failed as {PEER.name} (see above). {needed}")
        return dict(json.loads(line))


def megabytes(digest: str) -> float:
    """The size of the model with this digest that comes with phonseg; NaN if there is none."""
    for file in (Path(phonseg.__file__).parent / "models").glob("*.safetensors"):
        with safe_open(file, "np") as model:
            if model.metadata().get("digest") == digest:
                return file.stat().st_size / 1e6
    return math.nan
