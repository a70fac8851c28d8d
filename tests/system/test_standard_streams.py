from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from phonseg.system.standard_streams import standard_streams

OPENED = """
import os, sys
from phonseg.system.standard_streams import open_descriptors
open_descriptors()
with open("file", "w") as file:
    os._exit(file.fileno())
"""


def test_absent_streams_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with standard_streams():
        print("said")
        print("said", file=sys.stderr, flush=True)
        assert not sys.stderr.isatty()
    assert (sys.stdout, sys.stderr) == (None, None)


class Failing(io.StringIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), BrokenPipeError(32, "Broken pipe")])
def test_messages_that_cannot_be_written_are_dropped(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    monkeypatch.setattr(sys, "stderr", Failing(error))
    with standard_streams():
        print("said", file=sys.stderr)
    assert sys.stderr is None  # and the interpreter does not try again at its end


def test_other_streams_stay_what_they_are() -> None:
    before = sys.stdout, sys.stderr
    with standard_streams():
        pass
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
def test_no_file_gets_the_number_of_a_stream(tmp_path: os.PathLike[str]) -> None:
    command = ["sh", "-c", '"$0" -c "$1" <&- >&- 2>&-', sys.executable, OPENED]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run(command, cwd=tmp_path, env=environment, check=False).returncode > 2
