"""`phonseg tempo`: recordings -> the same speech, faster or slower."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from phonseg.cli.batches import add_batch_options, report, run_on_files
from phonseg.cli.options import (
    SEGMENT_OPTIONS,
    Commands,
    Options,
    add_command,
    add_formats,
    add_segment_options,
    check_place,
    picked,
)
from phonseg.errors import ConfigurationError, OutputError, PhonsegWarning, printable

if TYPE_CHECKING:
    from phonseg.batch.records.record import Record
    from phonseg.tempo.tempo_plan import TempoPlan
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
OF_SEVERAL = {"formats": "format", "jobs": "jobs", "shard": "shard"}  # and what they are called
SUFFIXES = {"textgrid": ".TextGrid", "duration_tier": ".DurationTier"}  # of what is written beside the sound


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "tempo", run, "make speech faster or slower", EXAMPLES)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    what = "how many times as fast it becomes, 0.5 to 2, such as 0.8 for slower or 1.25 for faster speech"
    parser.add_argument("--factor", type=_number, required=True, metavar="F", help=what)
    what = "the .wav or .flac file to write, for one recording; or the folder to write to"
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help=what)
    what = "change every moment alike (default: what is steady changes most, and bursts that are found are copied)"
    parser.add_argument("--even", action="store_true", help=what)
    what = "take the segments from this TextGrid of the recording, instead of finding them"
    parser.add_argument("--map", metavar="TEXTGRID", help=what)
    what = "interval tier of --map (default: phones; if the TextGrid has a single interval tier, that one)"
    parser.add_argument("--tier", metavar="NAME", help=what)
    what = "also write the segments in new time to this TextGrid; with --map, all its tiers"
    parser.add_argument("--textgrid", metavar="FILE", help=what)
    parser.add_argument("--duration-tier", metavar="FILE", help="also write the map to this DurationTier, for Praat")
    add_formats(parser, "wav", "wav, flac, textgrid and durationtier, for a folder")
    parser.set_defaults(formats=None)
    also = "replace files that exist; without this, nothing is written if one does. If OUT is a folder: "
    add_batch_options(parser, "change", "changed", also)
    add_segment_options(parser, "the channel in which sounds are found; all channels are changed alike: ")


def run(options: Options) -> int:
    """Changes the tempo, and prints what was done, with the failures last; returns 1 if any recording failed."""
    if _writes_a_file(options):
        return _change_one(options)
    from phonseg.batch.change_tempo_files import change_tempo_files

    for name, advice in OF_ONE.items():
        if getattr(options, name) is not None:
            raise ConfigurationError(f"--{name.replace('_', '-')} is for one recording and a file. {advice}.")
    note = _note(options)
    how = picked(options, "factor", "even", *SEGMENT_OPTIONS) | {"formats": options.formats or ["wav"]}
    return report(run_on_files(options, change_tempo_files, **how), partial(_totals, options=options, note=note))


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


def _note(options: Options) -> str:
    """What is said of a new folder that may have been meant as a file."""
    output, inputs = options.output, options.inputs
    if len(inputs) > 1 or os.path.isdir(inputs[0]) or os.path.isdir(output) or output.endswith(("/", os.sep)):
        return ""
    return f" {output} is a folder; for a file, give {output}.wav."


def _change_one(options: Options) -> int:
    """Changes the tempo of one recording, in constant memory. Nothing is written unless all can be."""
    from phonseg.annotation.textgrid.duration_tier import duration_tier_bytes
    from phonseg.model.options import SegmentOptions
    from phonseg.system.atomic_files import replacing
    from phonseg.tempo.options import TempoOptions

    _check_options(options)
    segmenting = SegmentOptions(**picked(options, *SEGMENT_OPTIONS))
    tempo = TempoOptions(options.factor, options.even, segmenting)
    _check_outputs(options)
    segments = _segments(options) if options.map else None
    plan = tempo.plan(options.inputs[0], segments, called=options.map or "")
    contents: dict[str, bytes] = {}
    if options.textgrid:
        contents[options.textgrid] = _textgrid(plan, options)
    if options.duration_tier:
        contents[options.duration_tier] = duration_tier_bytes(plan.time_map)
    plan.write(options.output)
    for path, data in contents.items():
        with replacing(path) as new:
            new.write_bytes(data)
    old, duration = plan.recording.duration, plan.segmentation.duration
    print(printable(f"{', '.join([options.output, *contents])} written ({_became(old, duration)})."))
    return 0


def _check_options(options: Options) -> None:
    """Raises ConfigurationError if an option has no effect for one recording."""
    for name, called in OF_SEVERAL.items():
        if getattr(options, name):
            raise ConfigurationError(f"--{called} is for a folder of files. Leave it out, or give a folder as OUT.")
    if options.map is None and options.tier is not None:
        raise ConfigurationError("--tier is that of --map. Leave it out, or give a TextGrid as --map.")
    finds = options.model != "default" or options.sensitivity is not None or options.rate is not None
    if options.map is not None and finds:
        raise ConfigurationError("--map gives the segments, so leave out --sensitivity, --rate and --model.")
    if options.map is not None and Path(options.map).suffix.lower() == ".durationtier":
        advice = "Praat itself makes a Sound faster or slower by a DurationTier"
        raise ConfigurationError(f"{options.map}: --map takes a TextGrid with boundaries. {advice} (Manipulation).")


def _check_outputs(options: Options) -> None:
    """Checks, before anything that takes time, that the files can be written and replace nothing that is needed."""
    from phonseg.tempo.tempo_change import check_is_other

    for name in ("output", *SUFFIXES):
        path = getattr(options, name)
        if not path:
            continue
        check_is_other(path, options.inputs[0])
        check_is_other(path, options.map)
        if name in SUFFIXES and Path(path).suffix.lower() != SUFFIXES[name].lower():
            raise ConfigurationError(f"{path}: is not a {SUFFIXES[name]} file. Give it that suffix.")
        check_place(path)
        if os.path.lexists(path) and not options.overwrite:
            raise OutputError(f"{path}: is there already. Choose another name, or --overwrite.")


def _segments(options: Options) -> Segmentation:
    """The segments of --map; warns if there is only one."""
    segments = _read_segments(options)
    if not len(segments.boundaries):
        problem = "the tier has no boundary, so it does not tell where the sounds are"
        warnings.warn(f"{options.map}: {problem}. Give the tier that does, as --tier.", PhonsegWarning, stacklevel=2)
    return segments


def _read_segments(options: Options) -> Segmentation:
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


def _textgrid(plan: TempoPlan, options: Options) -> bytes:
    """What the TextGrid holds: the segments, or all tiers of --map."""
    from phonseg.annotation.encodings import read_bytes
    from phonseg.annotation.textgrid.mapped_file import mapped_textgrid
    from phonseg.annotation.textgrid.writer import textgrid_bytes

    if options.map:
        return mapped_textgrid(plan.time_map, read_bytes(options.map), options.map)
    return textgrid_bytes(plan.segmentation, options.textgrid)


def _totals(written: Sequence[Record], options: Options, note: str) -> str:
    """How much was written, and where."""
    if not written:
        return "No recording was changed."
    seconds = sum(record.seconds or 0.0 for record in written)
    recordings = "1 recording" if len(written) == 1 else f"{len(written)} recordings"
    return f"{recordings} written to {options.output} ({_became(seconds, seconds / options.factor)}).{note}"


def _became(old: float, new: float) -> str:
    return f"{old:.3f} s became {new:.3f} s"


def _number(text: str) -> float | str:
    """The number that a text stands for; the text, if it is none, so that the message says what is wanted."""
    try:
        return float(text)
    except ValueError:
        return text
