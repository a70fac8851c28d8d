"""Which recordings or predictions belong to which references, and which recordings are held out.

Files belong together when they have the same name, without suffix, in the same place below their folders.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from phonseg.annotation.readers import READERS, is_reference
from phonseg.errors import ConfigurationError
from phonseg.system.folders import walk


@dataclass(frozen=True, slots=True)
class Pairing:
    """What belongs together.

    pairs: name -> (file under the first folder, file under the second). failed: name -> why it has no pair. A name is
    the path below the folder, without suffix, with forward slashes.
    """

    pairs: Mapping[str, tuple[Path, Path]]
    failed: Mapping[str, str]


def find_references(folder: str | Path) -> list[Path]:
    """The references (see `phonseg.annotation.readers`) in a folder and in the folders inside it, sorted.

    Hidden files and folders (with a leading dot) are left out, and a folder that several links lead to is visited once.

    Raises ConfigurationError when the folder or one inside it cannot be listed.
    """
    found = walk([Path(folder)])
    for unlisted, reason in found.unlisted.items():
        raise ConfigurationError(f"{unlisted}: cannot be listed ({reason}). Give a folder of yours.")
    return [path for path in found.files if is_reference(path)]


def pair(
    references: str | Path,
    partners: str | Path,
    *,
    find: Callable[[Path], Sequence[Path]] = find_references,
) -> Pairing:
    """Find for every reference below one folder its partner below another (which may be the same folder).

    find: lists the partners below a folder: predictions, or recordings with `phonseg.audio.find.find_recordings`. Where
    references of several kinds have one name, as a TextGrid and a `.phn` file, a TextGrid counts, or else the kind that
    is first in `phonseg.annotation.readers.READERS`. Whatever has no partner, or more than one, is listed in `failed`.

    Raises ConfigurationError when a folder cannot be listed or holds nothing to pair, and when no name is in both.
    """
    firsts = _by_name(Path(references), find_references)
    seconds = _by_name(Path(partners), find)
    if firsts.keys().isdisjoint(seconds):
        raise ConfigurationError(
            f"{references} and {partners}: no file of the one belongs to one of the other; there are {min(firsts)} and "
            f"{min(seconds)}, for instance. Files belong together by their names and folders: rename them."
        )
    pairs, failed = {}, {}
    for name in sorted(firsts.keys() | seconds.keys()):
        first, second = firsts.get(name, []), seconds.get(name, [])
        if not second:
            failed[name] = f"{first[0]}: nothing of that name in {partners}."
        elif not first:
            failed[name] = f"{second[0]}: no reference of that name in {references}."
        elif len(first) == len(second) == 1:
            pairs[name] = (first[0], second[0])
        else:
            several = ", ".join(str(path) for path in (first if len(first) > 1 else second))
            failed[name] = f"{several}: have the same name. Keep one of them."
    return Pairing(pairs, failed)


def _by_name(folder: Path, find: Callable[[Path], Sequence[Path]]) -> dict[str, list[Path]]:
    """The files of each name; those of one kind."""
    names: dict[str, list[Path]] = {}
    for path in find(folder):
        # macOS may take the accents of a name apart: it is the same name.
        name = unicodedata.normalize("NFC", path.relative_to(folder).with_suffix("").as_posix())
        names.setdefault(name, []).append(path)
    if not names:
        raise ConfigurationError(f"{folder}: holds nothing to pair. Give another folder.")
    return {name: _first_kind(paths) for name, paths in names.items()}


def _first_kind(paths: Sequence[Path]) -> list[Path]:
    """Of references of several kinds, those of the first kind; all recordings."""
    ranks = [list(READERS).index(path.suffix.lower()) if path.suffix.lower() in READERS else 0 for path in paths]
    return [path for path, rank in zip(paths, ranks, strict=True) if rank == min(ranks)]
