"""How well boundaries are found: python benchmarks/accuracy.py SET... [--model NAME=FILE] [--harder] [--json FILE].

A SET is a folder of recordings with references (TextGrids or .phn files) beside them. For every set and system, two
tables are printed in Markdown: the figures within 20 ms, and F1 and R-value at several tolerances; with --harder also a
third one, for the same recordings made harder. "Default" is what `phonseg.segment` gives with no option. "Oracle" uses
the single threshold for the whole set that scores best on its own labels. Nobody can find that threshold without
labels; the "cost" is how much better the best oracle is.

Nothing is kept between runs, and two runs print the same figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conditions import CLEAN, DEFINITIONS, Change, harder
from figures import TOLERANCES, Interval, Row, as_json, default_boundaries, rows, score
from labelled import LabelledSet, analyse_folder, without_shared_sentences
from markdown_table import number, percent, table
from systems import System, add_models, log_mel_difference, models
from thresholds import TOLERANCE

import phonseg
from phonseg.errors import PhonsegError
from phonseg.evaluation.score import Score
from phonseg.system.atomic_files import replacing


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of every set."""
    parser = argparse.ArgumentParser(description="Print how well boundaries are found.")
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="a folder of recordings with references")
    parser.add_argument("--tier", default="phones", help="the tier of the references (default: phones)")
    add_models(parser)
    unlabelled = "recordings for calibrating the log-mel difference (default: the sets) and for the babble of --harder"
    parser.add_argument("--unlabelled", type=Path, metavar="FOLDER", help=unlabelled)
    parser.add_argument("--harder", action="store_true", help="also score the sets in noise, in a room and so on")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to a file")
    options = parser.parse_args(arguments)
    if options.harder and options.unlabelled is None:
        parser.error("--harder needs --unlabelled FOLDER, whose talkers babble")
    try:
        run(options)
    except PhonsegError as error:
        parser.exit(1, f"{error}\n")


def run(options: argparse.Namespace) -> None:
    """Segment and score all sets, print the tables, and write the figures to the JSON file."""
    systems = models(options.model)
    systems.append(log_mel_difference([options.unlabelled] if options.unlabelled else options.sets))
    conditions = harder(options.unlabelled) if options.harder else {}
    print(f"# Accuracy of phonseg {phonseg.__version__}\n")
    print(f"Boundaries {Score(0, 0, 0, 0, TOLERANCE).conditions}; counts are summed over recordings before any ratio.")
    print("Percent; errors in ms; intervals cover 95 %, over recordings. Cost: what the best oracle reaches more.\n")
    print("\n".join(f"- {system.name}: {system.origin}" for system in systems))
    reports = []
    for folder in options.sets:
        whole = analyse_folder(folder, systems, conditions, options.tier)
        reports.append(report(whole, systems, conditions))
        if (rest := without_shared_sentences(whole)) is not None:
            reports.append(report(rest, systems, {}))
    if options.json:
        found = {"version": phonseg.__version__, "systems": {s.name: s.origin for s in systems}, "sets": reports}
        with replacing(options.json) as partial:
            partial.write_text(json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def report(labelled: LabelledSet, systems: Sequence[System], conditions: Mapping[str, Change]) -> dict[str, object]:
    """Print the tables of one set, and return the same figures in JSON types."""
    made = [row for system in systems for row in rows(labelled, system)]
    print(f"\n## {labelled.name}\n\n{len(labelled.recordings)} recordings; not scored: {len(labelled.failed)}")
    print("".join(f"- {reason}\n" for reason in labelled.failed.values()))
    print(figures_table(made))
    print(f"\nStrict F1 / R-value within so many ms:\n\n{curve_table(made)}")
    harder_rows = [row for system in systems for row in losses(labelled, system, conditions)]
    if harder_rows:
        print(f"\nMade harder, default operating points. {DEFINITIONS}\n\n{harder_table(harder_rows)}")
    return {
        "name": labelled.name,
        "recordings": len(labelled.recordings),
        "failed": dict(labelled.failed),
        "rows": [as_json(row) for row in made],
        "harder": harder_rows,
    }


def losses(labelled: LabelledSet, system: System, conditions: Mapping[str, Change]) -> list[dict[str, Any]]:
    """F1 and R-value of a system under each condition, and how much lower they are than on the clean recordings."""
    clean = score(default_boundaries(labelled, system, CLEAN))
    made = []
    for condition in conditions:
        under = score(default_boundaries(labelled, system, condition))
        made.append(
            {
                "system": system.name,
                "condition": condition,
                "f1": under.f1,
                "r_value": under.r_value,
                "lost_f1": clean.f1 - under.f1,
                "lost_r_value": clean.r_value - under.r_value,
            }
        )
    return made


def figures_table(made: Sequence[Row]) -> str:
    """The figures within 20 ms."""
    titles = ["system", "operating point", "threshold", "reference", "found", "precision", "recall"]
    titles += ["F1", "95 %", "R-value", "95 %", "over-segm.", "lenient F1", "median error", "mean abs. error"]
    return table([*titles, "cost F1", "cost R-value"], [_cells(row) for row in made], words=2)


def curve_table(made: Sequence[Row]) -> str:
    """F1 and R-value at several tolerances."""
    titles = ["system", "operating point", *(f"{1000 * tolerance:g}" for tolerance in TOLERANCES)]
    cells = [
        [row.system, row.operating_point, *(f"{percent(f1)} / {percent(r)}" for f1, r in row.figures.curve.values())]
        for row in made
    ]
    return table(titles, cells, words=2)


def harder_table(made: Sequence[Mapping[str, Any]]) -> str:
    """F1, R-value and their losses under each condition."""
    figures = ("f1", "r_value", "lost_f1", "lost_r_value")
    cells = [[row["system"], row["condition"], *(percent(row[name]) for name in figures)] for row in made]
    return table(["system", "condition", "F1", "R-value", "lost F1", "lost R-value"], cells, words=2)


def _cells(row: Row) -> list[str]:
    figures, found = row.figures, row.figures.score
    assert found.lenient is not None
    return [
        row.system,
        row.operating_point,
        "-" if row.threshold is None else f"{row.threshold:.3g}",
        f"{found.n_reference}",
        f"{found.n_predicted}",
        percent(found.precision),
        percent(found.recall),
        percent(found.f1),
        _between(figures.f1_interval),
        percent(found.r_value),
        _between(figures.r_value_interval),
        percent(found.over_segmentation, sign="+"),
        percent(found.lenient.f1),
        number(figures.median_error, sign="+"),
        number(figures.mean_absolute_error),
        percent(row.cost_f1),
        percent(row.cost_r_value),
    ]


def _between(interval: Interval | None) -> str:
    return "-" if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"


if __name__ == "__main__":
    main()
