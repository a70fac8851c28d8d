"""Which boundaries are missed, and where false alarms lie: python benchmarks/errors.py SET... [--model NAME=FILE].

A SET is a folder of recordings with references (TextGrids or .phn files) beside them, labelled with TIMIT's symbols or
in IPA; any other label is of the class "other". For every set and model, with no option set, tables are printed in
Markdown: missed boundaries by the classes of the phones on either side, by the length of the shorter one, and by the
distance to the nearest boundary found; and false alarms by the class of the phone that they lie in, and by the distance
to the nearest boundary of the reference.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from conditions import CLEAN
from labelled import LabelledSet, analyse_folder
from markdown_table import number, percent, table
from phone_classes import Classify, classifier
from systems import System, add_models, models
from thresholds import TOLERANCE

from phonseg.errors import PhonsegError
from phonseg.evaluation.matching import SLACK, matched_pairs
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

LENGTHS = (20, 40, 60, 80, 100)  # milliseconds
DISTANCES = (20, 40, 60)


@dataclass(frozen=True)
class ReferenceBoundary:
    """A boundary of the reference.

    classes: of the phones before and after it. shorter: milliseconds of the shorter of these. distance: milliseconds
    to the nearest boundary found, infinite if there is none. error: milliseconds by which the boundary that hits it is
    late; None if it is missed.
    """

    classes: tuple[str, str]
    shorter: float
    distance: float
    error: float | None


@dataclass(frozen=True)
class FalseAlarm:
    """A boundary found that is no hit.

    inside: the class of the phone that it lies in. distance: milliseconds to the nearest boundary of the reference.
    """

    inside: str
    distance: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of every set and model."""
    parser = argparse.ArgumentParser(description="Print which boundaries are missed, and where false alarms lie.")
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="a folder of recordings with references")
    parser.add_argument("--tier", default="phones", help="the tier of the references (default: phones)")
    add_models(parser)
    options = parser.parse_args(arguments)
    try:
        systems = models(options.model)
        for folder in options.sets:
            labelled = analyse_folder(folder, systems, {}, options.tier)
            print("\n\n".join(report(labelled, system) for system in systems), end="\n\n")
    except PhonsegError as error:
        parser.exit(1, f"{error}\n")


def report(labelled: LabelledSet, system: System) -> str:
    """All tables of one model on one set."""
    recordings = labelled.recordings.values()
    classify = classifier(label for recording in recordings for label in recording.reference.labels or ())
    boundaries: list[ReferenceBoundary] = []
    alarms: list[FalseAlarm] = []
    for recording in recordings:
        more = compare(recording.reference, recording.found[system.name, CLEAN].boundaries, classify)
        boundaries += more[0]
        alarms += more[1]
    return "\n\n".join(
        [
            f"## {system.name} on {labelled.name}",
            f"{system.origin}; within {1000 * TOLERANCE:g} ms, one-to-one; {len(recordings)} recordings",
            f"Not scored: {len(labelled.failed)}",
            *(f"- {reason}" for reason in labelled.failed.values()),
            *missed_tables(boundaries),
            *alarm_tables(alarms),
        ]
    )


def missed_tables(boundaries: Sequence[ReferenceBoundary]) -> list[str]:
    """Which boundaries of the reference are missed, and how late the others are."""
    missed = [each for each in boundaries if each.error is None]
    titles = ["boundaries", "missed", "missed %", "median error of the hits, ms"]
    pairs = [" > ".join(each.classes) for each in boundaries]
    misses = Counter(" > ".join(each.classes) for each in missed)
    most_missed_first = sorted(set(pairs), key=lambda pair: (-misses[pair], pair))
    lengths = [_step(each.shorter, LENGTHS) for each in boundaries]
    nearest = [_step(each.distance, DISTANCES) for each in missed]
    return [
        f"### {len(missed)} of {len(boundaries)} boundaries missed",
        table(["phones before > after", *titles], _missed_by(pairs, boundaries, most_missed_first)),
        table(["shorter phone, ms", *titles], _missed_by(lengths, boundaries, _steps(LENGTHS))),
        table(["nearest boundary found, ms", "missed", "%"], _shares(nearest, _steps(DISTANCES))),
    ]


