"""Folders and files -> the recordings in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from phonseg.errors import AudioError
from phonseg.system.folders import place_of, walk

Places = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

SUFFIXES = re.compile(
    r"\.(wave?|bwf|rf64|w64|flac|mp3|og[ga]|opus|aif[fc]?|sph|nist|au|snd|caf|m4[ab]|aac|wma|mka|webm|amr)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in one place, a folder or a file.

    Attributes:
        place: as it was given.
        root: the folder itself, or the folder of the file.
        recordings: sorted. A folder inside that cannot be listed stands for what it holds: to open it is an AudioError
            that says so.
        others: files that are no recordings, by their suffix.
        hidden: files and folders with a leading dot.
    """

    place: Path
    root: Path
    recordings: tuple[Path, ...]
    others: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()


def search(places: Places) -> list[Found]:
    """Lists folders, each once, with the folders inside them.

    In folders a recording is known by its suffix, in capitals or not. Hidden files and folders are left out. So are
    videos, since they often stand beside their sound; name them to have them read.

    Args:
        places: a folder or a file, or several. A file is taken as it is.

    Returns:
        What lies in each place, in the order of the places.

    Raises:
        AudioError: if a place does not exist or cannot be listed.
    """
    given = [Path(place) for place in ([places] if isinstance(places, (str, os.PathLike)) else places)]
    for place in given:
        if not os.path.exists(place):
            raise AudioError(f"{place}: does not exist. Check the spelling and the folder.")
    return [_found(place) if os.path.isdir(place) else Found(place, place.parent, (place,)) for place in given]


def find_recordings(places: Places) -> list[Path]:
    """Finds the recordings in places; see `search`.

    Args:
        places: a folder or a file, or several.

    Returns:
        The recordings, sorted; each stands there once, however often it is given.

    Raises:
        AudioError: if a place does not exist or cannot be listed.
    """
    return unique(search(places))


def unique(found: Iterable[Found]) -> list[Path]:
    """Returns the recordings in all places, sorted, each once; a name that was given counts before one in a folder."""
    named_first = sorted(found, key=lambda one: one.place not in one.recordings)
    every = [path for one in named_first for path in one.recordings]
    return sorted({place_of(path): path for path in reversed(every)}.values())


def _found(folder: Path) -> Found:
    inside = walk([folder])
    if folder in inside.unlisted:
        raise AudioError(f"{folder}: cannot be listed ({inside.unlisted[folder]}). Change its permissions.")
    recordings = {path for path in inside.files if SUFFIXES.fullmatch(path.suffix)}
    others = tuple(path for path in inside.files if path not in recordings)
    return Found(folder, folder, tuple(sorted(recordings.union(inside.unlisted))), others, inside.hidden)
