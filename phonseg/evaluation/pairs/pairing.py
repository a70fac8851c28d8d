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
class Kinds:
    """Which files in a folder count.

    Attributes:
        suffixes: in small letters. Of several files with the same name, the one whose suffix comes first here counts.
        is_one: returns whether a file with such a suffix is what the suffix says.
    """

    suffixes: tuple[str, ...]
    is_one: Callable[[Path], bool] = lambda path: True

    def find(self, folder: str | Path) -> list[Path]:
        """Lists the files that count in a folder and in the folders inside it.

        Args:
            folder: where to search. Hidden files and folders (with a leading dot) are left out. A folder that several
                links lead to is visited once.

        Returns:
            The files, sorted.

        Raises:
            ConfigurationError: if the folder or a folder inside it cannot be listed.
        """
        return [path for path in _listed(folder) if label_suffix(path, self.suffixes) and self.is_one(path)]

    def name(self, folder: Path, path: Path) -> str:
        """Returns the path below the folder without suffix, with forward slashes.

        Args:
            folder: where the file was found.
            path: of the file.
        """
        suffix = label_suffix(path, self.suffixes) or path.suffix
        # macOS may store an accent as a character of its own. The name is the same.
        return unicodedata.normalize("NFC", path.relative_to(folder).as_posix()[: -len(suffix) or None])

    def first(self, paths: Sequence[Path]) -> list[Path]:
        """Returns the files of the kind that comes first, or all of them if they are of no kind (recordings).

        Args:
            paths: of files with the same name.
        """
        ranks = [self.suffixes.index(suffix) if (suffix := label_suffix(path, self.suffixes)) else 0 for path in paths]
        return [path for path, rank in zip(paths, ranks, strict=True) if rank == min(ranks)]


REFERENCES = Kinds(tuple(READERS), is_reference)


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


def pair(
    references: str | Path,
    partners: str | Path,
    *,
    kinds: Kinds = REFERENCES,
    find: Callable[[Path], Sequence[Path]] | None = None,
) -> Pairing:
    """Finds the partner of every reference.

    Args:
        references: a folder. If a name has references of several kinds, such as a TextGrid and a `.phn` file, only the
            kind that comes first in `kinds` counts.
        partners: another folder, or the same one.
        kinds: which files count.
        find: lists the partners below a folder; None if they are of these kinds, too. For recordings, give
            `phonseg.audio.find.find_recordings`.

    Returns:
        The pairs. Every name without a partner, or with several, is listed as failed.

    Raises:
        ConfigurationError: if a folder cannot be listed or holds nothing to pair, or if the folders have no name in
            common.
    """
    firsts, seconds = kinds.find(references), (find or kinds.find)(Path(partners))
    sides = _by_name(Path(references), firsts, kinds), _by_name(Path(partners), seconds, kinds)
    if sides[0].keys().isdisjoint(sides[1].keys()):
        raise ConfigurationError(
            f"{references} and {partners}: have no name in common; there are {min(sides[0])} and {min(sides[1])}, for "
            "instance. Give files that belong together the same name, in the same place below their folders."
        )
    counted = {*firsts, *seconds}
    folders = (references, partners)
    hints = [_hints(Path(one), names, counted, kinds) for one, names in zip(folders, sides, strict=True)]
    pairs, failed, beside = {}, {}, {}
    for name in sorted(sides[0].keys() | sides[1].keys()):
        first, second = (kinds.first(side.get(name, [])) for side in sides)
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
    listed = [path for folder in folders[: 1 if find else 2] for path in _listed(folder)]
    files = [path for path in listed if label_suffix(path, kinds.suffixes)]
    left_out = sorted({*files}.difference(counted))
    return Pairing(pairs, failed, {path: others for path, others in beside.items() if others}, tuple(left_out))


def _hints(folder: Path, names: Iterable[str], counted: Collection[Path], kinds: Kinds) -> dict[str, str]:
    """Name in small letters -> what is in a folder under nearly this name: other capitals, or another kind of file."""
    others = {path: kinds.name(folder, path).casefold() for path in _listed(folder) if path not in counted}
    hints = {name: f" (but {path} is of another kind)" for path, name in others.items()}
    return {**hints, **{name.casefold(): f" (but there is {name}, with other capitals)" for name in names}}


def _listed(folder: str | Path) -> tuple[Path, ...]:
    found = walk([Path(folder)])
    for unlisted, reason in found.unlisted.items():
        raise ConfigurationError(f"{unlisted}: cannot be listed ({reason}). Give a folder that you can read.")
    return found.files


def _by_name(folder: Path, files: Sequence[Path], kinds: Kinds) -> dict[str, list[Path]]:
    """Groups files below a folder by their names."""
    names: dict[str, list[Path]] = {}
    for path in files:
        names.setdefault(kinds.name(folder, path), []).append(path)
    if not names:
        raise ConfigurationError(f"{folder}: holds nothing to pair. Give another folder.")
    return names
