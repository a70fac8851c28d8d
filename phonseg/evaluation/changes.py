"""An automatic segmentation and its corrected version -> which boundaries were moved, added or removed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from phonseg.evaluation.evaluate import Scorable, check_tolerance, read_pairs
from phonseg.evaluation.matching import matched_pairs
from phonseg.timeline.grid import Times

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
    """

    changes: tuple[Change, ...]
    unchanged: int
    within: float
    failed: Mapping[str, str]

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        """Returns the changes of one kind.

        Args:
            kind: "moved", "added" or "removed".

        Returns:
            Those changes, in the same order.
        """
        return tuple(change for change in self.changes if change.kind == kind)

    def to_dict(self) -> dict[str, Any]:
        """Returns counts, every change, and what failed.

        Returns:
            JSON types.
        """
        counts = {kind: len(self.of_kind(kind)) for kind in get_args(Kind)}
        made = [one.to_dict() for one in self.changes]
        failed = dict(self.failed)
        return {"unchanged": self.unchanged, **counts, "within": self.within, "changes": made, "failed": failed}

    def to_csv(self) -> str:
        """Returns a table with a line for each change.

        Returns:
            CSV with a header, times in seconds. A time that a change does not have is left empty.
        """
        text = io.StringIO()
        table = csv.DictWriter(text, ("file", "change", "before", "after", "by"), lineterminator="\n")
        table.writeheader()
        table.writerows(change.to_dict() for change in self.changes)
        return text.getvalue()

    def __str__(self) -> str:
        """Returns a table, with the totals and what failed at its end."""
        file = "  file" if any(one.file for one in self.changes) else ""
        lines = [f"{'change':8}{'before':>12}{'after':>12}{'by':>10}{file}"] if self.changes else []
        for one in self.changes:
            times = ["-" if time is None else f"{time:.4f} s" for time in (one.before, one.after)]
            by = "-" if one.by is None else f"{1000 * one.by:+.1f} ms"
            lines.append(f"{one.kind:8}{times[0]:>12}{times[1]:>12}{by:>10}  {one.file}".rstrip())
        moves = [abs(one.by) for one in self.changes if one.by is not None]
        middle = f" (median {1000 * np.median(moves):.1f} ms)" if moves else ""
        lines.append(
            f"boundaries: {self.unchanged} unchanged, {len(moves)} moved{middle}, {len(self.of_kind('added'))} added, "
            f"{len(self.of_kind('removed'))} removed; a boundary that was moved by more than {1000 * self.within:g} ms "
            "counts as removed and added."
        )
        if self.failed:
            lines.append(f"{len(self.failed)} could not be compared:")
        return "\n".join([*lines, *(f"  {reason}" for reason in self.failed.values())])


def changes(automatic: Scorable, corrected: Scorable, *, within: float = WITHIN, tier: str = "phones") -> Changes:
    """Finds the boundaries that were changed between an automatic segmentation and its corrected version.

    A boundary is unchanged if its times are equal to the microsecond. Of the other boundaries, as many as possible
    count as moved: among the pairings with the most pairs, one with the smallest total distance is taken. The rest were
    removed or added. Labels are not compared.

    Args:
        automatic: a segmentation, boundaries, a file or a folder, as for `phonseg.evaluate`.
        corrected: the same after correction. Folders are paired as in `phonseg.evaluate`.
        within: seconds, above 0; the furthest that a boundary can have been moved.
        tier: which tier, in files with tiers.

    Returns:
        The changes.

    Raises:
        TextGridError: if a file cannot be read (in a folder it is listed as failed instead).
        ConfigurationError: if `within` or boundaries are out of range, if only one of the two is a folder, or if two
            folders have no name in common.
    """
    check_tolerance("within", within)
    pairs, failed = read_pairs(automatic, corrected, tier)
    made: list[Change] = []
    unchanged = 0
    for name, (before, after) in pairs.items():
        kept = matched_pairs(before, after, tolerance=0.0)
        unchanged += len(kept)
        made += _changed(name, np.delete(before, kept[:, 0]), np.delete(after, kept[:, 1]), within)
    return Changes(tuple(made), unchanged, within, failed)


def _changed(name: str, before: Times, after: Times, within: float) -> list[Change]:
    """Returns the changes of one file, in order of time."""
    moved = matched_pairs(before, after, tolerance=within)
    times: list[tuple[float | None, float | None]] = [
        *zip(before[moved[:, 0]].tolist(), after[moved[:, 1]].tolist(), strict=True),
        *((time, None) for time in np.delete(before, moved[:, 0]).tolist()),
        *((None, time) for time in np.delete(after, moved[:, 1]).tolist()),
    ]
    times.sort(key=lambda both: min(time for time in both if time is not None))
    return [Change(name, *both) for both in times]
