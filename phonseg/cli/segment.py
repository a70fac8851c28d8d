"""`phonseg segment`: recordings -> TextGrids and other files."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from phonseg.cli.options import (
    SEGMENT_OPTIONS,
    Commands,
    Options,
    add_command,
    add_formats,
    add_segment_options,
    picked,
    report_failures,
)
from phonseg.errors import ConfigurationError, printable

if TYPE_CHECKING:
    from phonseg.batch.records.manifest import Shard
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
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="OUT", help="folder to write to (default: beside the recordings)")
    what = "add the tier to this TextGrid, or to the TextGrids in this folder; all else in them stays unchanged"
    where.add_argument("--into", metavar="TEXTGRID", help=what)
    add_formats(parser, default="textgrid")
    what = "labels of the segments (default: numbers)"
    parser.add_argument("--labels", choices=("numbers", "empty"), default="numbers", help=what)
    parser.add_argument("--tier", default="phones", metavar="NAME", help="name of the tier (default: phones)")
    what = "mark the K least certain decisions in a point tier named check"
    parser.add_argument("--check", type=int, default=0, metavar="K", help=what)
    what = "segment all recordings again, and replace even files that were changed by hand"
    parser.add_argument("--overwrite", action="store_true", help=what)
    what = "number of recordings that are segmented at once (default: one per processor core)"
    parser.add_argument("--jobs", type=int, metavar="N", help=what)
    what = "segment only the I-th of N parts of the recordings (default: all; in a SLURM array, the part of the task)"
    parser.add_argument("--shard", type=_shard, metavar="I/N", help=what)
    add_segment_options(parser)


def run(options: Options) -> int:
    """Segments, and prints what was done, with the failures last; returns 1 if any recording failed."""
    from phonseg.batch.segment_files import segment_files

    if options.shard is None and (shard := array_shard(os.environ)):
        options.shard = shard
        i, n = shard
        print(f"phonseg: part {i} of {n}, the one of this SLURM task (--shard 1/1 for all).", file=sys.stderr)
    names = (*SEGMENT_OPTIONS, "formats", "labels", "tier", "check", "into", "overwrite", "jobs", "shard")
    progress = sys.stderr.isatty()
    records = segment_files(options.inputs, options.output, **picked(options, *names), progress=progress)
    return _report(records, options)


def array_shard(environment: Mapping[str, str]) -> Shard | None:
    """Reads from the environment which part of the recordings a task of a SLURM job array segments.

    Args:
        environment: the variables that SLURM sets, SLURM_ARRAY_TASK_ID, _COUNT, _MIN and _STEP, among others.

    Returns:
        (i, n) for the i-th of n parts, counted from 1; None outside a job array.

    Raises:
        ConfigurationError: if the numbers of the tasks have gaps, or one is missing or no number.
    """
    usual = {"ID": "", "COUNT": "", "MIN": "0", "STEP": "1"}
    values = [environment.get(f"SLURM_ARRAY_TASK_{name}") or value for name, value in usual.items()]
    if not values[0]:
        return None
    with suppress(ValueError, ZeroDivisionError):
        task, count, first, step = map(int, values)
        i, rest = divmod(task - first, step)
        if not rest and 0 <= i < count:
            return i + 1, count
    raise ConfigurationError(
        "SLURM_ARRAY_TASK_ID is {}, in an array of {} tasks from {} in steps of {}: it has gaps. "
        "Give --shard I/N.".format(*(value or "unknown" for value in values))
    )


def _shard(text: str) -> Shard:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N, such as 1/8")
    return int(found[1]), int(found[2])


def _report(records: Sequence[Record], options: Options) -> int:
    """Prints what became of the recordings and returns the exit code."""
    from phonseg.batch.jobs import LEFT_OUT
    from phonseg.batch.records.planner import LEFT_ALONE

    written = [one for one in records if one.status in ("done", "warned")]
    skipped = [one for one in records if one.status == "skipped"]
    for one in [*written, *skipped]:
        if one.message:
            kind = "skipped" if one.status == "skipped" else "warning"
            print(f"{kind}: {printable(one.message)}", file=sys.stderr)
    if written or not skipped:
        print(_totals(written, options))
    if skipped:
        left_alone, left_out = (sum(what in one.message for one in skipped) for what in (LEFT_ALONE, LEFT_OUT))
        counts = {"up to date": len(skipped) - left_alone - left_out}
        counts |= {"left alone (listed above)": left_alone, "left out (listed above)": left_out}
        print("; ".join(f"{count} {what}" for what, count in counts.items() if count) + ".")
    return report_failures(one.message for one in records if one.status == "failed")


def _totals(written: Sequence[Record], options: Options) -> str:
    """How much was written, and where."""
    boundaries = sum(record.boundaries or 0 for record in written)
    seconds = sum(record.seconds or 0.0 for record in written)
    only_textgrids = options.formats == ["textgrid"]
    files = "tier" if options.into and only_textgrids else "TextGrid" if only_textgrids else "recording"
    files += "" if len(written) == 1 else "s"
    files += "" if only_textgrids else f" as {', '.join(options.formats)}"
    where = f" into {options.into}" if options.into else f" in {options.output}" if options.output else ""
    return printable(f"{len(written)} {files} written{where}: {boundaries} boundaries in {seconds:.1f} s of audio.")
