"""Who speaks when: turns, which may overlap, and how many speakers are wanted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple, TypeAlias

from phonseg.errors import ConfigurationError

MOST_SPEAKERS = 100  # that can be asked for


class Turn(NamedTuple):
    """A stretch in which one person speaks.

    Attributes:
        start: seconds.
        end: seconds, after the start.
        speaker: the name of the speaker, such as "speaker 1".
        score: 0 to 1, how much more likely this speaker is than the others; it ranks, and is no probability. NaN where
            there is no score, as in a reference.
    """

    start: float
    end: float
    speaker: str
    score: float = math.nan


# None to let the recording decide; a number; or the least and the largest number.
Speakers: TypeAlias = int | tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class SpeakerRange:
    """How many speakers there may be.

    Attributes:
        least: 1 or more.
        most: at least `least`, at most MOST_SPEAKERS.

    Raises:
        ConfigurationError: if one of them is no whole number or out of its range.
    """

    least: int
    most: int

    def __post_init__(self) -> None:
        for name in ("least", "most"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, Integral):
                raise ConfigurationError(f"speakers is {number!r:.80}. Give a whole number, or two such as (2, 4).")
            object.__setattr__(self, name, int(number))  # also one of NumPy
        if not 1 <= self.least <= self.most <= MOST_SPEAKERS:
            shown = self.least if self.least == self.most else f"({self.least}, {self.most})"
            advice = f"Give 1 to {MOST_SPEAKERS}, or the least and the largest number, such as (2, 4)."
            raise ConfigurationError(f"speakers is {shown}. {advice}")

    @classmethod
    def of(cls, speakers: Speakers) -> SpeakerRange | None:
        """Returns the range that was asked for.

        Args:
            speakers: a number, the least and the largest number, or None.

        Returns:
            The range; None if the recording decides.

        Raises:
            ConfigurationError: if a number is out of its range, or it is none of these.
        """
        if speakers is None:
            return None
        if isinstance(speakers, tuple | list):
            if len(speakers) != 2:
                raise ConfigurationError(f"speakers is {speakers!r:.80}. Give a number, or two such as (2, 4).")
            return cls(*speakers)
        return cls(speakers, speakers)


def speakers_of(turns: Iterable[Turn]) -> tuple[str, ...]:
    """Returns the names of the speakers in the order in which they first speak.

    Args:
        turns: in time order.
    """
    return tuple(dict.fromkeys(turn.speaker for turn in turns))
