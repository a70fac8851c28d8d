"""Seconds of speaking time -> the diarization error rate and what it consists of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from phonseg.errors import printable
from phonseg.evaluation.score import Compared, said, together, words
from phonseg.evaluation.speakers.speaker_changes import TOLERANCE

SECONDS = ("missed_seconds", "false_alarm_seconds", "confusion_seconds")
FIGURES = ("error_rate", "missed", "false_alarm", "confusion")
COUNTS = ("reference_changes", "found_changes", "change_hits", "reference_speakers", "found_speakers")


@dataclass(frozen=True, kw_only=True)
class DiarizationScore:
    """How well turns agree with a reference. A figure whose denominator is 0 is NaN.

    Where n speak in the reference and m in the hypothesis, n - m are missed if there are more in the reference, m - n
    are a false alarm if there are fewer, and of the others those are confused whose name does not stand for the same
    speaker. Names stand for each other one to one, so that the most time is correct (Fiscus et al., 2006).

    Attributes:
        reference_seconds: speaking time in the reference; where two speak at the same time, it counts twice.
        missed_seconds: speaking time in the reference at which fewer speak in the hypothesis.
        false_alarm_seconds: speaking time in the hypothesis at which fewer speak in the reference.
        confusion_seconds: speaking time that another speaker has.
        reference_changes: how many turns in the reference begin after a turn of somebody else.
        found_changes: the same in the hypothesis.
        change_hits: how many of them lie within 0.5 s of each other, one to one.
        reference_speakers: how many speakers the reference has; of several files, their sum.
        found_speakers: how many speakers the hypothesis has; of several files, their sum.
        collar: seconds on either side of the start and of the end of each reference turn that are not scored. It has no
            effect on changes and numbers of speakers.
        mapping: name in the hypothesis -> name in the reference, without those who share no time with anybody. Each
            file has its own; that of several files is empty.
        without_collar: the score without a collar, if there is one.
        compared: "reference" and "hypothesis" -> how long they are. This and the next two play no part when scores are
            compared.
        notes: what should be known of the files.
        warnings: why the score may be wrong.

    References:
        Fiscus, J. G., Ajot, J., Michel, M. and Garofolo, J. S. (2006). The Rich Transcription 2006 spring meeting
        recognition evaluation. MLMI 2006.
    """

    reference_seconds: float = 0.0
    missed_seconds: float = 0.0
    false_alarm_seconds: float = 0.0
    confusion_seconds: float = 0.0
    reference_changes: int = 0
    found_changes: int = 0
    change_hits: int = 0
    reference_speakers: int = 0
    found_speakers: int = 0
    collar: float = 0.0
    mapping: Mapping[str, str] = field(default_factory=dict)
    without_collar: DiarizationScore | None = None
    compared: Mapping[str, Compared] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def missed(self) -> float:
        """Missed time as a share of the speaking time in the reference, 0..1."""
        return _ratio(self.missed_seconds, self.reference_seconds)

    @property
    def false_alarm(self) -> float:
        """False alarms as a share of the speaking time in the reference, 0 or more."""
        return _ratio(self.false_alarm_seconds, self.reference_seconds)

    @property
    def confusion(self) -> float:
        """Time that another speaker has as a share of the speaking time in the reference, 0..1."""
        return _ratio(self.confusion_seconds, self.reference_seconds)

    @property
    def error_rate(self) -> float:
        """The diarization error rate (DER), 0 or more: the sum of `missed`, `false_alarm` and `confusion`."""
        return self.missed + self.false_alarm + self.confusion

    @property
    def turn_precision(self) -> float:
        """Share of the changes of speaker in the hypothesis that are hits, 0..1."""
        return _ratio(self.change_hits, self.found_changes)

    @property
    def turn_recall(self) -> float:
        """Share of the changes of speaker in the reference that are hits, 0..1."""
        return _ratio(self.change_hits, self.reference_changes)

    @property
    def conditions(self) -> str:
        """What is scored, in words, without which the figures mean nothing."""
        collar = "all time is scored (no collar)"
        if self.collar:
            collar = (
                f"{self.collar:g} s on either side of each start and end of a reference turn are not scored (collar)"
            )
        overlap = "where several speak at the same time, each of them counts"
        return f"{collar}; {overlap}; changes of speaker within {TOLERANCE:g} s, one-to-one"

    def to_dict(self) -> dict[str, Any]:
        """Returns conditions, figures, seconds and counts, and what was compared.

        Returns:
            JSON types; NaN becomes None.
        """
        shares = (*FIGURES, "turn_precision", "turn_recall")
        return {
            "conditions": self.conditions,
            "collar": self.collar,
            "overlap_counted": True,
            "change_tolerance": TOLERANCE,
            **{name: None if math.isnan(value := getattr(self, name)) else value for name in shares},
            **{name: getattr(self, name) for name in ("reference_seconds", *SECONDS, *COUNTS)},
            "mapping": dict(self.mapping),
            "without_collar": self.without_collar.to_dict() if self.without_collar else None,
            "compared": {role: side.to_dict() for role, side in self.compared.items()},
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        """Returns a table, with the conditions first, then who is who, what was compared, and notes."""
        return "\n".join([*self._table(), *self._names(), *words(self.compared), *said(self.notes)])

    def _table(self) -> Iterator[str]:
        titles = ("error rate", "missed", "false alarm", "confusion", "of speech")
        yield self.conditions
        yield " " * 14 + "".join(f"{title:>13}" for title in titles)
        for score in filter(None, (self.without_collar, self)):
            name = f"collar {score.collar:g} s" if score.collar else "no collar"
            yield f"{name:14}" + "".join(f"{_percent(getattr(score, figure)):>13}" for figure in FIGURES)
            seconds = [getattr(score, part) for part in SECONDS]
            cells = (math.fsum(seconds), *seconds, score.reference_seconds)
            yield " " * 14 + "".join(f"{cell:>11.2f} s" for cell in cells)
        hits = f"{self.change_hits} of {self.reference_changes} found, {self.found_changes} in the hypothesis"
        precision, recall = _percent(self.turn_precision), _percent(self.turn_recall)
        yield f"changes of speaker: precision {precision}, recall {recall} ({hits})"
        yield f"speakers: {self.reference_speakers} in the reference, {self.found_speakers} in the hypothesis"

    def _names(self) -> Iterator[str]:
        if self.mapping:
            yield "who is who: " + printable("; ".join(f"{name} = {other}" for name, other in self.mapping.items()))


@dataclass(frozen=True, kw_only=True)
class CorpusDiarizationScore(DiarizationScore):
    """The score of the summed seconds and counts of many files. Files that could not be scored do not count.

    Attributes:
        files: name -> score of that file.
        failed: name -> why it could not be scored: no hypothesis, no reference, unreadable, several files of that name.
    """

    files: Mapping[str, DiarizationScore]
    failed: Mapping[str, str]

    @property
    def count_exact(self) -> float:
        """Share of the files in which the number of speakers is right, 0..1; NaN if there is no file."""
        return self._count_within(0)

    @property
    def count_within_one(self) -> float:
        """Share of the files in which the number of speakers is right or one off, 0..1; NaN if there is no file."""
        return self._count_within(1)

    @property
    def total(self) -> DiarizationScore:
        """The score of the summed seconds and counts, without the files."""
        return DiarizationScore(**{part.name: getattr(self, part.name) for part in fields(DiarizationScore)})

    def to_dict(self) -> dict[str, Any]:
        """Returns the total, the score of every file, and what failed.

        Returns:
            JSON types; NaN becomes None.
        """
        shares = {"count_exact": self.count_exact, "count_within_one": self.count_within_one}
        number = {name: None if math.isnan(share) else share for name, share in shares.items()}
        files = {name: score.to_dict() for name, score in self.files.items()}
        return {"total": {**self.total.to_dict(), **number}, "files": files, "failed": dict(self.failed)}

    def __str__(self) -> str:
        """Returns a table with its conditions, notes, and what could not be scored."""
        n = len(self.files)
        summed = f"seconds and counts summed over {n} {'file' if n == 1 else 'files'}"
        if self.failed:
            summed += f"; {len(self.failed)} could not be scored:"
        exact, near = (round(n * share) if n else 0 for share in (self.count_exact, self.count_within_one))
        number = f"number of speakers: right in {exact} of {n} files, right or one off in {near}"
        reasons = (f"  {printable(reason)}" for reason in self.failed.values())
        return "\n".join([*self._table(), number, *words(self.compared), *said(self.notes), summed, *reasons])

    def _count_within(self, most: int) -> float:
        near = [abs(one.reference_speakers - one.found_speakers) <= most for one in self.files.values()]
        return _ratio(sum(near), len(near))


def pooled(scores: Sequence[DiarizationScore]) -> DiarizationScore:
    """Sums the seconds and counts of several scores.

    Args:
        scores: at least one, all with the same conditions.

    Returns:
        The score of the sums, with what was compared. It has no mapping, and neither notes nor warnings.
    """
    seconds = {name: math.fsum(getattr(one, name) for one in scores) for name in ("reference_seconds", *SECONDS)}
    sums: dict[str, Any] = {**seconds, **{name: sum(getattr(one, name) for one in scores) for name in COUNTS}}
    beside = [one.without_collar for one in scores if one.without_collar is not None]
    return replace(
        scores[0],
        **sums,
        mapping={},
        without_collar=pooled(beside) if beside else None,
        compared=together(one.compared for one in scores),
        notes=(),
        warnings=(),
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"
