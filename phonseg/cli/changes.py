"""`phonseg changes`: files before and after correction -> a list of the changed boundaries, or turns of speakers."""

from __future__ import annotations

import json
import sys

from phonseg.cli.options import Commands, Options, add_command, add_tiers, picked, picked_or, report_failures
from phonseg.cli.turn_options import add_turns, compares_turns, with_advice

EXAMPLES = """
  phonseg changes interview.TextGrid corrected.TextGrid
  phonseg changes textgrids/ references/ --csv     a table for a spreadsheet
  phonseg changes interview.rttm corrected.rttm    who speaks when: the changed turns
"""

BOUNDARIES = ("tier", "automatic_tier", "corrected_tier", "sample_rate", "within")  # options for boundaries alone


def add(commands: Commands) -> None:
    """Adds the command."""
    purpose = "list the boundaries or turns that were moved, added or removed by hand"
    parser = add_command(commands, "changes", run, purpose, EXAMPLES)
    what = "a TextGrid or RTTM file as phonseg wrote it, or a folder of them"
    parser.add_argument("automatic", metavar="AUTOMATIC", help=what)
    parser.add_argument("corrected", metavar="CORRECTED", help="the corrected file, or a folder of them")
    add_tiers(parser, "automatic", "corrected")
    what = "largest move in seconds; a boundary moved further counts as removed and added (default: 0.05)"
    parser.add_argument("--within", type=float, metavar="S", help=what)
    add_turns(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--csv", action="store_true", help="print CSV")


def run(options: Options) -> int:
    """Prints the changes; returns 1 if any file could not be compared."""
    from phonseg.evaluation.changes import Changes, changes
    from phonseg.evaluation.score import said
    from phonseg.evaluation.speakers.changes import TurnChanges, turn_changes

    both = options.automatic, options.corrected
    found: Changes | TurnChanges
    if compares_turns(options, *both, boundaries=BOUNDARIES, turns=()):
        found = turn_changes(*both)
    else:
        how = picked_or(options, within=0.050, tier="phones", sample_rate=16_000)
        how |= picked(options, "automatic_tier", "corrected_tier")
        found = with_advice(options, lambda: changes(*both, **how))
    if options.csv:
        print(found.to_csv(), end="")
        print(*said(found.notes), sep="\n", end="\n" * bool(found.notes), file=sys.stderr)
        return report_failures(found.failed.values())
    print(json.dumps(found.to_dict(), indent=2) if options.json else found)
    return 1 if found.failed else 0
