"""What several commands share: how a command is added, and the options that mean the same in each of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

Options = argparse.Namespace
Parser = argparse.ArgumentParser
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands, name: str, run: Callable[[Options], int] | None, purpose: str, examples: str
) -> Parser:
    """A parser for the command `name`, which `run` executes; None for one that has commands of its own.

    purpose: what it does, in a few words. examples: lines of `  phonseg ...`, each perhaps followed by what it does.
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
        parser.add_argument("--debug", action="store_true", help="show where in the program an error arose")
    return parser


def add_choosing(parser: Parser) -> None:
    """The options that say which model, which channel, and how many boundaries."""
    parser.add_argument("--model", default="default", metavar="M", help="a model file (default: the one that ships)")
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument(
        "--sensitivity", type=float, metavar="S", help="0 (fewest boundaries) to 1 (most); default 0.5"
    )
    how_many.add_argument("--rate", type=float, metavar="R", help="boundaries per second of speech")
    add_channel(parser)


def add_channel(parser: Parser) -> None:
    """The option that says which channel."""
    parser.add_argument(
        "--channel",
        type=_channel,
        default="mix",
        metavar="C",
        help="mix, the mean of all channels (default), or the number of one: 1, 2, ...",
    )


def add_formats(parser: Parser, default: str) -> None:
    """Adds the option that says which formats are written."""
    parser.add_argument(
        "--format",
        type=lambda text: text.split(","),
        default=[default],
        metavar="F,...",
        help=f"textgrid, csv, json, ctm, audacity, elan: one or more, with commas between them (default: {default})",
    )


def add_learning(parser: Parser) -> None:
    """What to learn from, how, and where the result goes."""
    parser.add_argument("recordings", nargs="+", metavar="DIR", help="recordings, or folders of them")
    parser.add_argument("-o", "--output", required=True, metavar="MODEL", help="the .safetensors file to write")
    parser.add_argument("--config", metavar="TOML", help="settings, such as: steps = 2500 (see README)")


def _channel(text: str) -> str | int:
    if text != "mix" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither mix nor the number of a channel, such as 1")
    return text if text == "mix" else int(text)
