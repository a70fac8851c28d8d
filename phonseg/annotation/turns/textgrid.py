"""`Diarization` -> Praat TextGrid with a tier for each speaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from phonseg.annotation.intervals import Interval
from phonseg.annotation.textgrid.add_tiers import DURATION_SLACK
from phonseg.annotation.textgrid.tier import INTERVALS
from phonseg.annotation.textgrid.writer import CHECK, NewTier, save_textgrid, tiers_bytes
from phonseg.errors import TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.turns import Turn

PHONES = "phones"  # the name of the tier of speech sounds, which is below the speakers
NOBODY = "speaker 1"  # the name of the empty tier where nobody speaks, since a TextGrid without tiers is of no use


def write_turns_textgrid(
    diarization: Diarization,
    path: str | Path,
    *,
    phones: Segmentation | None = None,
    into: str | Path | None = None,
    overwrite: bool = False,
) -> None:
    """Writes a TextGrid with an interval tier for each speaker, or adds these tiers to a TextGrid.

    A tier has the name of the speaker, and so has each turn in it; where the speaker is silent, there is an empty
    interval. Every time reads back as the same number, bit for bit; with `into`, what ends with the recording ends
    where that TextGrid ends. If nobody speaks, there is one empty tier `speaker 1`.

    Args:
        diarization: what to write. The tiers are in the order in which the speakers first speak.
        path: of the file, which is replaced if it exists.
        phones: boundaries of the same recording, for a tier `phones` below the speakers.
        into: a TextGrid (which may be `path`) to which the tiers are added, and in which nothing else changes; None for
            a new TextGrid. See `phonseg.annotation.textgrid.add_tiers`.
        overwrite: whether tiers of the same names in `into` are replaced. A tier of a speaker whom this diarization
            does not have stays.

    Raises:
        TextGridError: if the duration is 0; if a name or label holds a carriage return, a null character or a
            surrogate; if a speaker is called phones or check; if `phones` has another start or duration; if the tiers
            cannot be added to `into`.
        OutputError: if the file cannot be written.
    """
    names = (*(diarization.speakers or [NOBODY]), PHONES)
    save_textgrid(turns_textgrid_bytes(diarization, path, phones), path, into, names if overwrite else ())


def turns_textgrid_bytes(diarization: Diarization, path: str | Path, phones: Segmentation | None = None) -> bytes:
    """Makes a TextGrid with an interval tier for each speaker, as `write_turns_textgrid` does.

    Args:
        diarization: what to write.
        path: what messages name.
        phones: boundaries of the same recording, for a tier `phones` below the speakers.

    Returns:
        The whole file.

    Raises:
        TextGridError: as for `write_turns_textgrid`.
    """
    start, end = diarization.start, diarization.end
    turns: dict[str, list[Turn]] = {speaker: [] for speaker in diarization.speakers or [NOBODY]}
    for turn in diarization:
        turns[turn.speaker].append(turn)
    if taken := [name for name in (PHONES, CHECK) if name in turns]:
        problem = f"a speaker is called {taken[0]}, as a tier that does not hold turns is"
        raise TextGridError(f"{path}: {problem}. Give the speaker another name.")
    tiers = [NewTier(INTERVALS, speaker, _with_gaps(own, start, end)) for speaker, own in turns.items()]
    if phones is not None:
        tiers.append(NewTier(INTERVALS, PHONES, list(_fitted(phones, diarization, path).intervals())))
    return tiers_bytes(tiers, start, end, path)


def _with_gaps(turns: Sequence[Turn], start: float, end: float) -> list[Interval]:
    """The turns of one speaker and the gaps between them: intervals without a break, from start to end."""
    intervals: list[Interval] = []
    for turn in turns:
        if turn.start > start:
            intervals.append((start, turn.start, ""))
        intervals.append(turn[:3])
        start = turn.end
    return [*intervals, (start, end, "")] if start < end else intervals


def _fitted(phones: Segmentation, diarization: Diarization, path: str | Path) -> Segmentation:
    """The same boundaries, in a segmentation that ends where the diarization ends."""
    last = phones.boundaries[-1] if len(phones.boundaries) else phones.start
    off = abs(phones.duration - diarization.duration)
    if phones.start != diarization.start or off > DURATION_SLACK or last >= diarization.end:
        own, other = (f"from {one.start:g} to {one.end} s" for one in (diarization, phones))
        raise TextGridError(f"{path}: the turns run {own} and the phones {other}. Give phones of the same recording.")
    return replace(phones, duration=diarization.duration)
