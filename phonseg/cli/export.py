"""`phonseg export`: corrected TextGrids become CSV, CTM, JSON and so on."""

from __future__ import annotations

import sys

from phonseg.cli.options import Commands, Options, add_command, add_formats

EXAMPLES = """
  phonseg export corrected.TextGrid -o tables/      corrected.csv in tables/
  phonseg export corrected/ -o tables/ --format csv,json
                                                   a whole folder, mirrored
"""


def add(commands: Commands) -> None:
    """Adds the parser of this command."""
    purpose = "write corrected TextGrids, or other label files, in other formats"
    parser = add_command(commands, "export", run, purpose, EXAMPLES)
    parser.add_argument("inputs", nargs="+", metavar="CORRECTED", help="label files, or folders of TextGrids")
    parser.add_argument("-o", "--output", metavar="OUT", help="folder to write to; beside the label files if left out")
    add_formats(parser, default="csv")
    parser.add_argument("--tier", default="phones", help="interval tier to read (default: phones)")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there already")


def run(options: Options) -> int:
    """Exports, and prints what was written; 1 if something failed."""
    from phonseg.batch.export import export

    inputs, output, formats = options.inputs, options.output, options.format
    done = export(inputs, output, formats=formats, tier=options.tier, overwrite=options.overwrite)
    failed = [one for one in done if one.message]
    files = sum(len(one.files) for one in done)
    print(f"{files} {'file' if files == 1 else 'files'} written{f' in {output}' if output else ''}.")
    for one in failed:
        print(f"failed: {one.message}", file=sys.stderr)
    return 1 if failed else 0
