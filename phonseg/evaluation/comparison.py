"""Two sources, or two folders of them -> the sides that are compared, with what has to be said of them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from phonseg.errors import ConfigurationError, PhonsegError, PhonsegWarning, TextGridError
from phonseg.evaluation.chance import question_about_all
from phonseg.evaluation.durations import Finding, Level
from phonseg.evaluation.findings import about_score
from phonseg.evaluation.labelled import counted, labelled_stretches
from phonseg.evaluation.pairing import Pairing, pair
from phonseg.evaluation.score import Compared
from phonseg.evaluation.sides import Reading, Scorable, Side, read_side
from phonseg.timeline.grid import Times

EQUAL = 0.001  # seconds: ELAN rounds to whole milliseconds
MOST_NAMES = 10  # in a message
MOST_LINES = 5  # about warnings of one kind

About = Callable[[Side, Side, Reading], Iterable[Finding]]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two sides that are compared.

    Attributes:
        first: the reference, or what was automatic.
        second: the prediction, or what was corrected.
        findings: notes and warnings.
        stretches: (S, 2) seconds, the labelled stretches of the first side; None if all boundaries count.
        compared: role -> what was compared.
    """

    first: Side
    second: Side
    findings: tuple[Finding, ...]
    stretches: Times | None
    compared: Mapping[str, Compared]

    def times(self, reach: float, predicted: Times | None = None) -> tuple[Times, Times]:
        """Returns the boundaries of both sides that count.

        Args:
            reach: seconds; the tolerance with its slack.
            predicted: (M,) seconds, other boundaries of the second side; None for its own.
        """
        predicted = self.second.boundaries if predicted is None else predicted
        if self.stretches is None:
            return self.first.boundaries, predicted
        return counted(self.first.boundaries, predicted, self.stretches, reach)

    def texts(self, level: Level) -> tuple[str, ...]:
        """Returns what is to be said.

        Args:
            level: notes or warnings.
        """
        return tuple(finding.text for finding in self.findings if finding.level == level)


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """What was read of two sources, or of two folders.

    Attributes:
        pairs: name -> the two sides; the name is "" if two sources are compared.
        failed: name -> why the two cannot be compared.
        notes: what is to be said of all, with one line for each kind of note.
        warnings: of each pair, and of all pairs together.
        folders: whether two folders were read.
        reading: how they were read.
    """

    pairs: Mapping[str, Comparison]
    failed: Mapping[str, str]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    folders: bool
    reading: Reading

    @property
    def labelled_only(self) -> bool:
        """Whether only boundaries inside the labelled stretches of the first side count."""
        return self.reading.labelled_only

    def warn(self, stacklevel: int = 3) -> None:
        """Gives the warnings.

        Args:
            stacklevel: as for `warnings.warn`, counted from here: 3 for the caller of the caller.
        """
        for text in self.warnings:
            warnings.warn(text, PhonsegWarning, stacklevel=stacklevel)


def compare(first: Scorable, second: Scorable, reading: Reading, about: About = about_score) -> Comparison:
    """Reads two sides, and finds out whether they belong together.

    Args:
        first: the reference, or what was automatic.
        second: the prediction, or what was corrected.
        reading: how to read them.
        about: yields what is to be said of them.

    Returns:
        Both sides, with notes and warnings.

    Raises:
        TextGridError: if a file cannot be read, if the two cannot belong together, or if no label is to be found where
            only labelled stretches count.
        ConfigurationError: if boundaries are out of range, or if they say not what is labelled where that is needed.
    """
    one, other = read_side(first, reading, 0), read_side(second, reading, 1)
    sides = one.seen_from(other), other.seen_from(one)
    stretches = _stretches(sides[0]) if reading.labelled_only else None
    findings = tuple(about(*sides, reading))
    for finding in findings:
        if finding.level == Level.REFUSAL:
            raise TextGridError(finding.text)
    compared = {
        role: Compared(() if side.tier is None else (side.tier,), side.length.seconds, side.length.tells_duration)
        for role, side in zip(reading.roles, sides, strict=True)
    }
    return Comparison(*sides, findings, stretches, compared)


