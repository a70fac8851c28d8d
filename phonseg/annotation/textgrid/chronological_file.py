"""Text of a TextGrid in Praat's chronological form -> its tiers.

After the head stand the start, the end and the number of tiers; the class, name, start and end of each tier; and then
the intervals and points of all tiers, each with the number of its tier. As in Praat, they may stand in any order, and
all other words are comments. Source: the files that Praat writes and reads.
"""

from __future__ import annotations

from typing import NamedTuple

from phonseg.annotation.intervals import Interval, decimals
from phonseg.annotation.textgrid.tier import INTERVALS, Tier, check_size, tier_count_error
from phonseg.annotation.textgrid.tokens import CLASS, COUNT, TEXT, TIME, Tokens, unquoted

CHRONOLOGICAL_HEAD = '"Praat chronological TextGrid text file"'

_Timed = tuple[Interval, int, int]  # an interval, and how many decimals its start and its end have


class ChronologicalFile(NamedTuple):
    """A TextGrid in chronological form.

    Attributes:
        start: seconds, as a decimal number.
        end: seconds, as a decimal number.
        tiers: in the order of the file; their places in it are not known.
    """

    start: str
    end: str
    tiers: list[Tier]


def read_chronological(text: str) -> ChronologicalFile:
    """Reads a TextGrid in chronological form.

    Args:
        text: the whole file.

    Returns:
        Its tiers. Intervals are in order of their starts.

    Raises:
        ValueError: with the line, if the file is damaged.
    """
    found = Tokens(text, text.find(CHRONOLOGICAL_HEAD) + len(CHRONOLOGICAL_HEAD))
    start, end, declared = found.take(TIME)[0], found.take(TIME)[0], int(float(found.take(COUNT)[0]))
    heads = _heads(found, declared)
    timed: list[list[_Timed]] = [[] for _ in heads]
    held = 0
    while (number := found.number()) is not None:
        if not 1 <= number <= len(heads):
            raise ValueError(f"tier {number} is named before {found.place()}, and the number of tiers is {len(heads)}")
        item = next(found.items(2 if heads[number - 1][0] == INTERVALS else 1, 1), None)
        if item is None:
            raise ValueError(f"an interval or a point ends too early, in {found.place()}")
        first, last, label = item
        timed[number - 1].append(((float(first), float(last), label), decimals(first), decimals(last)))
        held += 1
        check_size(0, held)
    return ChronologicalFile(start, end, [_tier(*head, one) for head, one in zip(heads, timed, strict=True)])


def _heads(found: Tokens, declared: int) -> list[tuple[str, str]]:
    """The class and the name of each tier."""
    heads: list[tuple[str, str]] = []
    while found.following(CLASS):
        if len(heads) == declared:
            raise tier_count_error(declared, None, found.place())
        kind, name, *_extent = (found.take(one)[0] for one in (CLASS, TEXT, TIME, TIME))
        heads.append((kind[1:-1], unquoted(name)))
        check_size(len(heads), 0)
    if len(heads) < declared and (found.at_end() or found.following(COUNT)):
        raise tier_count_error(declared, len(heads), found.place())
    return heads


def _tier(kind: str, name: str, timed: list[_Timed]) -> Tier:
    timed.sort(key=lambda one: one[0][0])
    finest = max((*(start for _, start, _ in timed), *(end for *_, end in timed[:-1])), default=0)
    return Tier(kind, name, slice(0, 0), [interval for interval, *_ in timed], 10.0**-finest)
