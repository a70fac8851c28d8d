"""`phonseg changes`: what a person has corrected."""

from __future__ import annotations

import json

from phonseg.cli.options import Commands, Options, add_command

EXAMPLES = """
  phonseg changes interview.TextGrid corrected.TextGrid
  phonseg changes textgrids/ references/ --csv     as a table for a spreadsheet
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(
        commands, "changes", run, "tell which boundaries were moved, added or removed by hand", EXAMPLES
    )
    parser.add_argument("automatic", metavar="AUTOMATIC", help="a TextGrid as phonseg wrote it, or a folder of them")
    parser.add_argument("corrected", metavar="CORRECTED", help="the same after correction; a folder for a folder")
    parser.add_argument("--tier", default="phones", help="interval tier to read (default: phones)")
    parser.add_argument(
        "--within", type=float, default=0.050, metavar="S", help="seconds that a boundary may be moved (default: 0.05)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--csv", action="store_true", help="print CSV")


def run(options: Options) -> int:
    """Print the changes; 1 if something could not be compared."""
    import sys

    from phonseg.evaluation.changes import changes

    found = changes(options.automatic, options.corrected, within=options.within, tier=options.tier)
    if options.csv:
        print(found.to_csv(), end="")
        for reason in found.failed.values():
            print(f"failed: {reason}", file=sys.stderr)
    else:
        print(json.dumps(found.to_dict(), indent=2) if options.json else found)
    return 1 if found.failed else 0
