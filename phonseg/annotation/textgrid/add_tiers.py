"""Tiers added to a TextGrid that is there already, in which not a byte changes but the number of tiers.

The file keeps its form (long or short text, binary), its encoding, its ends of lines and everything else in it; new
tiers stand after the others, or in the place of those that they replace.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from phonseg.annotation.textgrid.parser import WORD, GridFile, check_start, open_textgrid
from phonseg.errors import TextGridError

# Seconds: what other programs lose where they round to milliseconds, or to whole frames.
DURATION_SLACK = 0.010


def add_tiers(base: bytes, new: bytes, path: str | Path, *, replaceable: Collection[str] = ()) -> bytes:
    """A TextGrid to which the tiers of another are added, one that phonseg wrote.

    base: the whole file, called `path`. replaceable: names of tiers that may be replaced, where they stand. Where
    the durations differ by rounding alone (10 ms at most) the new tiers end where the TextGrid does.

    Raises TextGridError where the file is damaged, does not start at 0 s or has another duration, where it has a tier
    of that name (and it is not replaceable, or there are several), or where its encoding cannot hold the new labels.
    """
    text = new.decode()
    ours, file = open_textgrid(new, path), open_textgrid(base, path)
    _check_extent(ours, file, path)
    edits: list[tuple[slice, bytes]] = []
    last = file.tiers[-1].place.stop if file.tiers else file.count.stop
    more, number = b"", len(file.tiers)
    for tier in ours.tiers:
        place = _place(file, tier.name, path, replaceable)
        ends = {ours.end: file.end}
        body = WORD.sub(lambda word: ends.get(word[0], word[0]), text[tier.place])  # noqa: B023  # used at once
        if place:
            edits.append((place, file.written(body, None)))
        else:
            number += 1
            more += file.written(body, number)
    edits += [(slice(last, last), more), (file.count, file.counted(number))]
    result, reached = b"", 0
    for place, data in sorted(edits, key=lambda edit: (edit[0].start, edit[0].stop)):
        result += file.bytes_of(slice(reached, place.start)) + data
        reached = place.stop
    return result + file.bytes_of(slice(reached, None))


def existing_tiers(base: bytes, names: Collection[str], path: str | Path) -> list[str]:
    """Which of these names tiers of a TextGrid have. Raises TextGridError where it is damaged."""
    there = [tier.name for tier in open_textgrid(base, path).tiers]
    return [name for name in names if name in there]


def _place(file: GridFile, name: str, path: str | Path, replaceable: Collection[str]) -> slice | None:
    """Where the tier of that name stands that is to be replaced; None if there is none."""
    same = [tier.place for tier in file.tiers if tier.name == name]
    if len(same) > 1:
        raise TextGridError(f'{path}: {len(same)} tiers are called "{name}". Give them different names in Praat.')
    if same and name not in replaceable:
        raise TextGridError(f'{path}: has a tier called "{name}" already. Overwrite it, or take another name.')
    return same[0] if same else None


def _check_extent(ours: GridFile, file: GridFile, path: str | Path) -> None:
    check_start(file, path, 0)
    end, duration = float(file.end), float(ours.end)
    latest = max(tier.intervals[-1][0] for tier in ours.tiers if tier.intervals)
    if not (abs(end - duration) <= DURATION_SLACK + 1e-9 and latest < end):
        raise TextGridError(
            f"{path}: the TextGrid lasts {end} s and the recording {duration} s. Give the TextGrid of this recording, "
            "or write one of its own."
        )
