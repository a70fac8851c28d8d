"""TextGrid or ELAN file -> its turns: each tier that belongs to a speaker holds the turns of this speaker.

The name of the tier is the name of the speaker. Which tiers belong to speakers is decided as follows.

- If tiers are named (`tiers=`), exactly these.
- Otherwise every interval tier, except those that are called after something else than a speaker: `phones`, `words`,
  `comments`, `check` and so on (`_LEVEL`), also behind the name of a speaker, as in `Ms B - words`; and the tiers of an
  ELAN file that depend on others. Points are no turns.
- A warning names the tiers that were taken and those that were left, except where it is plain that just those that
  were taken hold turns: they are called `speaker 1` and the like, as phonseg calls them, or most of their labels are
  such names or that of the tier, which phonseg writes into each turn; and no tier that was left holds only such labels.
- If no tier is left, that is an error.
- The tier says who speaks, not the label; a warning says if a label is the name of another tier.

In a TextGrid an interval with a label is a turn, whatever the label is, and one without is a gap. In an ELAN file every
annotation is a turn, also one without a label, since there are no annotations in the gaps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from phonseg.annotation.elan.document import parsed_elan
from phonseg.annotation.encodings import read_bytes
from phonseg.annotation.intervals import check_count, shown
from phonseg.annotation.textgrid.parser import read_tiers
from phonseg.annotation.textgrid.tier import INTERVALS
from phonseg.annotation.tier_choice import HOLDS_INTERVALS, HOLDS_POINTS, ListedTier, choose_tier
from phonseg.annotation.turns.found_turns import MAX_TURNS, diarization_from_turns, warn
from phonseg.errors import TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

_LEVEL = (
    "(?:phone|phoneme|phon|segment|sound|syllable|syll|word|phrase|sentence|utterance|clause|morpheme|lemma|"
    "pos|gloss|translation|transcript|transcription|orthography|ort-mau|kan-mau|mau|trn|tone|break|pitch|"
    "intonation|comment|note|remark|misc|check|event|noise|silence|pause|laughter|overlap|speech|vad|speaker(?=s)|turn|"
    "diarization)(?:e?s)?"
)
# Alone; behind the name of a speaker (Montreal Forced Aligner, FAVE); before it (ELAN).
_NO_SPEAKER = re.compile(rf"(?:.*[-–_:/|@]\s*)?{_LEVEL}|{_LEVEL}@.*", re.IGNORECASE | re.DOTALL)
_OWN_NAME = re.compile(r"speaker [0-9]+")
_REMEDY = (
    'name the tiers of the speakers, such as tiers=["A", "B"], or write the turns in just these tiers: '
    "phonseg export --format rttm --speaker-tier A --speaker-tier B"
)
_LISTED = 20  # how many tiers a message lists


class _Tier(NamedTuple):
    listed: ListedTier
    labels: Sequence[str]  # of its turns
    depends: bool = False  # on another tier

    @property
    def name(self) -> str:
        return self.listed.name.strip()

    @property
    def names_share(self) -> float:
        """The share of the labels that are names of speakers, as phonseg writes them; 1 without labels."""
        names = sum(label == self.name or _OWN_NAME.fullmatch(label) is not None for label in self.labels)
        return names / len(self.labels) if self.labels else 1.0

    @property
    def is_plain(self) -> bool:
        """Whether it is a tier of a speaker, as far as its name or most of its labels tell; people type others."""
        return _OWN_NAME.fullmatch(self.name) is not None or self.names_share > 0.5

    def __str__(self) -> str:
        return f'"{shown(self.name)}"'


def read_textgrid_turns(path: str | Path, *, tiers: Sequence[str | int] | None = None) -> Diarization:
    """Reads the turns in a TextGrid of any form.

    Args:
        path: of the file.
        tiers: names or numbers of the tiers of speakers; None for the rule that stands at the head of this module.

    Returns:
        The turns; start and end are those of the TextGrid.

    Raises:
        TextGridError: with the line or the interval, if the file cannot be read; if no tier belongs to a speaker, or
            tiers of speakers have no names or the same; and as `diarization_from_turns` says.
        NoSuchTierError: if no tier has a name or number that is wanted; it is a TextGridError.

    Warns:
        PhonsegWarning: with the tiers that were taken and left, if it is not certain that these are the speakers; and
            as `diarization_from_turns` says.
    """
    file = read_tiers(read_bytes(path), path)
    # Numbers of intervals, counted from 0.
    spoken = [[i for i, (*_, label) in enumerate(tier.intervals) if label.strip()] for tier in file.tiers]
    found = [
        _Tier(
            ListedTier(number, tier.name, HOLDS_INTERVALS if tier.kind == INTERVALS else HOLDS_POINTS),
            [tier.intervals[i][2].strip() for i in turns],
        )
        for number, (tier, turns) in enumerate(zip(file.tiers, spoken, strict=True), 1)
    ]
    chosen = _chosen(path, found, tiers)
    check_count(path, sum(len(tier.labels) for tier in chosen), "turns", MAX_TURNS)
    places = [(tier, i) for tier in chosen for i in spoken[tier.listed.number - 1]]
    return _diarization(
        path,
        chosen,
        [file.tiers[tier.listed.number - 1].intervals[i][:2] for tier, i in places],
        lambda k: f"interval {places[k][1] + 1} of tier {places[k][0]}",
        start=float(file.start),
        end=float(file.end),
    )


def read_elan_turns(path: str | Path, *, tiers: Sequence[str | int] | None = None) -> Diarization:
    """Reads the turns in an ELAN file.

    Args:
        path: of the file.
        tiers: names or numbers of the tiers of speakers; None for the rule that stands at the head of this module.

    Returns:
        The turns, in seconds from the start of the linked recording. The duration is the end of the last one.

    Raises:
        TextGridError: as for `read_textgrid_turns`; and if an annotation has no times of its own.
        NoSuchTierError: if no tier has a name or number that is wanted; it is a TextGridError.

    Warns:
        PhonsegWarning: as for `read_textgrid_turns`.
    """
    document = parsed_elan(path)
    found = [
        _Tier(ListedTier(number, tier.name, tier.holds), tier.labels, bool(tier.parent))
        for number, tier in enumerate(document.tiers, 1)
    ]
    chosen = _chosen(path, found, tiers)
    annotations = [one for tier in chosen for one in document.tiers[tier.listed.number - 1].annotations]
    tier_of = [tier for tier in chosen for _ in tier.labels]
    times = document.times(path, annotations).tolist()
    return _diarization(path, chosen, times, lambda k: f"annotation {shown(annotations[k][0])} of tier {tier_of[k]}")


def _diarization(
    path: str | Path,
    chosen: Sequence[_Tier],
    times: Sequence[Sequence[float]],
    place: Callable[[int], str],
    *,
    start: float = 0.0,
    end: float | None = None,
) -> Diarization:
    """The turns of the chosen tiers, one tier after the other."""
    named = [(tier.name, label.strip()) for tier in chosen for label in tier.labels]
    names = {tier.name for tier in chosen}
    others = [k for k, (name, label) in enumerate(named) if label != name and label in names]
    if others:
        problem = f'{place(others[0])} has the label "{shown(named[others[0]][1])}", the name of another tier'
        problem += f", and so have {len(others) - 1} more" if len(others) > 1 else ""
        remedy = "The tier says who speaks: if it was another speaker, move the turn to the tier of that speaker"
        warn(f"{path}: {problem}. {remedy}.")
    turns = [Turn(first, last, name) for (first, last), (name, _) in zip(times, named, strict=True)]
    return diarization_from_turns(path, turns, place, start=start, end=end)


def _chosen(path: str | Path, tiers: Sequence[_Tier], wanted: Sequence[str | int] | None) -> list[_Tier]:
    """The tiers of speakers."""
    timed = [tier for tier in tiers if tier.listed.holds == HOLDS_INTERVALS]
    if wanted is None:
        chosen = [tier for tier in timed if not (tier.depends or _NO_SPEAKER.fullmatch(tier.name))]
    else:
        listed = [tier.listed for tier in tiers]
        chosen = [tiers[i - 1] for i in dict.fromkeys(choose_tier(path, listed, one).number for one in wanted)]
    _check_names(path, chosen, tiers)
    left = [tier for tier in timed if tier not in chosen]
    doubtful = [tier for tier in left if tier.labels and tier.names_share == 1]
    is_certain = all(tier.is_plain for tier in chosen) and not doubtful
    if wanted is None and not is_certain:
        message = f"each of these tiers is read as the turns of a speaker: {_listed(chosen)}; left out: {_listed(left)}"
        warn(f"{path}: {message}. If that is wrong, {_REMEDY}.")
    return chosen


def _check_names(path: str | Path, chosen: Sequence[_Tier], tiers: Sequence[_Tier]) -> None:
    """Raises TextGridError if there is no tier of a speaker, or if one has no name or that of another one."""
    if not chosen:
        problem = f"no tier belongs to a speaker, as far as names tell (tiers: {_listed(tiers)})"
        raise TextGridError(f"{path}: {problem}. Give the tiers the names of the speakers, or {_REMEDY}.")
    names: set[str] = set()
    for tier in chosen:
        if not tier.name and tier.labels:
            raise TextGridError(f"{path}: tier {tier.listed.number} has no name. Give it that of its speaker.")
        if tier.name in names:
            raise TextGridError(f"{path}: two tiers are called {tier}. Give them the names of their speakers.")
        names.add(tier.name)


def _listed(tiers: Sequence[_Tier]) -> str:
    more = f" and {len(tiers) - _LISTED} more" if len(tiers) > _LISTED else ""
    return ", ".join(map(str, tiers[:_LISTED])) + more or "none"
