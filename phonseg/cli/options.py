"""A command and its options -> a parser; also what several commands do: report failures, train and save a model."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

from phonseg.errors import ConfigurationError, OutputError, printable
from phonseg.system.atomic_files import check_writable

Options = argparse.Namespace
Parser = argparse.ArgumentParser
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

SEGMENT_OPTIONS = ("model", "sensitivity", "rate", "channel")  # what `add_segment_options` adds


def add_command(
    commands: Commands, name: str, run: Callable[[Options], int] | None, purpose: str, examples: str
) -> Parser:
    """Adds a command.

    Args:
        commands: the commands so far.
        name: what the user types.
        run: carries out the command and returns its exit code; None for a command that has commands of its own.
        purpose: what the command does, in a few words, beginning with a verb in lower case.
        examples: lines of the form `  phonseg ...`. Two spaces, or a line break and spaces, set off a comment.

    Returns:
        The parser of the command, to which options can be added.
    """
    parser = commands.add_parser(
        name,
        help=purpose,
        description=purpose[0].upper() + purpose[1:] + ".",
        epilog="examples:\n" + examples.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if run is not None:
        parser.set_defaults(run=run)
        parser.add_argument("--debug", action="store_true", help="after an error, print where in the program it arose")
    return parser


def add_segment_options(parser: Parser, channel: str = "") -> None:
    """Adds the options of segmenting: the model, the number of boundaries, and the channel.

    Args:
        parser: of the command.
        channel: what the channel is for, as the help says it before the rest.
    """
    parser.add_argument("--model", default="default", metavar="M", help="a model file (default: phonseg's own model)")
    number = parser.add_mutually_exclusive_group()
    what = "0 (fewest boundaries) to 1 (most); default: 0.5"
    number.add_argument("--sensitivity", type=float, metavar="S", help=what)
    number.add_argument("--rate", type=float, metavar="R", help="boundaries per second of speech")
    add_channel(parser, channel)


def add_channel(parser: Parser, use: str = "") -> None:
    """Adds the option that selects a channel.

    Args:
        parser: of the command.
        use: what the channel is for, as the help says it before the rest.
    """
    what = f"{use}the number of one channel (1, 2, ...), or mix for the mean of all channels (default: mix)"
    parser.add_argument("--channel", type=_channel, default="mix", metavar="C", help=what)


def add_tiers(parser: Parser, *sides: str) -> None:
    """Adds the options that say how label files are read: the tier, also of each side alone, and the sample rate.

    Args:
        parser: of the command.
        sides: what the two sides that are compared are called; none if there is only one. If there are two, the sample
            rate is None unless it is given (see `phonseg.cli.turn_options`).
    """
    both = f" of both; if it is the only one of the {sides[-1]}, its name does not matter" if sides else ""
    parser.add_argument("--tier", metavar="NAME", help=f"interval tier{both} (default: phones)")
    for side in sides:
        parser.add_argument(f"--{side}-tier", metavar="NAME", help=f"interval tier of the {side} (default: as --tier)")
    what = "samples per second in .phn files, which count time in samples (default: 16000)"
    parser.add_argument("--sample-rate", type=int, default=None if sides else 16_000, metavar="HZ", help=what)


def add_formats(parser: Parser, default: str, formats: str = "textgrid, csv, json, ctm, audacity and elan") -> None:
    """Adds the option that selects the formats of the files.

    Args:
        parser: of the command.
        default: the names of the formats that are written without this option, with commas between.
        formats: the names of all formats, as in a sentence.
    """
    what = f"one or more of {formats}, with commas between (default: {default})"
    parser.add_argument("--format", dest="formats", type=_names, default=_names(default), metavar="F,...", help=what)


def add_training_options(parser: Parser, example: str = ", such as: self_training_steps = 1000") -> None:
    """Adds the options of training: the recordings, the model file, and the settings.

    Args:
        parser: of the command.
        example: of a setting, as the help shows it.
    """
    parser.add_argument("recordings", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    parser.add_argument("-o", "--output", required=True, metavar="MODEL", help="the .safetensors file to write")
    what = f"a file of settings{example} (see README)"
    parser.add_argument("--config", metavar="TOML", help=what)


def picked(options: Options, *names: str) -> dict[str, Any]:
    """Returns some of the options, to be passed on as keyword arguments of the same names.

    Args:
        options: all options of the command.
        names: those that are wanted.
    """
    return {name: getattr(options, name) for name in names}


def picked_or(options: Options, **defaults: Any) -> dict[str, Any]:
    """Returns some of the options, to be passed on as keyword arguments of the same names.

    Args:
        options: all options of the command.
        defaults: those that are wanted, with the values of those that were not given.
    """
    given = picked(options, *defaults)
    return {name: default if given[name] is None else given[name] for name, default in defaults.items()}


def report_failures(failures: Iterable[str]) -> int:
    """Prints what failed, on standard error.

    Args:
        failures: a message for each input that failed.

    Returns:
        The exit code: 1 if anything failed, otherwise 0.
    """
    messages = list(failures)
    for message in messages:
        print(f"failed: {printable(message)}", file=sys.stderr)
    return 1 if messages else 0


def train_and_save(options: Options, defaults: Any, train: Callable[..., Any], use: str = "segment") -> int:
    """Trains a model, saves it, and prints what it was trained on.

    Args:
        options: those of `add_training_options`.
        defaults: the values of the settings that the settings file leaves out.
        train: `phonseg.train`, or a function with the same arguments, whose result is saved and tells its training.
        use: the command that uses the model.

    Returns:
        The exit code, 0.

    Raises:
        ConfigurationError: if the settings cannot be read, or the name of the model file is not that of one.
        OutputError: if the model file cannot be written.
        PhonsegError: if training fails; see `phonseg.train`, `phonseg.adapt` and `phonseg.train_speakers`.
    """
    from phonseg.training.settings import read_settings

    settings = read_settings(options.config, defaults) if options.config else defaults
    name, checkpoint = model_name(options.output), f"{options.output}.checkpoint"
    model = train(options.recordings, settings=settings, name=name, checkpoint=checkpoint)
    model.save(options.output)
    os.unlink(checkpoint)
    print(json.dumps(dict(model.training), indent=2))
    command = f"phonseg {use} ... --model {shlex.quote(options.output)}"
    print(printable(f"{options.output} written. To use it: {command}"), file=sys.stderr)  # not mixed with the JSON
    return 0


def model_name(path: str) -> str:
    """Returns the name of a model that will be saved: the name of its file without the suffix.

    Args:
        path: of the model file to write.

    Raises:
        ConfigurationError: if the suffix is not .safetensors.
        OutputError: if the folder does not exist or cannot be written to, or a folder has the name of the file.
    """
    stem, suffix = os.path.splitext(os.path.basename(path))
    if suffix != ".safetensors":
        raise ConfigurationError(f"{path}: a model is a .safetensors file. Give it that suffix.")
    check_place(path)
    return stem


def check_place(path: str) -> None:
    """Checks, before anything that takes time, that a file can be written.

    Args:
        path: of the file.

    Raises:
        OutputError: if the folder does not exist or cannot be written to, or a folder has the name of the file.
    """
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise OutputError(f"{path}: there is no folder {os.path.dirname(path)}. Make it first.")
    if os.path.isdir(path):
        raise OutputError(f"{path}: a folder has that name. Choose another name.")
    check_writable(Path(path))


def _names(text: str) -> list[str]:
    return text.split(",")


def _channel(text: str) -> str | int:
    if text != "mix" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither mix nor the number of a channel, such as 1")
    return text if text == "mix" else int(text)
