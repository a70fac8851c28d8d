"""What lies in folders and in the folders inside them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Walk:
    """What `walk` came by.

    files: whatever is no folder, sorted. hidden: how many files and folders were left out for their leading dot, as
    `._x.wav`, which macOS puts beside `x.wav` on other systems' disks. unlisted: folder -> why it cannot be listed.
    """

    files: tuple[Path, ...]
    hidden: int
    unlisted: Mapping[Path, str]


def place_of(path: Path) -> str:
    """Where a file lies, whatever way leads there: equal for the same file of the same folder, with or without links.

    A link to a file is a file of its own, with a name of its own.
    """
    return os.path.join(os.path.realpath(path.parent), path.name)


def walk(folders: Iterable[Path]) -> Walk:
    """Go through folders and all folders inside them, in order; one that several links lead to is visited once."""
    files: set[Path] = set()
    hidden, unlisted = 0, {}
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
        hidden += len(names) - len(seen)
        inside = [path for path in seen if os.path.isdir(path)]
        files.update(set(seen).difference(inside))
        ahead.extend(inside)
    return Walk(tuple(sorted(files)), hidden, unlisted)
