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
        hidden: files and folders that were left out for their leading dot, such as `._x.wav`, which macOS puts beside
            `x.wav` on other systems' disks.
        unlisted: folder -> why it cannot be listed.
    """

    files: tuple[Path, ...]
    hidden: tuple[Path, ...]
    unlisted: Mapping[Path, str]


def place_of(path: Path) -> str:
    """Returns where a file lies: the same text for the same file of the same folder, whatever links lead there.

    Args:
        path: of the file. A link to a file is a file of its own, with a name of its own.
    """
    return os.path.join(os.path.realpath(path.parent), path.name)


def walk(folders: Iterable[Path]) -> Walk:
    """Goes through folders and all folders inside them, in order.

    Args:
        folders: where to begin. A folder that several links lead to is visited once.

    Returns:
        What was found.
    """
    files: set[Path] = set()
    hidden: list[Path] = []
    unlisted: dict[Path, str] = {}
    visited: set[str] = set()
    ahead = list(reversed(list(folders)))
    while ahead:
        folder = ahead.pop()
        real = os.path.realpath(folder)
        if real in visited:  # several links to one folder, or a loop of links
            continue
        visited.add(real)
        try:
            names = sorted(os.listdir(folder), reverse=True)
        except OSError as error:
            unlisted[folder] = error.strerror or str(error)
            continue
        seen = [folder / name for name in names if not name.startswith(".")]
        hidden += [folder / name for name in names if name.startswith(".")]
        inside = [path for path in seen if os.path.isdir(path)]
        files.update(set(seen).difference(inside))
        ahead.extend(inside)
    return Walk(tuple(sorted(files)), tuple(hidden), unlisted)
