"""Two sources, or two folders of them -> the sides that are compared, with what has to be said of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from phonseg.errors import ConfigurationError, PhonsegError, TextGridError
from phonseg.evaluation.chance import question_about_all
from phonseg.evaluation.durations import Finding, Level
from phonseg.evaluation.findings import about_score
from phonseg.evaluation.labelled import counted, labelled_stretches
from phonseg.evaluation.pairs.read_pairs import Beside, Pairs, read_pairs, texts
from phonseg.evaluation.score import Compared
from phonseg.evaluation.sides import Reading, Scorable, Side, read_side
from phonseg.timeline.grid import Times

EQUAL = 0.001  # seconds: ELAN rounds to whole milliseconds

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
        return texts(self, level)


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons(Pairs[Comparison]):
    """What was read of two sources, or of two folders.

    Attributes:
        reading: how they were read.
    """

    reading: Reading

    @property
    def labelled_only(self) -> bool:
        """Whether only boundaries inside the labelled stretches of the first side count."""
        return self.reading.labelled_only


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
    read = read_pairs(
        first,
        second,
        lambda one, other, beside: compare(one, other, reading, lambda *sides: _about_pair(beside, about, *sides)),
    )
    warned = (*read.warnings, *_about_all(list(read.pairs.values()))) if read.folders else read.warnings
    return Comparisons(read.pairs, read.failed, read.notes, warned, read.folders, reading)


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


def _about_pair(beside: Beside, about: About, first: Side, second: Side, reading: Reading) -> Iterator[Finding]:
    """What is to be said of two files in folders, where files of other kinds may lie beside them."""
    yield from about(first, second, reading)
    for which, side in enumerate((first, second)):
        for other in beside.get(side.path, ()) if side.path else ():
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


def _about_all(pairs: Sequence[Comparison]) -> Iterator[str]:
    """What is to be said of all pairs together."""
    if question := question_about_all([(one.first.boundaries, one.second.boundaries) for one in pairs]):
        yield f"{len(pairs)} pairs agree no better than references and predictions of other files would. {question}"
