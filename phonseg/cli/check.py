"""`phonseg check`: recordings -> a report on their properties and problems, without segmenting them."""

from __future__ import annotations

import json
import sys

from phonseg.cli.options import Commands, Options, add_channel, add_command, report_failures
from phonseg.system.quiet_stderr import quiet_stderr

EXAMPLES = """
  phonseg check recordings/                        a table, the problems, and totals
  phonseg check recordings/ --json                 one line of JSON per recording
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "check", run, "read recordings and report their properties and problems", EXAMPLES)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    parser.add_argument("--json", action="store_true", help="print one line of JSON per recording")
    add_channel(parser)


def run(options: Options) -> int:
    """Prints a table or JSON; returns 1 if segmenting would fail."""
    from phonseg.batch.check import check

    with quiet_stderr():
        found = check(options.inputs, channel=options.channel, progress=sys.stderr.isatty())
    if options.json:
        for one in found.recordings:
            print(json.dumps(one.to_dict()))
        report_failures(found.problems)
        print(found.totals(), file=sys.stderr)
    else:
        print(found)
    return 1 if found.failed else 0
