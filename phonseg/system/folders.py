"""Folders -> the files in them and in the folders inside them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Walk:
    """What `walk` found.

    Attributes:
        files: everything that is not a folder, sorted.
        hidden: files and folders that were left out because their names begin with a dot, such as `._x.wav`, which
            macOS puts beside `x.wav` on the disks of other systems.
        unlisted: folder -> why it cannot be listed.
    """

    files: tuple[Path, ...]
    hidden: tuple[Path, ...]
    unlisted: Mapping[Path, str]


def is_name(path: str | os.PathLike[str]) -> bool:
    """Returns whether a path can be that of a file or folder.

    Args:
        path: as a user gave it.
    """
    try:
        name = os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return name != b"" and b"\0" not in name


def place_of(path: Path) -> str:
    """Returns where a file lies: the same text for the same file in the same folder, whatever links lead there.

    Args:
        path: the file. A link to a file counts as a file of its own, with a name of its own.
    """
    return os.path.join(os.path.realpath(path.parent), path.name)


def walk(folders: Iterable[Path]) -> Walk:
    """Goes through folders and all folders inside them, in order.

    Args:
        folders: where to begin. A folder that several links lead to is visited once.

    Returns:
        The files, the hidden files and folders, and the folders that cannot be listed.
    """
    files: set[Path] = set()
    hidden: list[Path] = []
    unlisted: dict[Path, str] = {}
    visited: set[str] = set()
    ahead = list(folders)[::-1]
    while ahead:
        folder = ahead.pop()
        if (real := os.path.realpath(folder)) in visited:  # several links to one folder, or a loop of links
            continue
        visited.add(real)
        try:
            inside = [folder / name for name in sorted(os.listdir(folder), reverse=True)]
        except OSError as error:
            unlisted[folder] = error.strerror or str(error)
            continue
        hidden += [path for path in inside if path.name.startswith(".")]
        shown = [path for path in inside if not path.name.startswith(".")]
        subfolders = [path for path in shown if os.path.isdir(path)]
        files.update(set(shown).difference(subfolders))
        ahead += subfolders
    return Walk(tuple(sorted(files)), tuple(hidden), unlisted)
