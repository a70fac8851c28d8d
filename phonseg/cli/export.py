"""`phonseg export`: corrected TextGrids, or other label files -> the same segments as CSV, CTM, JSON and so on."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, add_command, add_formats, add_tiers, picked, report_failures
from phonseg.errors import printable

EXAMPLES = """
  phonseg export corrected.TextGrid                corrected.csv beside it
  phonseg export corrected/ -o tables/ --format csv,json
                                                   a folder and the folders inside it
  phonseg export corrected.TextGrid -o tables/ --overwrite
                                                   replaces tables/corrected.csv
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    purpose = "write corrected TextGrids, or other label files, in other formats"
    parser = add_command(commands, "export", run, purpose, EXAMPLES)
    what = "a label file such as a TextGrid (see README for the kinds), or a folder of TextGrids"
    parser.add_argument("inputs", nargs="+", metavar="CORRECTED", help=what)
    parser.add_argument("-o", "--output", metavar="OUT", help="folder to write to (default: beside the label files)")
    add_formats(parser, default="csv")
    add_tiers(parser)
    what = "replace existing files, but never a label file that is read"
    parser.add_argument("--overwrite", action="store_true", help=what)


def run(options: Options) -> int:
    """Exports, and prints what was written; returns 1 if any file failed."""
    from phonseg.batch.export import export

    how = picked(options, "formats", "sample_rate", "overwrite")
    done = export(options.inputs, options.output, tier=options.tier or "phones", **how)
    files = sum(len(one.files) for one in done)
    where = f" in {options.output}" if options.output else ""
    print(printable(f"{files} {'file' if files == 1 else 'files'} written{where}."))
    return report_failures(one.message for one in done if one.message)
