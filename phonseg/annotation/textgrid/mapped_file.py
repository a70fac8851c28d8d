"""A TextGrid and a time map -> the TextGrid of the recording whose tempo was changed.

Only times change: the file keeps its form (long, short or chronological text, binary), its encoding, its line ends, its
comments and every label, byte for byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from phonseg.annotation.encodings import decoded, read_bytes
from phonseg.annotation.intervals import decimal
from phonseg.annotation.textgrid.binary_file import BinaryFile
from phonseg.annotation.textgrid.chronological_file import CHRONOLOGICAL_HEAD, ChronologicalFile
from phonseg.annotation.textgrid.parser import read_tiers
from phonseg.annotation.textgrid.text_file import HEAD, TextFile
from phonseg.annotation.textgrid.tier import INTERVALS
from phonseg.annotation.textgrid.tokens import WORD
from phonseg.errors import TextGridError
from phonseg.system.atomic_files import replacing
from phonseg.timeline.mapped import fitted
from phonseg.timeline.time_map import TimeMap


def map_textgrid(time_map: TimeMap, path: str | Path, new_path: str | Path) -> None:
    """Writes a TextGrid in new time, with all its tiers. It ends where the new recording ends.

    Args:
        time_map: the map of the recording.
        path: of the TextGrid.
        new_path: of the file to write, which is replaced if it exists. It may be `path`.

    Raises:
        TextGridError: if the TextGrid cannot be read, or begins or ends elsewhere than the recording, by more than
            0.1 s.
        OutputError: if the file cannot be written.
    """
    data = mapped_textgrid(time_map, read_bytes(path), path)
    with replacing(new_path) as partial:
        partial.write_bytes(data)


def mapped_textgrid(time_map: TimeMap, base: bytes, path: str | Path) -> bytes:
    """Returns a TextGrid in new time.

    Args:
        time_map: the map of the recording.
        base: the whole file.
        path: what messages name.

    Returns:
        The whole file.

    Raises:
        TextGridError: if the TextGrid is damaged, or begins or ends elsewhere than the recording, by more than 0.1 s.
    """
    file = read_tiers(base, path)
    start, end = float(file.start), float(file.end)
    if not time_map.is_of(start, end):
        of_map = f"and the recording of the time map from {time_map.old[0]:g} to {time_map.old[-1]:g} s"
        raise TextGridError(
            f"{path}: lasts from {start:g} to {end:g} s, {of_map}. Give the TextGrid of that recording."
        )
    times = np.array([time for tier in file.tiers for one in tier.intervals for time in one[:2]])
    time_map = fitted(time_map, start, end, times)
    return _mapped_binary(time_map, base, file) if isinstance(file, BinaryFile) else _mapped_text(time_map, base, file)


def _mapped_binary(time_map: TimeMap, base: bytes, file: BinaryFile) -> bytes:
    new = bytearray(base)
    old = [struct.unpack_from(">d", base, place)[0] for place in file.times]
    for place, time in zip(file.times, time_map(old).tolist(), strict=True):
        struct.pack_into(">d", new, place, time)
    return bytes(new)


def _mapped_text(time_map: TimeMap, base: bytes, file: TextFile | ChronologicalFile) -> bytes:
    codec, text = decoded(base)
    head = CHRONOLOGICAL_HEAD if isinstance(file, ChronologicalFile) else HEAD
    found = WORD.finditer(text, text.find(head) + len(head))
    tokens = [word.span() for word in found if word["token"]]
    words = [text[slice(*span)] for span in tokens]
    are_times = _chronological(words, file) if isinstance(file, ChronologicalFile) else _in_order(text, file)
    places = [span for span, is_time in zip(tokens, are_times, strict=True) if is_time]
    reached, parts = 0, []
    new = time_map([float(text[slice(*place)]) for place in places]).tolist()
    for (start, end), time in zip(places, new, strict=True):
        parts += [text[reached:start], decimal(time)]
        reached = end
    return "".join([*parts, text[reached:]]).encode(codec, "surrogatepass")


def _in_order(text: str, file: TextFile) -> Iterator[bool]:
    """Whether each token after the head of a long or a short file is a time."""
    yield from (True, True, False)
    if not text[file.count].startswith("<"):  # there are tiers, and their number
        yield False
    for tier in file.tiers:
        yield from (False, False, True, True, False)
        for _ in tier.intervals:
            yield True
            if tier.kind == INTERVALS:
                yield True
            yield False


def _chronological(words: Sequence[str], file: ChronologicalFile) -> Iterator[bool]:
    """Whether each token after the head of a chronological file is a time."""
    yield from (True, True, False)
    for _ in file.tiers:
        yield from (False, False, True, True)
    done = 3 + 4 * len(file.tiers)
    while done < len(words):
        times = 2 if file.tiers[int(float(words[done])) - 1].kind == INTERVALS else 1
        yield from (False, *[True] * times, False)
        done += times + 2
