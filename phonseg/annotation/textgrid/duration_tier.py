"""Praat's DurationTier <-> the knots of a time map.

A DurationTier holds how many times as long each moment takes: points, with straight lines between them. A time map has
one such ratio between two knots, and another after the next knot; so it becomes two points, just before and just after
each knot. Source: https://www.fon.hum.uva.nl/praat/manual/DurationTier.html, and the files that Praat writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from phonseg.annotation.encodings import decoded, encoding, read_bytes
from phonseg.annotation.intervals import NUMBER, decimal, shown
from phonseg.annotation.textgrid.parser import TEXT_FILE
from phonseg.annotation.textgrid.tokens import COUNT, TIME, Tokens, tokens
from phonseg.errors import TextGridError
from phonseg.system.atomic_files import replacing
from phonseg.timeline.grid import Times

if TYPE_CHECKING:
    from phonseg.timeline.time_map import TimeMap

APART = 1e-7  # seconds from a knot to either of its two points
SAME_RATIO = 1e-12  # ratios that differ by less, as a share, are the same one, rounded
EXACT = 2e-7  # seconds by which a map may differ from the curve that it follows
MOST_KNOTS = 1_000  # between two points
LEAST, MOST = 1e-3, 1e3  # of a ratio
MAX_BYTES = 256_000_000  # an hour of speech that phonseg has made slower takes 110 million
CLASS = '"DurationTier"'
BINARY = b"ooBinaryFile"
ADVICE = "Give a DurationTier that Praat has saved as a text file."


def write_duration_tier(time_map: TimeMap, path: str | Path) -> None:
    """Writes a map as a DurationTier, in Praat's long text form.

    Praat 6 makes the map of it to less than a microsecond.

    Args:
        time_map: the map. Where its new time begins is not in the file.
        path: of the file, which is replaced if it exists.

    Raises:
        OutputError: if the file cannot be written.
    """
    with replacing(path) as partial:
        partial.write_bytes(duration_tier_bytes(time_map))


def duration_tier_bytes(time_map: TimeMap) -> bytes:
    """Returns a map as a DurationTier.

    Args:
        time_map: the map. Where its new time begins is not in the file.

    Returns:
        The whole file.
    """
    old, ratios = time_map.old, time_map.ratios
    changes = np.flatnonzero(np.abs(np.diff(ratios)) > SAME_RATIO * ratios[1:]) + 1  # knots at which the ratio changes
    knots = old[changes]
    lengths = np.diff([old[0], *knots, old[-1]])
    apart = np.minimum(APART, np.minimum(lengths[:-1], lengths[1:]) / 4)
    times = np.concatenate([old[:1], np.stack([knots - apart, knots + apart], axis=1).ravel(), old[-1:]])
    values = np.repeat(ratios[[0, *changes]], 2)
    text = f'File type = "ooTextFile"\nObject class = {CLASS}\n\nxmin = {decimal(old[0])}\nxmax = {decimal(old[-1])}\n'
    text += f"points: size = {len(times)}\n"
    for i, (time, value) in enumerate(zip(times.tolist(), values.tolist(), strict=True), 1):
        text += f"points [{i}]:\n    number = {decimal(time)}\n    value = {decimal(value)}\n"
    return text.encode()


def read_duration_tier(path: str | Path) -> tuple[Times, Times]:
    """Reads the map that Praat makes of a DurationTier: text, long or short, in UTF-8, UTF-16 or Latin-1.

    Where the ratio changes gradually, knots lie so close that the map follows the curve to a fifth of a microsecond (or
    are a thousand between two points).

    Args:
        path: of the file.

    Returns:
        (K,) old and (K,) new times of the knots, in seconds. The new time begins where the old one does.

    Raises:
        TextGridError: if the file cannot be read, is no DurationTier in text form, or is damaged; if it has no points,
            no length, or a ratio below 0.001 or above 1000.
    """
    start, end, points = _points(read_bytes(path, MAX_BYTES), path)
    if not start < end:
        raise TextGridError(f"{path}: lasts from {start:g} to {end:g} s, which is no time. {ADVICE}")
    if not len(points):
        raise TextGridError(f"{path}: has no points, so it tells no duration. Add one in Praat.")
    for time, value in points:
        if not LEAST <= value <= MOST:
            wanted = f"Durations must be {LEAST:g} to {MOST:g} times as long; correct it."
            raise TextGridError(f"{path}: the point at {time:g} s is {value:g}. {wanted}")
    times, values = points[np.argsort(points[:, 0], kind="stable")].T
    ends = np.interp([start, end], times, values)  # Praat holds the first and the last value beyond the points
    inside = (start < times) & (times < end)
    times, values = np.array([start, *times[inside], end]), np.array([ends[0], *values[inside], ends[1]])
    return _knots(_joined(times), values)


def _points(data: bytes, path: str | Path) -> tuple[float, float, Times]:
    """Start and end, and the (n, 2) times and values of the points in the order of the file."""
    head = TEXT_FILE.search(data[:400].decode(encoding(data) or "latin-1", "replace")[:200])
    if head is None or head[1] != CLASS:
        kind = "a binary file of Praat" if data.startswith(BINARY) else "no text file of Praat"
        kind = f"a Praat file with a {head[1][1:-1]}" if head else kind
        raise TextGridError(f"{path}: is {kind}. {ADVICE}")
    try:
        text = decoded(data)[1]
        found = Tokens(text, text.find(CLASS) + len(CLASS))
        start, end, count = float(found.take(TIME)[0]), float(found.take(TIME)[0]), int(float(found.take(COUNT)[0]))
        numbers = tokens(text[found.at :])
        if len(numbers) != 2 * count:
            raise ValueError(
                f"it says that it has {count} points, and holds {len(numbers)} numbers instead of {2 * count}"
            )
        if wrong := next((one for one in numbers if not NUMBER.fullmatch(one)), ""):
            raise ValueError(f"{shown(wrong)} stands instead of a number")
    except ValueError as error:
        raise TextGridError(f"{path}: is damaged ({error}). {ADVICE}") from error
    return start, end, np.array(numbers, np.float64).reshape(-1, 2)


def _joined(times: Times) -> Times:
    """The same times, where both points of a knot are at the knot."""
    joined, done = times.copy(), 0
    for i in np.flatnonzero(np.diff(times) <= 2.1 * APART).tolist():
        if done <= i and 0 < i < len(times) - 2:
            joined[i : i + 2] = (times[i] + times[i + 1]) / 2
            done = i + 2
    return joined


def _knots(times: Times, values: Times) -> tuple[Times, Times]:
    """The map whose slope goes straight from value to value."""
    widths = np.diff(times)
    there = widths > 0
    lefts, rights, widths, firsts, rises = (
        times[:-1][there],
        times[1:][there],
        widths[there],
        values[:-1][there],
        np.diff(values)[there],
    )
    # A straight line differs from the curve by |rise| width / 8 at most, and n of them by n^2 times less.
    counts = np.clip(np.ceil(np.sqrt(np.abs(rises) * widths / 8 / EXACT)), 1, MOST_KNOTS).astype(int)
    which = np.repeat(np.arange(len(counts)), counts)
    shares = (np.arange(len(which)) - (np.cumsum(counts) - counts)[which] + 1) / counts[which]
    old = np.where(shares == 1, rights[which], lefts[which] + shares * widths[which])
    reached = times[0] + np.append(0, np.cumsum(widths * (firsts + rises / 2)))
    new = reached[which] + widths[which] * shares * (firsts[which] + shares * rises[which] / 2)
    old, new = np.append(times[0], old), np.append(times[0], new)
    apart = np.append(True, (np.diff(old) > 0) & (np.diff(new) > 0))  # not where points nearly coincide
    return old[apart], new[apart]
