"""Folders and files -> the recordings in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from phonseg.errors import AudioError
from phonseg.system.folders import place_of, walk

SUFFIXES = re.compile(
    r"\.(wave?|bwf|rf64|w64|flac|mp3|og[ga]|opus|aif[fc]?|sph|nist|au|snd|caf|m4[ab]|aac|wma|mka|webm|amr)",
    re.IGNORECASE,
)


def find_recordings(places: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The recordings in folders and in the folders inside them, sorted; a place that is a file is taken as it is.

    Each stands there once, however often it is given. In folders a recording is known by its suffix, in capitals or
    not. Hidden files and folders (with a leading dot) are left out, and a folder that several links lead to is
    visited once. Videos are left out too, since they often stand beside their sound; name them to have them read. A
    folder inside that cannot be listed stands in the list for what it holds: to open it is an AudioError that says
    so.

    Raises AudioError if a place does not exist or cannot be listed.
    """
    given = [Path(place) for place in ([places] if isinstance(places, (str, os.PathLike)) else places)]
    for place in given:
        if not os.path.exists(place):
            raise AudioError(f"{place}: does not exist. Check the spelling and the folder.")
    found = walk(place for place in given if os.path.isdir(place))
    for place in given:
        if place in found.unlisted:
            raise AudioError(f"{place}: cannot be listed ({found.unlisted[place]}). Change its permissions.")
    files = [place for place in given if not os.path.isdir(place)]
    files += [*found.unlisted, *(path for path in found.files if SUFFIXES.fullmatch(path.suffix))]
    return sorted({place_of(path): path for path in reversed(files)}.values())
