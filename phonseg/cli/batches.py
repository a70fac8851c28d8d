"""What the commands that work on many recordings share: options, the part of a SLURM task, and the report."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from phonseg.cli.options import Options, Parser, picked, report_failures
from phonseg.errors import ConfigurationError, printable

if TYPE_CHECKING:
    from phonseg.batch.records.manifest import Shard
    from phonseg.batch.records.record import Record

BATCH_OPTIONS = ("into", "overwrite", "jobs", "shard")


def add_places(parser: Parser, tiers: str) -> None:
    """Adds the recordings, and where their files go.

    Args:
        parser: of the command.
        tiers: what it adds to a TextGrid.
    """
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="OUT", help="folder to write to (default: beside the recordings)")
    what = f"add {tiers} to this TextGrid, or to the TextGrids in this folder; all else in them stays unchanged"
    where.add_argument("--into", metavar="TEXTGRID", help=what)


def add_batch_options(parser: Parser, verb: str, done: str, also: str = "") -> None:
    """Adds the options of how the work is done: again, at once, or in parts.

    Args:
        parser: of the command.
        verb: what it does with a recording, such as segment.
        done: what has become of a recording then, such as segmented.
        also: what else the help says of --overwrite, before the rest.
    """
    what = f"{also}{verb} all recordings again, and replace even files that were changed by hand"
    parser.add_argument("--overwrite", action="store_true", help=what)
    what = f"number of recordings that are {done} at once (default: one per processor core)"
    parser.add_argument("--jobs", type=int, metavar="N", help=what)
    what = f"{verb} only the I-th of N parts of the recordings (default: all; in a SLURM array, the part of the task)"
    parser.add_argument("--shard", type=_shard, metavar="I/N", help=what)


def run_on_files(options: Options, work: Callable[..., list[Record]], **how: Any) -> list[Record]:
    """Works on the recordings; in a task of a SLURM array, on the part of that task.

    Args:
        options: those of `add_places` and `add_batch_options`.
        work: `phonseg.segment_files`, or a function with the same arguments for these options.
        how: the other arguments of `work`.

    Returns:
        What became of the recordings.
    """
    if options.shard is None and (shard := array_shard(os.environ)):
        options.shard = shard
        i, n = shard
        print(f"phonseg: part {i} of {n}, the one of this SLURM task (--shard 1/1 for all).", file=sys.stderr)
    how |= picked(options, *(name for name in BATCH_OPTIONS if name in options))
    return work(options.inputs, options.output, **how, progress=sys.stderr.isatty())


def array_shard(environment: Mapping[str, str]) -> Shard | None:
    """Reads from the environment which part of the recordings a task of a SLURM job array works on.

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


def report(records: Sequence[Record], totals: Callable[[Sequence[Record]], str]) -> int:
    """Prints what became of the recordings, with the failures last.

    Args:
        records: what became of them.
        totals: returns how much was written, and where, of the records of what was written.

    Returns:
        The exit code: 1 if any recording failed, otherwise 0.
    """
    from phonseg.batch.jobs import LEFT_OUT
    from phonseg.batch.records.planner import LEFT_ALONE

    written = [one for one in records if one.status in ("done", "warned")]
    skipped = [one for one in records if one.status == "skipped"]
    for one in [*written, *skipped]:
        if one.message:
            is_skipped = one.status == "skipped" and (LEFT_ALONE in one.message or LEFT_OUT in one.message)
            kind = "skipped" if is_skipped else "warning"  # that of an earlier run, if nothing was to be done
            print(f"{kind}: {printable(one.message)}", file=sys.stderr)
    if written or not skipped:
        print(printable(totals(written)))
    if skipped:
        left_alone, left_out = (sum(what in one.message for one in skipped) for what in (LEFT_ALONE, LEFT_OUT))
        counts = {"up to date": len(skipped) - left_alone - left_out}
        counts |= {"left alone (listed above)": left_alone, "left out (listed above)": left_out}
        print("; ".join(f"{count} {what}" for what, count in counts.items() if count) + ".")
    return report_failures(one.message for one in records if one.status == "failed")


def where(options: Options) -> str:
    """Returns where the files were written, as the end of a sentence.

    Args:
        options: those of `add_places`.
    """
    return (
        f" into {options.into}"
        if "into" in options and options.into
        else f" in {options.output}"
        if options.output
        else ""
    )
