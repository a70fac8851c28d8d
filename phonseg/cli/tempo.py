"""`phonseg tempo`: recordings -> the same speech, faster or slower."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from phonseg.cli.batches import add_batch_options, report, run_on_files, where
from phonseg.cli.options import (
    SEGMENT_OPTIONS,
    Commands,
    Options,
    add_command,
    add_formats,
    add_segment_options,
    picked,
)
from phonseg.errors import ConfigurationError, printable

if TYPE_CHECKING:
    from phonseg.batch.records.record import Record
    from phonseg.timeline.segmentation import Segmentation

EXAMPLES = """
  phonseg tempo interview.wav --factor 0.8 -o slow.wav
                                                   slower: 10 s become 12.5 s
  phonseg tempo interview.wav --factor 1.5 -o fast.flac --textgrid fast.TextGrid
                                                   faster, with a TextGrid of it
  phonseg tempo interview.wav --factor 0.8 -o a.wav --map corrected.TextGrid --textgrid a.TextGrid
                                                   by boundaries of your own; all tiers follow
  phonseg tempo interview.wav --factor 0.8 -o slow.wav --duration-tier slow.DurationTier
                                                   also the map, for Manipulation in Praat
  phonseg tempo recordings/ --factor 0.8 -o slow/  a folder and the folders inside it
  phonseg tempo recordings/ --factor 0.8 -o slow/ --format wav,textgrid
                                                   with a TextGrid beside each
"""
# Options for one recording and a file, and what to do with several.
OF_ONE = {
    "map": "Change one recording at a time",
    "tier": "Change one recording at a time",
    "textgrid": "Give --format wav,textgrid",
    "duration_tier": "Give --format wav,durationtier",
}
OF_SEVERAL = {
    "formats": "format",
    "overwrite": "overwrite",
    "jobs": "jobs",
    "shard": "shard",
}  # and what they are called


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "tempo", run, "make speech faster or slower", EXAMPLES)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    what = "how many times as fast it becomes, 0.5 to 2, such as 0.8 for slower or 1.25 for faster speech"
    parser.add_argument("--factor", type=float, required=True, metavar="F", help=what)
    what = "the .wav or .flac file to write, for one recording; or the folder to write to"
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help=what)
    what = "change every moment alike (default: what is steady takes most of the change, and bursts, as of [p], none)"
    parser.add_argument("--even", action="store_true", help=what)
    what = "take the segments from this TextGrid of the recording, instead of finding them"
    parser.add_argument("--map", metavar="TEXTGRID", help=what)
    what = "interval tier of --map (default: phones; if it is the only one, its name does not matter)"
    parser.add_argument("--tier", metavar="NAME", help=what)
    what = "also write the segments in new time to this TextGrid; with --map, all its tiers"
    parser.add_argument("--textgrid", metavar="FILE", help=what)
    parser.add_argument("--duration-tier", metavar="FILE", help="also write the map to this DurationTier, for Praat")
    add_formats(parser, "wav", "wav, flac, textgrid and durationtier, for a folder")
    parser.set_defaults(formats=None)
    add_batch_options(parser, "change", "changed")
    add_segment_options(parser)


def run(options: Options) -> int:
    """Changes the tempo, and prints what was done, with the failures last; returns 1 if any recording failed."""
    if _writes_a_file(options):
        return _change_one(options)
    from phonseg.batch.change_tempo_files import change_tempo_files

    for name, advice in OF_ONE.items():
        if getattr(options, name) is not None:
            raise ConfigurationError(f"--{name.replace('_', '-')} is for one recording and a file. {advice}.")
    how = picked(options, "factor", "even", *SEGMENT_OPTIONS) | {"formats": options.formats or ["wav"]}
    return report(run_on_files(options, change_tempo_files, **how), partial(_totals, options=options))


def _writes_a_file(options: Options) -> bool:
    """Whether the output is a file, for one recording."""
    from phonseg.audio.find import SUFFIXES
    from phonseg.audio.sound_file import check_suffix

    output, inputs = options.output, options.inputs
    if os.path.isdir(output) or Path(output).suffix.lower() not in SUFFIXES:
        return False
    check_suffix(output)
    if len(inputs) > 1 or os.path.isdir(inputs[0]):
        raise ConfigurationError(f"{output}: is a file, for one recording. Give a folder for several.")
    return True


def _change_one(options: Options) -> int:
    """Changes the tempo of one recording, in constant memory."""
    from phonseg.model.options import SegmentOptions
    from phonseg.tempo.options import TempoOptions

    for name, called in OF_SEVERAL.items():
        if getattr(options, name):
            raise ConfigurationError(f"--{called} is for a folder of files. Leave it out, or give a folder as OUT.")
    if options.tier is not None and options.map is None:
        raise ConfigurationError("--tier is that of --map. Leave it out, or give a TextGrid as --map.")
    tempo = TempoOptions(options.factor, options.even, SegmentOptions(**picked(options, *SEGMENT_OPTIONS)))
    _check_outputs(options)
    plan = tempo.plan(options.inputs[0], _segments(options) if options.map else None)
    plan.write(options.output)
    if options.textgrid and options.map:
        plan.time_map.map_textgrid(options.map, options.textgrid)
    elif options.textgrid:
        plan.segmentation.to_textgrid(options.textgrid)
    if options.duration_tier:
        plan.time_map.to_duration_tier(options.duration_tier)
    written = ", ".join(filter(None, (options.output, options.textgrid, options.duration_tier)))
    old, new = plan.recording.duration, plan.segmentation.duration
    print(printable(f"{written} written: {old:.1f} s became {new:.1f} s."))
    return 0


def _check_outputs(options: Options) -> None:
    """Checks, before anything that takes time, that the files can be written and replace nothing that was given."""
    from phonseg.system.atomic_files import check_writable
    from phonseg.tempo.tempo_change import check_is_other

    places: set[str] = set()
    for path in filter(None, (options.output, options.textgrid, options.duration_tier)):
        check_is_other(path, options.inputs[0])
        check_is_other(path, options.map)
        if (place := os.path.realpath(path)) in places:
            raise ConfigurationError(f"{path}: two files cannot have one name. Give each a name of its own.")
        if os.path.isdir(path):
            raise ConfigurationError(f"{path}: is a folder. Give the name of a file.")
        places.add(place)
        check_writable(Path(path))


def _segments(options: Options) -> Segmentation:
    from phonseg.annotation.textgrid.reader import read_textgrid
    from phonseg.annotation.tier_choice import NoSuchTierError
    from phonseg.errors import TextGridError

    if options.tier is not None:
        return read_textgrid(options.map, tier=options.tier)
    try:
        return read_textgrid(options.map)
    except NoSuchTierError:
        with suppress(TextGridError):
            return read_textgrid(options.map, tier=None)
        raise


def _totals(written: Sequence[Record], options: Options) -> str:
    """How much was changed, and where it was written."""
    seconds = sum(record.seconds or 0.0 for record in written)
    recordings = "1 recording" if len(written) == 1 else f"{len(written)} recordings"
    return f"{recordings} changed{where(options)}: {seconds:.1f} s became {seconds / options.factor:.1f} s."
