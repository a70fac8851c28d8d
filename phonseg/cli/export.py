"""`phonseg export`: corrected TextGrids, or other label files -> the same segments or turns in other formats."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, add_command, add_formats, add_tiers, picked, report_failures
from phonseg.errors import ConfigurationError, printable

EXAMPLES = """
  phonseg export corrected.TextGrid                corrected.csv beside it
  phonseg export corrected/ -o tables/ --format csv,json
                                                   a folder and the folders inside it
  phonseg export corrected.TextGrid -o tables/ --overwrite
                                                   replaces tables/corrected.csv
  phonseg export talk.TextGrid --format rttm       talk.rttm, with the turns in tiers of speakers
  phonseg export talk.TextGrid --turns --speaker-tier Interviewer --speaker-tier "Ms B"
                                                   talk.csv, with the turns in these two tiers
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
    what = "write who speaks when: textgrid, rttm, csv or json (implied if RTTM is read or written)"
    parser.add_argument("--turns", action="store_true", help=what)
    what = (
        "for turns, a tier of a speaker, once for each speaker (default: all interval tiers but those called phones, "
        "words, comments and the like; a warning names them where that is not certain)"
    )
    parser.add_argument("--speaker-tier", action="append", dest="speaker_tiers", metavar="NAME", help=what)
    what = "replace existing files, but never a label file that is read"
    parser.add_argument("--overwrite", action="store_true", help=what)


def run(options: Options) -> int:
    """Exports, and prints what was written; returns 1 if any file failed."""
    from phonseg.batch.export import export

    if options.tier and (options.turns or options.speaker_tiers or "rttm" in options.formats):
        raise ConfigurationError("--tier names a tier of segments, and turns are written. Give --speaker-tier.")
    how = picked(options, "formats", "turns", "speaker_tiers", "sample_rate", "overwrite")
    done = export(options.inputs, options.output, tier=options.tier or "phones", **how)
    files = sum(len(one.files) for one in done)
    where = f" in {options.output}" if options.output else ""
    print(printable(f"{files} {'file' if files == 1 else 'files'} written{where}."))
    return report_failures(one.message for one in done if one.message)
