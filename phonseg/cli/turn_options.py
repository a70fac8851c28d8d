"""Two files or folders and the options of a command -> whether boundaries or turns of speakers are compared."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from phonseg.cli.options import Options, Parser
from phonseg.errors import ConfigurationError, PhonsegWarning

if TYPE_CHECKING:
    from phonseg.evaluation.changes import Changes
    from phonseg.evaluation.comparison import Comparisons
    from phonseg.evaluation.speakers.changes import TurnChanges

Compared = TypeVar("Compared", "Comparisons", "Changes | TurnChanges")
ADVICE = "If these are tiers of speakers, give --rttm."


def add_turns(parser: Parser) -> None:
    """Adds the option that says that turns of speakers are compared.

    Args:
        parser: of a command that compares two files, or two folders.
    """
    what = (
        "compare turns of speakers, also where both files are TextGrids (folders: for each recording the RTTM file, "
        "else the TextGrid or ELAN file)"
    )
    parser.add_argument("--turns", "--rttm", action="store_true", help=what)


def compares_turns(
    options: Options, first: str, second: str, *, boundaries: Iterable[str], turns: Iterable[str]
) -> bool:
    """Decides whether turns of speakers are compared, and not boundaries.

    Args:
        options: all options of the command, with `turns`.
        first: a file or a folder.
        second: another one.
        boundaries: the options that are for boundaries alone. They are None or False unless they are given.
        turns: the options that are for turns alone.

    Returns:
        Whether `--turns` was given, or one of the two is an RTTM file or a folder of such files.

    Raises:
        ConfigurationError: if an option was given that is for the other kind.
    """
    from phonseg.evaluation.speakers.sides import RTTM, holds_turns

    are_turns: bool = options.turns or holds_turns(first, second)
    for name in boundaries if are_turns else turns:
        if vars(options)[name] is not None and vars(options)[name] is not False:
            what = "boundaries, and turns of speakers are compared" if are_turns else "turns of speakers"
            advice = "Leave it out" if are_turns else "Give RTTM files, or --rttm"
            raise ConfigurationError(f"--{name.replace('_', '-')} is for {what}. {advice}.")
    for folder in (first, second) if not are_turns else ():
        if os.path.isdir(folder) and RTTM.find(folder):
            text = f"{folder}: the RTTM files in it do not count. To compare who speaks when, give --rttm."
            warnings.warn(text, PhonsegWarning, stacklevel=2)
            break
    return are_turns


def with_advice(options: Options, read: Callable[[], Compared]) -> Compared:
    """Compares boundaries; where a tier `phones` is missing, messages advise what to do if speakers were meant.

    Args:
        options: all options of the command.
        read: reads and compares.

    Returns:
        What `read` returns, with the advice in the messages of files that failed.

    Raises:
        NoSuchTierError: as `read` raises it, with the advice.
    """
    from phonseg.annotation.tier_choice import NoSuchTierError

    asked = any(value is not None for name, value in vars(options).items() if name.endswith("tier"))

    def advised(message: str) -> str:
        return f"{message} {ADVICE}" if not asked and ': no tier is called "phones" (' in message else message

    try:
        found = read()
    except NoSuchTierError as error:
        raise NoSuchTierError(advised(str(error))) from None
    return replace(found, failed={name: advised(reason) for name, reason in found.failed.items()})