def read_comparisons(first: Scorable, second: Scorable, reading: Reading, about: About = about_score) -> Comparisons:
    """Reads two sources, or the pairs of files in two folders.

    Args:
        first: the reference, or what was automatic; or a folder.
        second: the prediction, or what was corrected; or a folder.
        reading: how to read them.
        about: yields what is to be said of a pair.

    Returns:
        The pairs, and what failed.

    Raises:
        TextGridError: as for `compare`; in a folder, it is listed as failed instead.
        ConfigurationError: as for `compare`; also if only one of the two is a folder, or if two folders have no name
            in common.
    """
    for source in (first, second):
        if isinstance(source, str | os.PathLike) and os.fspath(source) and not os.path.lexists(source):
            raise TextGridError(f"{os.fspath(source)}: does not exist. Check the spelling and the folder.")
    folders = [is_folder(first), is_folder(second)]
    if not any(folders):
        one = compare(first, second, reading, about)
        said = one.texts(Level.NOTE), one.texts(Level.WARNING)
        return Comparisons({"": one}, {}, *said, folders=False, reading=reading)
    if not all(folders):
        raise ConfigurationError("one of the two is a folder. Give two folders, or two files.")
    pairing = pair(str(first), str(second))
    pairs, failed = {}, dict(pairing.failed)
    for name, both in pairing.pairs.items():
        try:
            pairs[name] = compare(*both, reading, lambda *sides: _about_pair(pairing, about, *sides))
        except PhonsegError as error:
            failed[name] = str(error)
    read = list(pairs.values())
    warned = (*_summed_up(read, Level.WARNING, MOST_LINES), *_about_all(read))
    notes = (*_summed_up(read, Level.NOTE, 1), *_about_folders(pairing))
    return Comparisons(pairs, failed, notes, warned, folders=True, reading=reading)


def is_folder(source: Scorable) -> bool:
    """Returns whether a source is a folder.

    Args:
        source: of any kind.
    """
    return isinstance(source, str | os.PathLike) and os.path.isdir(source)


def _stretches(reference: Side) -> Times:
    if reference.segmentation is None:
        raise ConfigurationError(
            f"{reference.name}: boundaries alone do not say what is labelled. Give a Segmentation or a label file, or "
            "leave out labelled_only."
        )
    stretches = labelled_stretches(reference.segmentation)
    if not len(stretches):
        tier = "" if reference.tier is None else f' of tier "{reference.tier}"'
        problem = f"no segment{tier} has a label, so nothing can be scored inside labelled stretches"
        raise TextGridError(f"{reference.name}: {problem}. Leave out --labelled-only (in Python, labelled_only).")
    return stretches


def _about_pair(pairing: Pairing, about: About, first: Side, second: Side, reading: Reading) -> Iterator[Finding]:
    """What is to be said of two files in folders, where files of other kinds may lie beside them."""
    yield from about(first, second, reading)
    for which, side in enumerate((first, second)):
        for other in pairing.beside.get(side.path, ()) if side.path else ():
            if _differs(side, other, reading, which):
                text = f"{side.name} counts; {other}, beside it, has other boundaries and does not count."
                yield Finding(Level.NOTE, text, "pairs have another kind of file beside them, with other boundaries")


def _differs(side: Side, other: Path, reading: Reading, which: int) -> bool:
    """Whether another file can be read and has other boundaries."""
    with warnings.catch_warnings(action="ignore"):
        try:
            times = read_side(other, reading, which).boundaries
        except PhonsegError:
            return False
    return len(times) != len(side.boundaries) or bool(np.any(np.abs(times - side.boundaries) > EQUAL))


def _about_folders(pairing: Pairing) -> Iterator[str]:
    if pairing.left_out:
        n = len(pairing.left_out)
        what = "1 file is no label file and was" if n == 1 else f"{n} files are no label files and were"
        more = f" and {n - MOST_NAMES} more" if n > MOST_NAMES else ""
        yield f"{what} left out: {', '.join(map(str, pairing.left_out[:MOST_NAMES]))}{more}"


def _about_all(pairs: Sequence[Comparison]) -> Iterator[str]:
    """What is to be said of all pairs together."""
    if question := question_about_all([(one.first.boundaries, one.second.boundaries) for one in pairs]):
        yield f"{len(pairs)} pairs agree no better than references and predictions of other files would. {question}"


def _summed_up(pairs: Sequence[Comparison], level: Level, most: int) -> Iterator[str]:
    """What is to be said of many files: each text, or one line for each kind of which there are more than `most`."""
    kinds: dict[str, list[str]] = {}
    for one in pairs:
        said = {finding.kind: finding.text for finding in reversed(one.findings) if finding.level == level}
        for kind in reversed(said):  # the first of each kind, in their order
            kinds.setdefault(kind, []).append(said[kind])
    for kind, texts in kinds.items():
        yield from texts if len(texts) <= most else [f"{len(texts)} of {len(pairs)} {kind}, such as: {texts[0]}"]
