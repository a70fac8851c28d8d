"""An automatic segmentation and its corrected version -> which boundaries were moved, added or removed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from phonseg.errors import ConfigurationError, printable
from phonseg.evaluation.comparison import Comparison, read_comparisons
from phonseg.evaluation.evaluate import check_tolerance
from phonseg.evaluation.findings import about_files
from phonseg.evaluation.matching import matched_pairs
from phonseg.evaluation.score import Compared, said, together, words
from phonseg.evaluation.sides import Reading, Scorable
from phonseg.evaluation.speakers.changes import TurnChanges, turn_changes
from phonseg.evaluation.speakers.sides import Turns, holds_turns

WITHIN = 0.050  # seconds; a boundary that was moved further counts as removed and added
Kind = Literal["moved", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """A boundary that was moved, added or removed.

    Attributes:
        file: its name; empty if two files were compared.
        before: seconds, in the automatic file; None if the boundary was added.
        after: seconds, in the corrected file; None if the boundary was removed.
    """

    file: str
    before: float | None
    after: float | None

    @property
    def kind(self) -> Kind:
        """What was done with the boundary."""
        return "added" if self.before is None else "removed" if self.after is None else "moved"

    @property
    def by(self) -> float | None:
        """Seconds by which the boundary was moved, above 0 if to a later time; None if it was added or removed."""
        return None if self.before is None or self.after is None else self.after - self.before

    def to_dict(self) -> dict[str, Any]:
        """Returns the change in JSON types.

        Returns:
            File, kind of change, and times in seconds.
        """
        return {"file": self.file, "change": self.kind, "before": self.before, "after": self.after, "by": self.by}


@dataclass(frozen=True, slots=True)
class Changes:
    """All that was changed.

    Attributes:
        changes: file by file, in order of time.
        unchanged: how many boundaries were left in place.
        within: seconds; a boundary that was moved further counts as removed and added.
        failed: name of a file -> why it could not be compared.
        compared: "automatic" and "corrected" -> what was compared.
        notes: what should be known of the files.
        warnings: why the changes may be wrong.
    """

    changes: tuple[Change, ...]
    unchanged: int
    within: float
    failed: Mapping[str, str]
    compared: Mapping[str, Compared] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        """Returns the changes of one kind.

        Args:
            kind: "moved", "added" or "removed".

        Returns:
            Those changes, in the same order.
        """
        return tuple(change for change in self.changes if change.kind == kind)

    def to_dict(self) -> dict[str, Any]:
        """Returns counts, every change, what was compared, and what failed.

        Returns:
            JSON types.
        """
        counts = {kind: len(self.of_kind(kind)) for kind in get_args(Kind)}
        made = [one.to_dict() for one in self.changes]
        failed = dict(self.failed)
        said = {"notes": list(self.notes), "warnings": list(self.warnings), "failed": failed}
        compared = {role: side.to_dict() for role, side in self.compared.items()}
        counts = {"unchanged": self.unchanged, **counts}
        return {**counts, "within": self.within, "changes": made, "compared": compared, **said}

    def to_csv(self) -> str:
        """Returns a table with a line for each change.

        Returns:
            CSV with a header, times in seconds. A time that a change does not have is left empty.
        """
        text = io.StringIO()
        table = csv.DictWriter(text, ("file", "change", "before", "after", "by"), lineterminator="\n")
        table.writeheader()
        table.writerows({**change.to_dict(), "file": printable(change.file)} for change in self.changes)
        return text.getvalue()

    def __str__(self) -> str:
        """Returns a table, with the totals and what failed at its end."""
        file = "  file" if any(one.file for one in self.changes) else ""
        lines = [f"{'change':8}{'before':>12}{'after':>12}{'by':>10}{file}"] if self.changes else []
        for one in self.changes:
            times = ["-" if time is None else f"{time:.4f} s" for time in (one.before, one.after)]
            by = "-" if one.by is None else f"{1000 * one.by:+.1f} ms"
            lines.append(f"{one.kind:8}{times[0]:>12}{times[1]:>12}{by:>10}  {printable(one.file)}".rstrip())
        moves = [abs(one.by) for one in self.changes if one.by is not None]
        middle = f" (median {1000 * np.median(moves):.1f} ms)" if moves else ""
        lines.append(
            f"boundaries: {self.unchanged} unchanged, {len(moves)} moved{middle}, {len(self.of_kind('added'))} added, "
            f"{len(self.of_kind('removed'))} removed; a boundary that was moved by more than {1000 * self.within:g} ms "
            "counts as removed and added."
        )
        lines += [*words(self.compared), *said(self.notes)]
        if self.failed:
            lines.append(f"{len(self.failed)} could not be compared:")
        return "\n".join([*lines, *(f"  {printable(reason)}" for reason in self.failed.values())])


def changes(
    automatic: Scorable | Turns,
    corrected: Scorable | Turns,
    *,
    within: float = WITHIN,
    tier: str | int = "phones",
    automatic_tier: str | int | None = None,
    corrected_tier: str | int | None = None,
    sample_rate: int = 16_000,
) -> Changes | TurnChanges:
    """Finds what was changed between an automatic segmentation or diarization and its corrected version.

    A boundary is unchanged if its times are equal to the microsecond. Of the other boundaries, as many as possible
    count as moved: among the pairings with the most pairs, one with the smallest total distance is taken. The rest were
    removed or added. Labels are not compared.

    Turns of speakers are compared if one of the two is a `Diarization`, an RTTM file, or a folder with RTTM files and
    no other label files; see `phonseg.evaluation.speakers.changes.turn_changes`. The options are for boundaries.

    Args:
        automatic: a segmentation, boundaries, a file or a folder, as for `phonseg.evaluate`.
        corrected: the same after correction. Folders are paired as in `phonseg.evaluate`.
        within: seconds, above 0 and below 1; the furthest that a boundary can have been moved.
        tier: which tier, in files with tiers.
        automatic_tier: which tier of the automatic file; None for `tier`.
        corrected_tier: which tier of the corrected file; None for `tier`, or for the only interval tier of the file,
            whatever its name.
        sample_rate: samples per second in `.phn` files.

    Returns:
        The changes of boundaries, or of turns.

    Raises:
        TextGridError: if a file cannot be read, or if the durations cannot be those of the same recording (in a folder
            such files are listed as failed instead).
        ConfigurationError: if `within` or boundaries are out of range, if only one of the two is a folder, if two
            folders have no name in common, or if turns are compared and an option for boundaries is given.

    Warns:
        PhonsegWarning: for each pair whose durations differ, and for each file that is compared with itself.
    """
    both: tuple[Any, Any] = automatic, corrected
    tiers = tier, automatic_tier, corrected_tier
    if holds_turns(automatic, corrected):
        if (within, *tiers, sample_rate) != (WITHIN, "phones", None, None, 16_000):
            raise ConfigurationError("changes: turns of speakers are compared, and the options are for boundaries.")
        return turn_changes(*both)
    check_tolerance("within", within)
    reading = Reading.of(*tiers, sample_rate=sample_rate, roles=("automatic", "corrected"))
    read = read_comparisons(*both, reading, about_files)
    read.warn()
    made: list[Change] = []
    failed = dict(read.failed)
    unchanged = 0
    for name, one in read.pairs.items():
        try:
            kept, changed = _changed(name, one, within)
        except ConfigurationError as error:
            if not read.folders:
                raise
            failed[name] = f"{one.second.name}: {error}"
            continue
        made += changed
        unchanged += kept
    compared = together(one.compared for one in read.pairs.values())
    return Changes(tuple(made), unchanged, within, failed, compared, read.notes, read.warnings)


def _changed(name: str, one: Comparison, within: float) -> tuple[int, list[Change]]:
    """Returns the number of unchanged boundaries of one file, and the changes in order of time."""
    before, after = one.first.boundaries, one.second.boundaries
    kept = matched_pairs(before, after, tolerance=0.0)
    before, after = np.delete(before, kept[:, 0]), np.delete(after, kept[:, 1])
    moved = matched_pairs(before, after, tolerance=within)
    times: list[tuple[float | None, float | None]] = [
        *zip(before[moved[:, 0]].tolist(), after[moved[:, 1]].tolist(), strict=True),
        *((time, None) for time in np.delete(before, moved[:, 0]).tolist()),
        *((None, time) for time in np.delete(after, moved[:, 1]).tolist()),
    ]
    times.sort(key=lambda both: min(time for time in both if time is not None))
    return len(kept), [Change(name, *both) for both in times]
