"""Automatic turns and their corrected version -> what was changed: turns, their speakers, and speaking time."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from phonseg.errors import printable
from phonseg.evaluation.pairs.read_pairs import Pairs
from phonseg.evaluation.score import Compared, said, together, words
from phonseg.evaluation.speakers.comparison import TurnComparison, read_turn_pairs
from phonseg.evaluation.speakers.findings import about_turn_files, same_times
from phonseg.evaluation.speakers.sides import Turns
from phonseg.evaluation.speakers.speaking_time import PER_SECOND, SpeakingTime, compare_time_as_named
from phonseg.evaluation.speakers.turn_pairs import paired_turns, renamed_speakers
from phonseg.timeline.turns import Turn

Kind = Literal["moved", "reassigned", "added", "removed"]
COLUMNS = ("start", "end", "speaker")


@dataclass(frozen=True, slots=True)
class TurnChange:
    """A turn that was moved, given to another speaker, added or removed.

    Attributes:
        file: its name; empty if two files were compared.
        kind: what was done with it. A turn that was given to another speaker is reassigned, also if it was moved, too.
        before: in the automatic file; None if the turn was added.
        after: in the corrected file; None if the turn was removed.
    """

    file: str
    kind: Kind
    before: Turn | None
    after: Turn | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the change in JSON types.

        Returns:
            File, kind of change, and the turns with times in seconds.
        """
        turns = {"before": self.before, "after": self.after}
        told = {side: dict(zip(COLUMNS, turn, strict=False)) if turn else None for side, turn in turns.items()}
        return {"file": self.file, "change": self.kind, **told}


@dataclass(frozen=True, slots=True)
class TurnChanges:
    """All that was changed.

    Attributes:
        changes: file by file, in order of time.
        unchanged: how many turns were left as they were, apart from the name of their speaker.
        renamed: name of a file -> name of a speaker before -> name after, where a speaker was given another name in the
            whole file. That alone is no change of a turn.
        added_seconds: speaking time that was added; where two speak at the same time, it counts twice.
        removed_seconds: speaking time that was removed.
        reassigned_seconds: speaking time that was given to another speaker.
        corrected_seconds: all speaking time after correction.
        failed: name of a file -> why it could not be compared.
        compared: "automatic" and "corrected" -> what was compared.
        notes: what should be known of the files.
        warnings: why the changes may be wrong.
    """

    changes: tuple[TurnChange, ...]
    unchanged: int
    renamed: Mapping[str, Mapping[str, str]]
    added_seconds: float
    removed_seconds: float
    reassigned_seconds: float
    corrected_seconds: float
    failed: Mapping[str, str]
    compared: Mapping[str, Compared] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def of_kind(self, kind: Kind) -> tuple[TurnChange, ...]:
        """Returns the changes of one kind.

        Args:
            kind: "moved", "reassigned", "added" or "removed".

        Returns:
            Those changes, in the same order.
        """
        return tuple(change for change in self.changes if change.kind == kind)

    def to_dict(self) -> dict[str, Any]:
        """Returns counts, seconds, every change, what was compared, and what failed.

        Returns:
            JSON types.
        """
        seconds = ("added_seconds", "removed_seconds", "reassigned_seconds", "corrected_seconds")
        return {
            "unchanged": self.unchanged,
            **{kind: len(self.of_kind(kind)) for kind in get_args(Kind)},
            **{name: getattr(self, name) for name in seconds},
            "renamed": {file: dict(names) for file, names in self.renamed.items()},
            "changes": [one.to_dict() for one in self.changes],
            "compared": {role: side.to_dict() for role, side in self.compared.items()},
            "notes": list(self.notes),
            "warnings": list(self.warnings),
            "failed": dict(self.failed),
        }

    def to_csv(self) -> str:
        """Returns a table with a line for each change.

        Returns:
            CSV with a header, times in seconds. What a change does not have is left empty.
        """
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        sides = ("before", "after")
        table.writerow(("file", "change", *(f"{column}_{side}" for side in sides for column in COLUMNS)))
        for one in self.changes:
            turns = [
                ("", "", "") if turn is None else (*turn[:2], printable(turn[2])) for turn in (one.before, one.after)
            ]
            table.writerow((printable(one.file), one.kind, *turns[0], *turns[1]))
        return text.getvalue()

    def __str__(self) -> str:
        """Returns a table, with the totals and what failed at its end."""
        reasons = (f"  {printable(reason)}" for reason in self.failed.values())
        failed = [f"{len(self.failed)} could not be compared:"] if self.failed else []
        return "\n".join([*self._rows(), *self._totals(), *words(self.compared), *said(self.notes), *failed, *reasons])

    def _rows(self) -> Iterator[str]:
        files = any(one.file for one in self.changes)
        if self.changes:
            yield f"{'change':12}{'before':>24}{'after':>24}  speaker{'; file' if files else ''}"
        for one in self.changes:
            told = (one.before, one.after) if one.kind == "reassigned" else (one.after or one.before,)
            times = (f"{turn.start:.4f}-{turn.end:.4f} s" if turn else "-" for turn in (one.before, one.after))
            who = " -> ".join(turn.speaker for turn in told if turn)
            where = f"; {one.file}" if files else ""
            yield f"{one.kind:12}" + "".join(f"{time:>24}" for time in times) + printable(f"  {who}{where}")

    def _totals(self) -> Iterator[str]:
        for file, names in self.renamed.items():
            told = "; ".join(f"{before} -> {after}" for before, after in names.items())
            yield printable(f"renamed{f' in {file}' if file else ''}: {told}")
        n = {kind: len(self.of_kind(kind)) for kind in get_args(Kind)}
        yield (
            f"turns: {self.unchanged} unchanged, {n['moved']} moved, {n['reassigned']} given to another speaker "
            f"(reassigned), {n['added']} added, {n['removed']} removed"
        )
        yield (
            f"speaking time: {self.added_seconds:.2f} s added, {self.removed_seconds:.2f} s removed, "
            f"{self.reassigned_seconds:.2f} s given to another speaker; {self.corrected_seconds:.2f} s after correction"
        )


