"""`phonseg segment`: recordings -> TextGrids and other files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from phonseg.cli.batches import add_batch_options, add_places, report, run_on_files, where
from phonseg.cli.options import (
    SEGMENT_OPTIONS,
    Commands,
    Options,
    add_command,
    add_formats,
    add_segment_options,
    picked,
)

if TYPE_CHECKING:
    from phonseg.batch.records.record import Record

EXAMPLES = """
  phonseg segment interview.wav                    interview.TextGrid beside it
  phonseg segment recordings/ -o textgrids/        a folder and the folders inside it
  phonseg segment recordings/ -o more/ --sensitivity 0.7
                                                   more boundaries
  phonseg segment interview.wav -o slow/ --rate 9  nine boundaries per second of speech
  phonseg segment interview.wav -o left/ --channel 1
                                                   only the left channel
  phonseg segment interview.wav -o formats/ --format textgrid,csv,json
                                                   three files, beside each other
  phonseg segment interview.wav --into interview.TextGrid --tier automatic
                                                   one more tier, all else unchanged
  phonseg segment interview.wav -o check/ --check 20
                                                   marks the 20 least certain decisions
  phonseg segment recordings/ -o mine/ --model mine.safetensors
                                                   with a model of your own
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "segment", run, "find the boundaries in recordings and write TextGrids", EXAMPLES)
    add_places(parser, "the tier")
    add_formats(parser, default="textgrid")
    what = "labels of the segments (default: numbers)"
    parser.add_argument("--labels", choices=("numbers", "empty"), default="numbers", help=what)
    parser.add_argument("--tier", default="phones", metavar="NAME", help="name of the tier (default: phones)")
    what = "mark the K least certain decisions in a point tier named check"
    parser.add_argument("--check", type=int, default=0, metavar="K", help=what)
    add_batch_options(parser, "segment", "segmented")
    add_segment_options(parser)


def run(options: Options) -> int:
    """Segments, and prints what was done, with the failures last; returns 1 if any recording failed."""
    from phonseg.batch.segment_files import segment_files

    how = picked(options, *SEGMENT_OPTIONS, "formats", "labels", "tier", "check")
    return report(run_on_files(options, segment_files, **how), partial(_totals, options=options))


def _totals(written: Sequence[Record], options: Options) -> str:
    """How much was written, and where."""
    boundaries = sum(record.boundaries or 0 for record in written)
    seconds = sum(record.seconds or 0.0 for record in written)
    only_textgrids = options.formats == ["textgrid"]
    files = "tier" if options.into and only_textgrids else "TextGrid" if only_textgrids else "recording"
    files += "" if len(written) == 1 else "s"
    files += "" if only_textgrids else f" as {', '.join(options.formats)}"
    return f"{len(written)} {files} written{where(options)}: {boundaries} boundaries in {seconds:.1f} s of audio."
