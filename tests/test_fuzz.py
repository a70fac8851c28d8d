"""Any bytes give a valid result or an error of phonseg's, with little memory and in little time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")


def run(*arguments: str) -> list[str]:
    """The lines of the process that reads the files; it may even die."""
    command = [sys.executable, "-X", "faulthandler", "fuzzing.py", *arguments]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, encoding="utf-8", errors="replace")
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"{lines[-1:]}\n{done.stderr[-2_000:]}"
    return lines


def wrong(lines: list[str]) -> list[str]:
    return [line for line in lines if not re.fullmatch(r".+ \d+: ", line)]


def fuzz(how_many: int, seed: int) -> list[str]:
    """What went wrong with so many damaged files of each kind."""
    lines = run(str(how_many), str(seed))
    assert len(lines) >= 43 * how_many
    return wrong(lines)


def test_large_label_files_are_read_or_refused() -> None:
    lines = run("large", "12")
    assert len(lines) > 16
    assert wrong(lines) == []


@pytest.mark.slow
def test_all_large_label_files_are_read_or_refused() -> None:
    lines = run("large", "1")
    assert len(lines) > 200
    assert wrong(lines) == []


def test_damaged_files_are_read_or_refused() -> None:
    assert fuzz(4, seed=0) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_many_damaged_files_are_read_or_refused(seed: int) -> None:
    assert fuzz(400, seed) == []
