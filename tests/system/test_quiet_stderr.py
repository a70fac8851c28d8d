from __future__ import annotations

import os
import sys
from contextlib import suppress

import pytest

from phonseg.system.quiet_stderr import quiet_stderr


def test_what_is_written_past_python_is_dropped_inside_the_block_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with os.fdopen(2, "w", closefd=False) as usual, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", usual)
        usual.write("before, ")  # which waits in a buffer
        with suppress(ZeroDivisionError), quiet_stderr():
            os.write(2, b"in C, ")
            print("in Python: \udcff", file=sys.stderr)
            raise ZeroDivisionError
        assert sys.stderr is usual
        os.write(2, b"in C afterwards\n")
    assert capfd.readouterr().err == "before, in Python: \\udcff\nin C afterwards\n"


def test_where_python_writes_elsewhere_it_still_does(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for other in (sys.stdout, None):
        monkeypatch.setattr(sys, "stderr", other)
        with quiet_stderr():
            assert sys.stderr is other
            os.write(2, b"in C")
    assert capfd.readouterr().err == ""


def test_where_there_is_no_standard_error_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: int) -> int:
        raise OSError(9, "Bad file descriptor")

    before = sys.stderr
    monkeypatch.setattr(os, "dup", closed)
    with quiet_stderr():
        assert sys.stderr is before