def turn_changes(automatic: Turns, corrected: Turns) -> TurnChanges:
    """Finds the turns that were changed between an automatic diarization and its corrected version.

    A turn is unchanged if its speaker is the same and its times are equal to the millisecond, to which many RTTM files
    are rounded. Of the others, those that overlap belong together (see `phonseg.evaluation.speakers.turn_pairs`): they
    were moved, or given to another speaker. The rest were removed or added. Where a name is gone and another one is
    new, the speaker was renamed.

    Args:
        automatic: a `Diarization`, the path of a file that `phonseg.read_turns` reads, or a folder of RTTM files,
            TextGrids and ELAN files.
        corrected: the same after correction. Folders are paired as in `phonseg.evaluate_diarization`.

    Returns:
        The changes.

    Raises:
        TextGridError: if a file cannot be read (in a folder it is listed as failed instead).
        ConfigurationError: if one of the two is neither turns nor a path, if only one of the two is a folder, or if two
            folders have no name in common.

    Warns:
        PhonsegWarning: for each pair whose durations differ, and for each file that is compared with itself.
    """
    read = read_turn_pairs(automatic, corrected, ("automatic", "corrected"), about_turn_files)
    read.warn()
    return _all_changes(read)


def _all_changes(read: Pairs[TurnComparison]) -> TurnChanges:
    made: list[TurnChange] = []
    times: list[SpeakingTime] = []
    renamed: dict[str, Mapping[str, str]] = {}
    unchanged = 0
    for file, one in read.pairs.items():
        before, after = one.first.turns, one.second.turns
        names = renamed_speakers(before, after)
        if names:
            renamed[file] = names
        times.append(compare_time_as_named(after, before, names))
        pairs = paired_turns(before, after, names)
        changed = [TurnChange(file, kind, *pair) for pair in pairs if (kind := _kind(*pair, names))]
        unchanged += len(pairs) - len(changed)
        made += changed
    return TurnChanges(
        changes=tuple(made),
        unchanged=unchanged,
        renamed=renamed,
        added_seconds=math.fsum(time.missed for time in times) / PER_SECOND,
        removed_seconds=math.fsum(time.false_alarm for time in times) / PER_SECOND,
        reassigned_seconds=math.fsum(time.confusion for time in times) / PER_SECOND,
        corrected_seconds=math.fsum(time.total for time in times) / PER_SECOND,
        failed=read.failed,
        compared=together(one.compared for one in read.pairs.values()),
        notes=read.notes,
        warnings=read.warnings,
    )


def _kind(before: Turn | None, after: Turn | None, names: Mapping[str, str]) -> Kind | None:
    """What was done with a turn; None if nothing."""
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if names.get(before.speaker, before.speaker) != after.speaker:
        return "reassigned"
    return None if same_times(before, after) else "moved"
