"""Two sources, or the files of two folders -> the pairs that are compared, with what has to be said of them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from phonseg.errors import ConfigurationError, PhonsegError, PhonsegWarning, TextGridError
from phonseg.evaluation.durations import Finding, Level
from phonseg.evaluation.pairs.pairing import REFERENCES, Kinds, Pairing, pair

MOST_NAMES = 10  # in a message
MOST_LINES = 5  # about warnings of one kind

Beside = Mapping[Path, tuple[Path, ...]]


class Judged(Protocol):
    """Two sides that were compared."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Notes and warnings."""


P = TypeVar("P", bound=Judged)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs(Generic[P]):
    """What was read of two sources, or of two folders.

    Attributes:
        pairs: name -> the two sides; the name is "" if two sources are compared.
        failed: name -> why the two cannot be compared.
        notes: what is to be said of all, with one line for each kind of note.
        warnings: of each pair, and of all pairs together.
        folders: whether two folders were read.
    """

    pairs: Mapping[str, P]
    failed: Mapping[str, str]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    folders: bool

    def warn(self, stacklevel: int = 3) -> None:
        """Gives the warnings.

        Args:
            stacklevel: as for `warnings.warn`, counted from here: 3 for the caller of the caller.
        """
        for text in self.warnings:
            warnings.warn(text, PhonsegWarning, stacklevel=stacklevel)


def read_pairs(
    first: Any, second: Any, compare: Callable[[Any, Any, Beside], P], kinds: Kinds = REFERENCES
) -> Pairs[P]:
    """Compares two sources, or the pairs of files in two folders.

    Args:
        first: the reference, or what was automatic; or a folder.
        second: the hypothesis, or what was corrected; or a folder.
        compare: reads and compares two sources; it also gets the files that lie beside them, by their paths.
        kinds: which files in folders count.

    Returns:
        The pairs, and what failed.

    Raises:
        TextGridError: if a source does not exist.
        ConfigurationError: if only one of the two is a folder, or if two folders have no name in common.
        PhonsegError: as `compare` raises it; in a folder, it is listed as failed instead.
    """
    for source in (first, second):
        if isinstance(source, str | os.PathLike) and os.fspath(source) and not os.path.lexists(source):
            raise TextGridError(f"{os.fspath(source)}: does not exist. Check the spelling and the folder.")
    folders = [is_folder(first), is_folder(second)]
    if not any(folders):
        one = compare(first, second, {})
        return Pairs({"": one}, {}, texts(one, Level.NOTE), texts(one, Level.WARNING), folders=False)
    if not all(folders):
        raise ConfigurationError("one of the two is a folder. Give two folders, or two files.")
    pairing = pair(str(first), str(second), kinds=kinds)
    pairs, failed = {}, dict(pairing.failed)
    for name, both in pairing.pairs.items():
        try:
            pairs[name] = compare(*both, pairing.beside)
        except PhonsegError as error:
            failed[name] = str(error)
    read = list(pairs.values())
    notes = (*_summed_up(read, Level.NOTE, 1), *_about_folders(pairing))
    return Pairs(pairs, failed, notes, tuple(_summed_up(read, Level.WARNING, MOST_LINES)), folders=True)


def is_folder(source: object) -> bool:
    """Returns whether a source is a folder.

    Args:
        source: of any kind.
    """
    return isinstance(source, str | os.PathLike) and os.path.isdir(source)


def texts(one: Judged, level: Level) -> tuple[str, ...]:
    """Returns what is to be said of two sides.

    Args:
        one: both sides.
        level: notes or warnings.
    """
    return tuple(finding.text for finding in one.findings if finding.level == level)


def _about_folders(pairing: Pairing) -> Iterator[str]:
    if pairing.left_out:
        n = len(pairing.left_out)
        what = "1 file is no label file and was" if n == 1 else f"{n} files are no label files and were"
        more = f" and {n - MOST_NAMES} more" if n > MOST_NAMES else ""
        yield f"{what} left out: {', '.join(map(str, pairing.left_out[:MOST_NAMES]))}{more}"


def _summed_up(pairs: Sequence[Judged], level: Level, most: int) -> Iterator[str]:
    """What is to be said of many files: each text, or one line for each kind of which there are more than `most`."""
    kinds: dict[str, list[str]] = {}
    for one in pairs:
        said = {finding.kind: finding.text for finding in reversed(one.findings) if finding.level == level}
        for kind in reversed(said):  # the first of each kind, in their order
            kinds.setdefault(kind, []).append(said[kind])
    for kind, texts in kinds.items():
        yield from texts if len(texts) <= most else [f"{len(texts)} of {len(pairs)} {kind}, such as: {texts[0]}"]
