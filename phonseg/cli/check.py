"""`phonseg check`: what recordings are, and what would come of segmenting them."""

from __future__ import annotations

import json
import sys

from phonseg.cli.options import Commands, Options, add_channel, add_command
from phonseg.system.quiet_stderr import quiet_stderr

EXAMPLES = """
  phonseg check recordings/                        a table, what is amiss, and totals
  phonseg check recordings/ --json                 a line of JSON for each recording
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(commands, "check", run, "read recordings, and tell what they are and what is amiss", EXAMPLES)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each recording")
    add_channel(parser)


def run(options: Options) -> int:
    """Check, and print a table or JSON; 1 if anything would fail."""
    from phonseg.batch.check import check

    with quiet_stderr():
        found = check(options.inputs, channel=options.channel, progress=sys.stderr.isatty())
    if not options.json:
        print(found)
        return 1 if found.failed else 0
    for one in found.recordings:
        print(json.dumps(one.to_dict()))
    for problem in found.problems:
        print(f"failed: {problem}", file=sys.stderr)
    print(found.totals(), file=sys.stderr)
    return 1 if found.failed else 0
