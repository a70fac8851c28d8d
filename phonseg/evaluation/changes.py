"""What a person has changed: the boundaries of a corrected file against those that phonseg found."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from phonseg.errors import ConfigurationError
from phonseg.evaluation.evaluate import Source, read_pairs
from phonseg.evaluation.matching import matched_pairs
from phonseg.timeline.grid import Times

WITHIN = 0.050  # seconds: what was moved further counts as removed here and added there


@dataclass(frozen=True, slots=True)
class Change:
    """A boundary that was moved, added or removed.

    file: its name (empty where two files were compared). before: seconds, in the automatic file; None if it was added.
    after: seconds, in the corrected file; None if it was removed.
    """

    file: str
    before: float | None
    after: float | None

    @property
    def kind(self) -> Literal["moved", "added", "removed"]:
        """What was done."""
        return "added" if self.before is None else "removed" if self.after is None else "moved"

    @property
    def by(self) -> float | None:
        """Seconds by which it was moved, above 0 if to later; None if it was not."""
        return None if self.before is None or self.after is None else self.after - self.before

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {"file": self.file, "change": self.kind, "before": self.before, "after": self.after, "by": self.by}


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed, file by file and in order of time.

    unchanged: how many boundaries were left where they were. within: seconds; what was moved further counts as removed
    and added. failed: name of a file -> why it could not be compared.
    """

    changes: tuple[Change, ...]
    unchanged: int
    within: float
    failed: Mapping[str, str]

    def of_kind(self, kind: Literal["moved", "added", "removed"]) -> tuple[Change, ...]:
        """Those that were moved, added or removed."""
        return tuple(change for change in self.changes if change.kind == kind)

    def to_dict(self) -> dict[str, Any]:
        """Counts, every change, and what failed, ready for JSON."""
        counts = {kind: len(self.of_kind(kind)) for kind in ("moved", "added", "removed")}
        told = {"within": self.within, "changes": [one.to_dict() for one in self.changes], "failed": dict(self.failed)}
        return {"unchanged": self.unchanged, **counts, **told}

    def to_csv(self) -> str:
        """A table with a row for each change, times in seconds; what it does not have is left empty."""
        text = io.StringIO()
        table = csv.DictWriter(text, ("file", "change", "before", "after", "by"), lineterminator="\n")
        table.writeheader()
        table.writerows(change.to_dict() for change in self.changes)
        return text.getvalue()

    def __str__(self) -> str:
        """A table, with the totals last."""
        title = f"{'change':8}{'before':>12}{'after':>12}{'by':>10}"
        if any(one.file for one in self.changes):
            title += "  file"
        lines = [title] if self.changes else []
        for one in self.changes:
            times = ["-" if time is None else f"{time:.4f} s" for time in (one.before, one.after)]
            by = "-" if one.by is None else f"{1000 * one.by:+.1f} ms"
            lines.append(f"{one.kind:8}{times[0]:>12}{times[1]:>12}{by:>10}  {one.file}".rstrip())
        moves = [abs(one.by) for one in self.changes if one.by is not None]
        middle = f" (median {1000 * np.median(moves):.1f} ms)" if moves else ""
        lines.append(
            f"boundaries: {self.unchanged} unchanged, {len(moves)} moved{middle}, {len(self.of_kind('added'))} added, "
            f"{len(self.of_kind('removed'))} removed; what was moved by more than {1000 * self.within:g} ms counts as "
            "removed and added."
        )
        if self.failed:
            lines.append(f"{len(self.failed)} could not be compared:")
        return "\n".join([*lines, *(f"  {reason}" for reason in self.failed.values())])


def changes(automatic: Source, corrected: Source, *, within: float = WITHIN, tier: str = "phones") -> Changes:
    """Which boundaries were changed between an automatic segmentation and its correction, or two folders of them.

    automatic, corrected, tier: as for `phonseg.evaluate`; folders are paired in the same way. A boundary is unchanged
    if it is where it was, to the microsecond. Of the rest, as many as possible that lie `within` seconds of each other
    count as moved, such that they are moved least in all; the others were removed or added. Labels are not compared.

    Raises TextGridError when a file cannot be read, unless it lies in a folder; ConfigurationError for `within` out of
    range, for a folder against something else, and for two folders in which no name is the same.
    """
    if not 0 < within < math.inf:
        raise ConfigurationError(f"within is {within}. Give seconds above 0, such as 0.05 for 50 ms.")
    pairs, failed = read_pairs(automatic, corrected, tier)
    made: list[Change] = []
    unchanged = 0
    for name, (before, after) in pairs.items():
        kept = matched_pairs(before, after, tolerance=0.0)
        unchanged += len(kept)
        made += _changed(name, np.delete(before, kept[:, 0]), np.delete(after, kept[:, 1]), within)
    return Changes(tuple(made), unchanged, within, failed)


def _changed(name: str, before: Times, after: Times, within: float) -> Iterable[Change]:
    """The changes of one file, in order of time."""
    moved = matched_pairs(before, after, tolerance=within)
    rows: list[tuple[float | None, float | None]] = [
        *zip(before[moved[:, 0]].tolist(), after[moved[:, 1]].tolist(), strict=True),
        *((time, None) for time in np.delete(before, moved[:, 0]).tolist()),
        *((None, time) for time in np.delete(after, moved[:, 1]).tolist()),
    ]
    return [Change(name, *row) for row in sorted(rows, key=lambda row: min(time for time in row if time is not None))]
