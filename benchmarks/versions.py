"""A checkout of phonseg and a recording -> the processor time that this version takes, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from phonseg.errors import ConfigurationError

# Uses public names only, so that it runs with old versions, too. It reads a path a line, and answers with seconds.
CHILD = """
import sys, time
from pathlib import Path
import torch
import phonseg
torch.set_num_threads(1)
segmenter = phonseg.load("default")
print(Path(phonseg.__file__).resolve().parent, flush=True)
for line in sys.stdin:
    path = Path(line.rstrip("\\n"))
    begin = time.process_time()
    segmenter.segment(path).to_textgrid(path.with_suffix(".TextGrid"))
    print(time.process_time() - begin, flush=True)
"""


class Version:
    """A process that segments recordings with the phonseg of a checkout, and the model that ships with it.

    Use it in a `with` statement, whose end also ends the process. The model is loaded before the first recording.

    Raises ConfigurationError if the checkout holds no phonseg that works.
    """

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout.resolve()
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-c", CHILD],  # -P: nothing is imported from the current folder
            env={**os.environ, **threads, "PYTHONPATH": str(self.checkout)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __enter__(self) -> Version:
        try:
            if (package := self._answer()) != str(self.checkout / "phonseg"):
                raise ConfigurationError(f"{self.checkout}: holds no phonseg ({package} was found). Give a checkout.")
        except ConfigurationError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()  # closes its input, which ends it

    def seconds(self, recording: Path) -> float:
        """Seconds of processor time from the recording's file to its TextGrid's, which lies beside it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{recording}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise ConfigurationError(f"{self.checkout}: its phonseg failed (see above). Give another checkout.")
        return line.rstrip("\n")
