"""The tiers of a label file, and the name or number of one -> that tier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

from phonseg.annotation.intervals import shown
from phonseg.errors import ConfigurationError, TextGridError

HOLDS_INTERVALS, HOLDS_POINTS = "intervals", "points"
_WHOLE_NUMBER = re.compile("[1-9][0-9]{0,8}")
_LISTED = 20  # how many tiers a message lists


# The name of a tier, or its number; None for the only tier of intervals.
Wanted = str | int | None


class NoSuchTierError(TextGridError):
    """No tier of a label file has the name or the number that is wanted."""


class ListedTier(NamedTuple):
    """One of the tiers of a file.

    Attributes:
        number: counted from 1, as Praat does.
        name: as it stands in the file.
        holds: `HOLDS_INTERVALS`, or what it holds instead.
    """

    number: int
    name: str
    holds: str = HOLDS_INTERVALS


def choose_tier(path: str | Path, tiers: Sequence[ListedTier], wanted: Wanted) -> ListedTier:
    """Chooses a tier of intervals.

    Args:
        path: of the file, for messages.
        tiers: all tiers, of intervals or not.
        wanted: the name of the tier. If no tier has this name and it is a whole number from 1, the number of the tier.
            An integer is read as its digits. None for the only tier of intervals.

    Returns:
        The tier.

    Raises:
        NoSuchTierError: if no tier has this name or number. The message lists the tiers.
        TextGridError: if several tiers have it, if the tier does not hold intervals, or if there is not just one tier
            of intervals where None is wanted. The message lists the tiers.
        ConfigurationError: if `wanted` is nothing of the kind.
    """
    wanted = name_of_tier(wanted)
    chosen = [tier for tier in tiers if (tier.holds == HOLDS_INTERVALS if wanted is None else tier.name == wanted)]
    called = f'tier "{shown(wanted or "")}"'
    if not chosen and wanted is not None and _WHOLE_NUMBER.fullmatch(wanted):
        chosen, called = [tier for tier in tiers if tier.number == int(wanted)], f"tier {wanted}"
    if len(chosen) == 1 and chosen[0].holds == HOLDS_INTERVALS:
        return chosen[0]
    if wanted is None:
        problem = f"{len(chosen) or 'no'} interval tiers, where one was expected"
    elif len(chosen) == 1:
        problem = f"{called} holds {chosen[0].holds}, not intervals"
    else:
        name = f'called "{shown(wanted)}"'
        problem = f"{len(chosen)} tiers are {name}" if chosen else f"no tier is {name}"
    found = [f'{tier.number} "{shown(tier.name)}" ({tier.holds})' for tier in tiers[:_LISTED]]
    more = f" and {len(tiers) - _LISTED} more" if len(tiers) > _LISTED else ""
    listed = ", ".join(found) + more or "none"
    kind = TextGridError if chosen or wanted is None else NoSuchTierError
    raise kind(f"{path}: {problem} (tiers: {listed}). Give the name or the number of one interval tier.")


def name_of_tier(wanted: Wanted) -> str | None:
    """Returns a wanted tier as a text.

    Args:
        wanted: the name of the tier, or its number; None for the only tier of intervals.

    Returns:
        The name, or the digits of the number; None for None.

    Raises:
        ConfigurationError: if it is nothing of the kind.
    """
    if wanted is None or isinstance(wanted, str):
        return wanted
    if isinstance(wanted, Integral) and not isinstance(wanted, bool):
        return str(wanted)
    raise ConfigurationError(f"tier is {wanted!r:.80}. Give the name of a tier, its number, or None.")
