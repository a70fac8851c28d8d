from __future__ import annotations

import os
import signal
import stat
import time
from pathlib import Path

import pytest

from phonseg.errors import OutputError
from phonseg.system.atomic_files import STALE_AFTER, append, as_output_error, is_full, remove_stale, replacing


def test_the_new_file_takes_the_place_of_the_old_with_ordinary_rights(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as partial:
        assert partial.parent == tmp_path
        assert partial.suffix == ""
        partial.write_text("new")
        partial.chmod(0o600)
        assert path.read_text() == "old"
    (tmp_path / "plain").touch()
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.txt", "plain"]


def test_an_error_leaves_the_old_file_and_no_debris(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as partial:
            partial.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_disk_that_is_full_is_an_output_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    def write() -> None:
        with replacing(path):
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"a\.txt: cannot be written \(No space left on device\)"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"), replacing(tmp_path / "nowhere" / "a.txt"):
        pass


def test_bytes_are_added_to_the_end(tmp_path: Path) -> None:
    append(tmp_path / "a", b"one\n")
    append(tmp_path / "a", b"two\n")
    assert (tmp_path / "a").read_bytes() == b"one\ntwo\n"
    with pytest.raises(OutputError, match="nowhere"):
        append(tmp_path / "nowhere" / "a", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is found on Linux alone")
def test_a_full_disk_is_told_from_a_folder_that_is_closed(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        with as_output_error(path):
            path.write_bytes(b"x")

    with pytest.raises(OutputError, match=r"/dev/full: cannot be written \(No space left") as full:
        write(Path("/dev/full"))
    assert is_full(full.value)
    with pytest.raises(OutputError) as missing:
        append(tmp_path / "nowhere" / "a", b"x")
    assert not is_full(missing.value)


def test_a_line_that_did_not_fit_is_a_full_disk(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, most))
        with pytest.raises(OutputError, match="No space left") as full:
            append(tmp_path / "a", b"0123456789abc")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
        signal.signal(signal.SIGXFSZ, handler)
    assert is_full(full.value)


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.TextGrid") as partial:
        stale = partial
    with replacing(tmp_path / "a.TextGrid") as partial:
        fresh = partial
    others = [tmp_path / name for name in (".phonseg-notes", f"{stale.name}.bak", stale.name[1:], ".hidden")]
    for path in (stale, fresh, *others):
        path.touch()
    long_ago = time.time() - 2 * STALE_AFTER
    for path in (stale, *others):
        os.utime(path, (long_ago, long_ago))
    remove_stale(tmp_path)
    assert set(tmp_path.iterdir()) == {tmp_path / "a.TextGrid", fresh, *others}
    remove_stale(tmp_path / "nowhere")
