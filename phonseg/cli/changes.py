"""`phonseg changes`: TextGrids before and after correction -> a list of the changed boundaries."""

from __future__ import annotations

import json
import sys

from phonseg.cli.options import Commands, Options, add_command, add_tiers, picked, report_failures

EXAMPLES = """
  phonseg changes interview.TextGrid corrected.TextGrid
  phonseg changes textgrids/ references/ --csv     a table for a spreadsheet
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    purpose = "list the boundaries that were moved, added or removed by hand"
    parser = add_command(commands, "changes", run, purpose, EXAMPLES)
    parser.add_argument("automatic", metavar="AUTOMATIC", help="a TextGrid as phonseg wrote it, or a folder of them")
    parser.add_argument("corrected", metavar="CORRECTED", help="the corrected TextGrid, or a folder of them")
    add_tiers(parser, "automatic", "corrected")
    what = "largest move in seconds; a boundary moved further counts as removed and added (default: 0.05)"
    parser.add_argument("--within", type=float, default=0.050, metavar="S", help=what)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--csv", action="store_true", help="print CSV")


def run(options: Options) -> int:
    """Prints the changes; returns 1 if any file could not be compared."""
    from phonseg.evaluation.changes import changes
    from phonseg.evaluation.score import said

    how = picked(options, "within", "automatic_tier", "corrected_tier", "sample_rate")
    found = changes(options.automatic, options.corrected, tier=options.tier or "phones", **how)
    if options.csv:
        print(found.to_csv(), end="")
        print(*said(found.notes), sep="\n", end="\n" * bool(found.notes), file=sys.stderr)
        return report_failures(found.failed.values())
    print(json.dumps(found.to_dict(), indent=2) if options.json else found)
    return 1 if found.failed else 0
