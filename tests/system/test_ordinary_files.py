from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from phonseg.system.ordinary_files import digest, open_ordinary, sha256


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = os.urandom(300_000)
    (tmp_path / "a").write_bytes(data)
    assert digest(tmp_path / "a") == sha256(data) == hashlib.sha256(data).hexdigest()
    assert digest(tmp_path / "nowhere") is None
    (tmp_path / "link").symlink_to("a")
    assert digest(tmp_path / "link") == sha256(data)


def test_bytes_are_added_to_an_ordinary_file(tmp_path: Path) -> None:
    for data in (b"one", b"two"):
        with open_ordinary(tmp_path / "a", append=True, follow=False) as file:
            file.write(data)
    assert (tmp_path / "a").read_bytes() == b"onetwo"


@pytest.mark.parametrize("append", [False, True])
def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path: Path, append: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/null"), tmp_path / "zero"):
        with pytest.raises(OSError, match=r"it is (a folder|a pipe or a device)$"):
            open_ordinary(path, append=append)
    with pytest.raises(OSError, match="it is a link"):
        open_ordinary(tmp_path / "link", append=append, follow=False)
