"""Two folders -> the pairs of files that belong together.

Files belong together if they have the same name, without suffix, in the same place below their folders.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from phonseg.annotation.readers import READERS, is_reference, label_suffix
from phonseg.errors import ConfigurationError
from phonseg.system.folders import walk


@dataclass(frozen=True, slots=True)
class Pairing:
    """The files that belong together, and those that have no partner.

    A name is the path of a file below its folder, without suffix, with forward slashes.

    Attributes:
        pairs: name -> (reference, partner).
        failed: name -> why there is no pair.
        beside: path of a pair -> label files of the same name and other kinds, which do not count.
        left_out: files that have the suffix of a label file and are none, such as other tables.
    """

    pairs: Mapping[str, tuple[Path, Path]]
    failed: Mapping[str, str]
    beside: Mapping[Path, tuple[Path, ...]] = field(default_factory=dict)
    left_out: tuple[Path, ...] = ()


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
    return [path for path in _listed(folder) if is_reference(path)]


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
    firsts, seconds = find_references(references), find(Path(partners))
    sides = _by_name(Path(references), firsts), _by_name(Path(partners), seconds)
    if sides[0].keys().isdisjoint(sides[1].keys()):
        raise ConfigurationError(
            f"{references} and {partners}: have no name in common; there are {min(sides[0])} and {min(sides[1])}, for "
            "instance. Give files that belong together the same name, in the same place below their folders."
        )
    counted = {*firsts, *seconds}
    hints = [_hints(Path(folder), names, counted) for folder, names in zip((references, partners), sides, strict=True)]
    pairs, failed, beside = {}, {}, {}
    for name in sorted(sides[0].keys() | sides[1].keys()):
        first, second = (_first_kind(side.get(name, [])) for side in sides)
        if not second:
            failed[name] = f"{first[0]}: nothing of that name in {partners}{hints[1].get(name.casefold(), '')}."
        elif not first:
            failed[name] = f"{second[0]}: no reference of that name in {references}{hints[0].get(name.casefold(), '')}."
        elif len(first) == len(second) == 1:
            pairs[name] = (first[0], second[0])
            for (chosen,), side in zip((first, second), sides, strict=True):
                beside[chosen] = tuple(path for path in side[name] if path != chosen)
        else:
            several = ", ".join(str(path) for path in (first if len(first) > 1 else second))
            failed[name] = f"{several}: have the same name. Keep one of them."
    folders = [references] if find is not find_references else [references, partners]
    files = [path for folder in folders for path in _listed(folder) if label_suffix(path)]
    left_out = sorted({*files}.difference(counted))
    return Pairing(pairs, failed, {path: others for path, others in beside.items() if others}, tuple(left_out))


def _hints(folder: Path, names: Iterable[str], counted: Collection[Path]) -> dict[str, str]:
    """Name in small letters -> what is in a folder under nearly this name: other capitals, or another kind of file."""
    others = {path: _name(folder, path).casefold() for path in _listed(folder) if path not in counted}
    hints = {name: f" (but {path} is of another kind)" for path, name in others.items()}
    return {**hints, **{name.casefold(): f" (but there is {name}, with other capitals)" for name in names}}


def _listed(folder: str | Path) -> tuple[Path, ...]:
    found = walk([Path(folder)])
    for unlisted, reason in found.unlisted.items():
        raise ConfigurationError(f"{unlisted}: cannot be listed ({reason}). Give a folder that you can read.")
    return found.files


def _by_name(folder: Path, files: Sequence[Path]) -> dict[str, list[Path]]:
    """Groups files below a folder by their names."""
    names: dict[str, list[Path]] = {}
    for path in files:
        names.setdefault(_name(folder, path), []).append(path)
    if not names:
        raise ConfigurationError(f"{folder}: holds nothing to pair. Give another folder.")
    return names


def _name(folder: Path, path: Path) -> str:
    suffix = label_suffix(path) or path.suffix
    # macOS may store an accent as a character of its own. The name is the same.
    return unicodedata.normalize("NFC", path.relative_to(folder).as_posix()[: -len(suffix) or None])


def _first_kind(paths: Sequence[Path]) -> list[Path]:
    """Keeps the references of the kind that comes first in `READERS`, or all paths if they are recordings."""
    kinds = list(READERS)
    ranks = [kinds.index(suffix) if (suffix := label_suffix(path)) else 0 for path in paths]
    return [path for path, rank in zip(paths, ranks, strict=True) if rank == min(ranks)]
