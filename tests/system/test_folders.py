"""Folders and what lies in them: every file once, in order, and what could not be seen is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st

from phonseg.system.folders import walk

parts = st.sampled_from(["a", "B", "c.wav", "é", "-d", "e f", "z"])
trees = st.sets(st.lists(parts, min_size=1, max_size=4).map("/".join), max_size=12)


def touch(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return sorted(folder / name for name in names)


@given(names=trees, hidden=st.integers(0, 3))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_file_is_found_once_and_in_order(tmp_path_factory, names, hidden):
    folder = tmp_path_factory.mktemp("tree")
    leaves = {name for name in names if not any(other.startswith(f"{name}/") for other in names)}
    expected = touch(folder, *leaves)
    touch(folder, *(f".hidden{i}/x.wav" for i in range(hidden)))
    found = walk([folder, folder])
    assert list(found.files) == expected
    assert len(found.hidden) == hidden
    assert found.unlisted == {}


def test_the_other_halves_of_files_from_macos_are_hidden(tmp_path: Path) -> None:
    (wanted,) = touch(tmp_path, "x.wav")
    touch(tmp_path, "._x.wav", ".DS_Store")
    assert walk([tmp_path]).files == (wanted,)
    assert len(walk([tmp_path]).hidden) == 2


def test_loops_of_links_end_and_each_file_is_found_by_one_path(tmp_path: Path) -> None:
    touch(tmp_path, "inner/a.wav", "other/b.wav")
    os.symlink(tmp_path, tmp_path / "inner" / "up")
    os.symlink(tmp_path / "inner", tmp_path / "inner" / "self")
    os.symlink(tmp_path / "inner" / "a.wav", tmp_path / "z.wav")
    os.symlink(tmp_path / "nothing", tmp_path / "broken.wav")
    names = [path.relative_to(tmp_path).as_posix() for path in walk([tmp_path]).files]
    assert names == ["broken.wav", "inner/a.wav", "other/b.wav", "z.wav"]


def test_what_cannot_be_listed_is_told_and_stops_nothing(tmp_path: Path, unlistable: Callable[[Path], Path]) -> None:
    expected = touch(tmp_path, "a.wav", "open/b.wav")
    closed = unlistable(tmp_path / "closed")
    found = walk([tmp_path, tmp_path / "missing", expected[0]])
    assert list(found.files) == expected
    assert found.unlisted == {
        closed: "Permission denied",
        tmp_path / "missing": "No such file or directory",
        expected[0]: "Not a directory",
    }
