"""Two files or folders and the options of a command -> whether boundaries or turns of speakers are compared."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable

from phonseg.cli.options import Options, Parser
from phonseg.errors import ConfigurationError, PhonsegWarning


def add_rttm(parser: Parser) -> None:
    """Adds the option that says that turns of speakers are compared.

    Args:
        parser: of a command that compares two files, or two folders.
    """
    what = (
        "compare turns of speakers (who speaks when), not boundaries; needed if neither file is RTTM, and for folders "
        "that hold TextGrids"
    )
    parser.add_argument("--rttm", action="store_true", help=what)


def compares_turns(
    options: Options, first: str, second: str, *, boundaries: Iterable[str], turns: Iterable[str]
) -> bool:
    """Decides whether turns of speakers are compared, and not boundaries.

    Args:
        options: all options of the command, with `rttm`.
        first: a file or a folder.
        second: another one.
        boundaries: the options that are for boundaries alone. They are None or False unless they are given.
        turns: the options that are for turns alone.

    Returns:
        Whether `--rttm` was given, or one of the two is an RTTM file or a folder of such files.

    Raises:
        ConfigurationError: if an option was given that is for the other kind.
    """
    from phonseg.evaluation.speakers.sides import RTTM, holds_turns

    are_turns: bool = options.rttm or holds_turns(first, second)
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
