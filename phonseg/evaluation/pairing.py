"""Two folders -> the pairs of files that belong together.

Files belong together if they have the same name, without suffix, in the same place below their folders.
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
    """The files that belong together, and those that have no partner.

    A name is the path of a file below its folder, without suffix, with forward slashes.

    Attributes:
        pairs: name -> (reference, partner).
        failed: name -> why there is no pair.
    """

    pairs: Mapping[str, tuple[Path, Path]]
    failed: Mapping[str, str]


def find_references(folder: str | Path) -> list[Path]:
    """Lists the references in a folder and in the folders inside it.

    Args:
        folder: where to search. Hidden files and folders (with a leading dot) are left out. A folder that several links
            lead to is visited once.

    Returns:
        The references (see `phonseg.annotation.readers`), sorted.

    Raises:
        ConfigurationError: if the folder or a folder inside it cannot be listed.
    """
    found = walk([Path(folder)])
    for unlisted, reason in found.unlisted.items():
        raise ConfigurationError(f"{unlisted}: cannot be listed ({reason}). Give a folder that you can read.")
    return [path for path in found.files if is_reference(path)]


def pair(
    references: str | Path, partners: str | Path, *, find: Callable[[Path], Sequence[Path]] = find_references
) -> Pairing:
    """Finds the partner of every reference.

    Args:
        references: a folder. If a name has references of several kinds, such as a TextGrid and a `.phn` file, only the
            kind that comes first in `phonseg.annotation.readers.READERS` counts.
        partners: another folder, or the same one.
        find: lists the partners below a folder, which are predictions by default. For recordings, give
            `phonseg.audio.find.find_recordings`.

    Returns:
        The pairs. Every name without a partner, or with several, is listed as failed.

    Raises:
        ConfigurationError: if a folder cannot be listed or holds nothing to pair, or if the folders have no name in
            common.
    """
    firsts = _by_name(Path(references), find_references)
    seconds = _by_name(Path(partners), find)
    if firsts.keys().isdisjoint(seconds):
        raise ConfigurationError(
            f"{references} and {partners}: have no name in common; there are {min(firsts)} and {min(seconds)}, for "
            "instance. Give files that belong together the same name, in the same place below their folders."
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
    """Groups the files below a folder by their names, and keeps the first kind of each name."""
    names: dict[str, list[Path]] = {}
    for path in find(folder):
        # macOS may store an accent as a character of its own. The name is the same.
        name = unicodedata.normalize("NFC", path.relative_to(folder).with_suffix("").as_posix())
        names.setdefault(name, []).append(path)
    if not names:
        raise ConfigurationError(f"{folder}: holds nothing to pair. Give another folder.")
    return {name: _first_kind(paths) for name, paths in names.items()}


def _first_kind(paths: Sequence[Path]) -> list[Path]:
    """Keeps the references of the kind that comes first in `READERS`, or all paths if they are recordings."""
    ranks = [list(READERS).index(path.suffix.lower()) if path.suffix.lower() in READERS else 0 for path in paths]
    return [path for path, rank in zip(paths, ranks, strict=True) if rank == min(ranks)]
