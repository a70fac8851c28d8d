"""`phonseg segment`: recordings -> TextGrids and other files."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from phonseg.cli.options import Commands, Options, add_choosing, add_command, add_formats
from phonseg.errors import ConfigurationError

if TYPE_CHECKING:
    from phonseg.batch.manifest import Record, Shard

STATUSES = ("done", "warned", "skipped", "failed")

EXAMPLES = """
  phonseg segment interview.wav                    interview.TextGrid beside it
  phonseg segment recordings/ -o textgrids/        a whole folder, mirrored
  phonseg segment recordings/ -o more/ --sensitivity 0.7
                                                   more boundaries
  phonseg segment interview.wav -o slow/ --rate 9  nine boundaries in a second of speech
  phonseg segment interview.wav -o left/ --channel 1
                                                   the left channel alone
  phonseg segment interview.wav -o formats/ --format textgrid,csv,json
                                                   several files, beside each other
  phonseg segment interview.wav --into interview.TextGrid --tier automatic
                                                   a tier added, all else untouched
  phonseg segment interview.wav -o check/ --check 20
                                                   mark the 20 least certain decisions
  phonseg segment recordings/ -o mine/ --model mine.safetensors
                                                   with a model of your own
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(commands, "segment", run, "find the boundaries in recordings and write TextGrids", EXAMPLES)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="OUT", help="folder to write to; beside the recordings if left out")
    where.add_argument(
        "--into", metavar="TEXTGRID", help="add the tier to this TextGrid (or those in this folder); all else stays"
    )
    add_formats(parser, default="textgrid")
    parser.add_argument(
        "--labels", choices=("numbers", "empty"), default="numbers", help="of the segments (default: numbers)"
    )
    parser.add_argument("--tier", default="phones", metavar="NAME", help="of the TextGrid (default: phones)")
    parser.add_argument(
        "--check",
        type=int,
        default=0,
        metavar="K",
        help="mark the K least certain decisions in a tier of points, check",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="do everything again, and replace what was changed by hand"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="how many recordings at once (default: one per core)")
    parser.add_argument(
        "--shard", type=_shard, metavar="I/N", help="the I-th of N parts; a task of a SLURM array takes its own"
    )
    add_choosing(parser)


def run(options: Options) -> int:
    """Segment, and print what was done; failures last."""
    from phonseg.batch.segment_files import segment_files

    shard = options.shard
    if shard is None and (shard := array_shard(os.environ)):
        print(
            f"phonseg: part {shard[0]} of {shard[1]}, as the SLURM array says (--shard 1/1 for all).", file=sys.stderr
        )
    records = segment_files(
        options.inputs,
        options.output,
        model=options.model,
        sensitivity=options.sensitivity,
        rate=options.rate,
        channel=options.channel,
        formats=options.format,
        labels=options.labels,
        tier=options.tier,
        check=options.check,
        into=options.into,
        overwrite=options.overwrite,
        jobs=options.jobs,
        shard=shard,
        progress=sys.stderr.isatty(),
    )
    return _tell(records, options)


def array_shard(environment: Mapping[str, str]) -> Shard | None:
    """Which part a task of a SLURM job array does; None outside of one.

    Raises ConfigurationError where the array has gaps.
    """
    names = "ID", "COUNT", "MIN", "STEP"
    said = {name: environment.get(f"SLURM_ARRAY_TASK_{name}", "1" if name == "STEP" else "") for name in names}
    if not (said["ID"] and said["COUNT"]):
        return None
    numbers = {name: int(value or 0) for name, value in said.items()}
    i, rest = divmod(numbers["ID"] - numbers["MIN"], numbers["STEP"])
    if rest or not 0 <= i < numbers["COUNT"]:
        raise ConfigurationError(
            f"SLURM_ARRAY_TASK_ID is {said['ID']}, in an array of {said['COUNT']} tasks from {said['MIN']}: it has "
            "gaps. Give --shard I/N."
        )
    return i + 1, numbers["COUNT"]


def _shard(text: str) -> Shard:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N, such as 1/8")
    return int(found[1]), int(found[2])


def _tell(records: Sequence[Record], options: Options) -> int:
    """Print what became of the recordings and return the exit code."""
    of = {status: [one for one in records if one.status == status] for status in STATUSES}
    for record in of["warned"]:
        print(f"warning: {record.message}", file=sys.stderr)
    for record in of["skipped"]:
        if record.message:
            print(f"skipped: {record.message}", file=sys.stderr)
    made = [*of["done"], *of["warned"]]
    if made or not of["skipped"]:
        print(_made(made, options))
    if of["skipped"]:
        print(f"{len(of['skipped'])} skipped: what was asked for is there already (--overwrite replaces it).")
    for record in of["failed"]:
        print(f"failed: {record.message}", file=sys.stderr)
    return 1 if of["failed"] else 0


def _made(made: Sequence[Record], options: Options) -> str:
    """How much was written, and where."""
    boundaries = sum(record.boundaries or 0 for record in made)
    seconds = sum(record.seconds or 0.0 for record in made)
    only_textgrids = options.format == ["textgrid"]
    files = "tier" if options.into and only_textgrids else "TextGrid" if only_textgrids else "recording"
    files += "" if len(made) == 1 else "s"
    files += "" if only_textgrids else f" as {', '.join(options.format)}"
    where = f" into {options.into}" if options.into else f" in {options.output}" if options.output else ""
    return f"{len(made)} {files} written{where}: {boundaries} boundaries in {seconds:.1f} s of audio."
