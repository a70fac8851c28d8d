"""Folders and files -> the recordings in them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from phonseg.errors import AudioError
from phonseg.system.folders import place_of, walk

Places = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

# Of recordings, in small letters; the most usual first.
SUFFIXES = (
    *(".wav", ".flac", ".mp3", ".ogg", ".aiff", ".aif", ".aifc", ".wave", ".bwf", ".rf64", ".w64", ".oga", ".opus"),
    *(".sph", ".nist", ".au", ".snd", ".caf", ".m4a", ".m4b", ".aac", ".wma", ".mka", ".webm", ".amr", ".ac3", ".eac3"),
    *(".ec3", ".awb", ".3ga", ".mp2", ".spx", ".wv", ".ape", ".tta", ".dss", ".oma"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """The files in one place, which is a folder or a file.

    Attributes:
        place: the folder or file, as it was given.
        root: the folder itself, or the folder of the file.
        recordings: paths of the recordings, sorted. A folder inside that cannot be listed is among them; opening it
            raises an AudioError that says so.
        others: paths of the files that are not recordings by their suffix.
        hidden: paths of the files and folders whose name begins with a dot.
    """

    place: Path
    root: Path
    recordings: tuple[Path, ...]
    others: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()


def search(places: Places) -> list[Found]:
    """Lists the files in folders, and in the folders inside them.

    In a folder, a file is a recording if it has the suffix of an audio format, in small letters or capitals. Hidden
    files and folders are left out. Videos are left out too, since their sound often lies beside them in a file of its
    own; a video that is named itself is read.

    Args:
        places: a folder or a file, or several. A file named here counts as a recording, whatever its suffix.

    Returns:
        The files in each place, in the order of the places.

    Raises:
        AudioError: if a place does not exist, cannot be listed, or is an empty text.
    """
    places = [places] if isinstance(places, (str, os.PathLike)) else list(places)
    if not all(map(os.fspath, places)):
        raise AudioError("an empty path is no recording. Give a path; for the current folder, give '.'.")
    given = [Path(place) for place in places]
    for place in given:
        if not os.path.exists(place):
            raise AudioError(f"{place}: does not exist. Check the spelling and the folder.")
    return [_found(place) if os.path.isdir(place) else Found(place, place.parent, (place,)) for place in given]


def find_recordings(places: Places) -> list[Path]:
    """Returns the recordings in folders and files; see `search`.

    Args:
        places: a folder or a file, or several.

    Returns:
        The recordings, sorted. Each appears once, even if several places hold it.

    Raises:
        AudioError: if a place does not exist or cannot be listed.
    """
    return unique(search(places))


def unique(found: Iterable[Found]) -> list[Path]:
    """Returns the recordings in several places, each once.

    Args:
        found: the files in each place.

    Returns:
        The recordings, sorted. If a recording has several paths, the first one counts; one that was named itself
        comes before one in a folder.
    """
    named_first = sorted(found, key=lambda one: one.place not in one.recordings)
    paths = [path for one in named_first for path in one.recordings]
    return sorted({place_of(path): path for path in reversed(paths)}.values())


def _found(folder: Path) -> Found:
    inside = walk([folder])
    if folder in inside.unlisted:
        raise AudioError(f"{folder}: cannot be listed ({inside.unlisted[folder]}). Change its permissions.")
    recordings = {path for path in inside.files if path.suffix.lower() in SUFFIXES}
    others = tuple(path for path in inside.files if path not in recordings)
    return Found(folder, folder, tuple(sorted(recordings.union(inside.unlisted))), others, inside.hidden)
