"""Bytes of a TextGrid and of new tiers -> bytes of the TextGrid with these tiers.

Only the number of tiers changes, and the tiers that are replaced or removed. The file keeps its form (long or short
text, binary), its encoding, its line ends and everything else in it. New tiers stand after the others, or in place of
those they replace.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from phonseg.annotation.textgrid.parser import GridFile, open_textgrid
from phonseg.annotation.textgrid.tier import Tier
from phonseg.annotation.textgrid.tokens import WORD
from phonseg.errors import TextGridError

DURATION_SLACK = 0.010  # seconds: what other programs lose when they round to milliseconds or to whole frames


def add_tiers(
    base: bytes,
    new: bytes,
    path: str | Path,
    *,
    replaceable: Collection[str] = (),
    stale: Collection[str] = (),
) -> bytes:
    """Adds the tiers of a TextGrid that phonseg wrote to another TextGrid.

    Args:
        base: the whole file that the tiers are added to. If its duration differs by rounding alone (10 ms at most), the
            new tiers end where it ends.
        new: the whole file that phonseg wrote.
        path: of `base`, for messages.
        replaceable: names of tiers that are replaced, at their place, if `new` has tiers of the same name.
        stale: names of tiers that are removed, unless `new` has tiers of the same name.

    Returns:
        The whole file with the tiers.

    Raises:
        TextGridError: if `base` is damaged, starts elsewhere or has another duration, has a tier of the same name
            that is not replaceable, has several tiers of the name of one that is replaced or removed, or its encoding
            lacks a character of the new tiers.
    """
    added, file = open_textgrid(new, path), open_textgrid(base, path)
    _check_extent(added, file, path)
    last = file.tiers[-1].place.stop if file.tiers else file.count.stop
    removed = set(stale).difference(tier.name for tier in added.tiers)
    for name in sorted(removed):
        _place(file, name, path, removed)
    edits = [(place, b"") for place in _cut_out(file.tiers, removed)]
    number = len(file.tiers) - len(edits)
    for tier in added.tiers:
        place = _place(file, tier.name, path, replaceable)
        body = added.bytes_of(tier.place).decode()
        body = WORD.sub(lambda word: file.end if word[0] == added.end else word[0], body)
        number += place is None
        edits.append((place or slice(last, last), file.written(body, None if place else number)))
    edits.append((file.count, file.counted(number)))
    result, reached = b"", 0
    for place, data in sorted(edits, key=lambda edit: (edit[0].start, edit[0].stop)):
        result += file.bytes_of(slice(reached, place.start)) + data
        reached = place.stop
    return result + file.bytes_of(slice(reached, None))


def existing_tiers(base: bytes, path: str | Path) -> list[str]:
    """Returns the names of the tiers in a TextGrid.

    Args:
        base: the whole file.
        path: of the file, for messages.

    Raises:
        TextGridError: if the file is damaged.
    """
    return [tier.name for tier in open_textgrid(base, path).tiers]


def _cut_out(tiers: Sequence[Tier], names: Collection[str]) -> list[slice]:
    """What is cut out so that tiers of these names are gone. Tiers that follow keep their numbers, which are comments.

    A tier is cut out with the head of the next one, which its own head then serves. The last tiers are cut out with
    their own heads.
    """  # noqa: DOC201
    gone = [tier.name in names for tier in tiers]
    places: list[slice] = []
    for i, tier in enumerate(tiers):
        if gone[i] and not all(gone[i:]):
            places.append(slice(tier.place.start, tiers[i + 1].place.start))
        elif gone[i]:
            places.append(slice(tiers[i - 1].place.stop if i else tier.place.start, tier.place.stop))
    return places


def _place(file: GridFile, name: str, path: str | Path, replaceable: Collection[str]) -> slice | None:
    """The place of the tier to replace; None if there is no tier of that name."""
    same = [tier.place for tier in file.tiers if tier.name == name]
    if len(same) > 1:
        raise TextGridError(f'{path}: {len(same)} tiers are called "{name}". Give them different names in Praat.')
    if same and name not in replaceable:
        raise TextGridError(f'{path}: has a tier called "{name}" already. Overwrite it, or take another name.')
    return same[0] if same else None


def _check_extent(added: GridFile, file: GridFile, path: str | Path) -> None:
    start, end, own_start, own_end = (float(time) for time in (file.start, file.end, added.start, added.end))
    if start != own_start:
        problem = f"the TextGrid starts at {start} s, whereas the recording starts at {own_start:g} s"
        raise TextGridError(f'{path}: {problem}. Shift it in Praat (Modify > Modify times > "Shift times to...").')
    latest = max(tier.intervals[-1][0] for tier in added.tiers if tier.intervals)
    if not (abs(end - own_end) <= DURATION_SLACK + 1e-9 and latest < end):
        problem = f"the TextGrid lasts {end - start} s and the recording {own_end - own_start} s"
        raise TextGridError(f"{path}: {problem}. Give the TextGrid of this recording, or write a new one.")
