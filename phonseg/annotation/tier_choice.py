"""The tiers of a label file, and the name or number of one -> that tier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from phonseg.annotation.intervals import shown
from phonseg.errors import TextGridError

HOLDS_INTERVALS, HOLDS_POINTS = "intervals", "points"
_WHOLE_NUMBER = re.compile("[1-9][0-9]{0,8}")
_LISTED = 20  # how many tiers a message lists


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


def choose_tier(path: str | Path, tiers: Sequence[ListedTier], wanted: str | None) -> ListedTier:
    """Chooses a tier of intervals.

    Args:
        path: of the file, for messages.
        tiers: all tiers, of intervals or not.
        wanted: the name of the tier. If no tier has this name and it is a whole number from 1, the number of the tier.
            None for the only tier of intervals.

    Returns:
        The tier.

    Raises:
        TextGridError: if there is no such tier, if there are several, or if it does not hold intervals. The message
            lists the tiers.
    """
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
    raise TextGridError(f"{path}: {problem} (tiers: {listed}). Give the name or the number of one interval tier.")