def alarm_tables(alarms: Sequence[FalseAlarm]) -> list[str]:
    """Where the false alarms lie."""
    inside = [alarm.inside for alarm in alarms]
    nearest = [_step(alarm.distance, DISTANCES) for alarm in alarms]
    most_first = [name for name, _ in Counter(inside).most_common()]
    return [
        f"### {len(alarms)} false alarms",
        table(["inside", "false alarms", "%"], _shares(inside, most_first)),
        table(["nearest boundary of the reference, ms", "false alarms", "%"], _shares(nearest, _steps(DISTANCES))),
    ]


def compare(
    reference: Segmentation, found: Times, classify: Classify
) -> tuple[list[ReferenceBoundary], list[FalseAlarm]]:
    """Every boundary of the reference, hit or missed, and every boundary found, (M,) seconds, that hit none."""
    classes = [classify(label) for label in reference.labels or [""] * len(reference)]
    lengths = np.diff([0.0, *reference.boundaries, reference.duration])
    hits = matched_pairs(reference.boundaries, found, tolerance=TOLERANCE)
    errors = {int(i): 1000 * float(found[j] - reference.boundaries[i]) for i, j in hits}
    distances = _to_nearest(reference.boundaries, found)
    boundaries = [
        ReferenceBoundary(both, 1000 * float(min(lengths[i : i + 2])), float(distances[i]), errors.get(i))
        for i, both in enumerate(pairwise(classes))
    ]
    false = np.delete(found, hits[:, 1])
    inside = np.searchsorted(reference.boundaries, false, side="right")
    places = zip(inside, _to_nearest(false, reference.boundaries), strict=True)
    return boundaries, [FalseAlarm(classes[i], float(distance)) for i, distance in places]


def _to_nearest(times: Times, others: Times) -> Times:
    """(N,) milliseconds from each time to the nearest of the others, (M,)."""
    fenced = np.concatenate([[-np.inf], others, [np.inf]])
    after = np.searchsorted(others, times) + 1
    return np.asarray(1000 * np.minimum(fenced[after] - times, times - fenced[after - 1]))


def _step(value: float, edges: Sequence[int]) -> str:
    """The name of the interval between two edges that a value lies in."""
    place = int(np.searchsorted(edges, value - 1000 * SLACK))
    if place == len(edges):
        return f"over {edges[-1]}"
    return f"{edges[place - 1]} to {edges[place]}" if place else f"up to {edges[0]}"


def _steps(edges: Sequence[int]) -> list[str]:
    """The names of all intervals, the lowest first."""
    return [_step(edge, edges) for edge in (*edges, np.inf)]


def _missed_by(names: Sequence[str], boundaries: Sequence[ReferenceBoundary], order: Sequence[str]) -> list[list[str]]:
    """A row for each name: how many boundaries have it, how many of these are missed, and how late the others are."""
    rows = []
    for name in order:
        errors = [each.error for own, each in zip(names, boundaries, strict=True) if own == name]
        hits = [error for error in errors if error is not None]
        missed = len(errors) - len(hits)
        late = float(np.median(hits)) if hits else None
        rows.append([name, f"{len(errors)}", f"{missed}", _share(missed, len(errors)), number(late, sign="+")])
    return rows


def _shares(names: Sequence[str], order: Sequence[str]) -> list[list[str]]:
    """A row for each name: how often it occurs, and its share."""
    return [[name, f"{names.count(name)}", _share(names.count(name), len(names))] for name in order]


def _share(part: int, whole: int) -> str:
    return percent(part / whole if whole else None)


if __name__ == "__main__":
    main()
