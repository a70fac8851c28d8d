"""TextGrids written by hand, and what Praat itself sees in one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import parselmouth
from parselmouth.praat import call

Intervals = Sequence[tuple[float, float, str]]

PLAIN: Intervals = [(0, 0.25, ""), (0.25, 0.5, "ʃ"), (0.5, 0.75, 'a "b"'), (0.75, 1, "")]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def long(tiers: dict[str, Intervals], start: float = 0, end: float = 1) -> str:
    text = f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = {start} \nxmax = {end} \n'
    text += f"tiers? <exists> \nsize = {len(tiers)} \nitem []: \n"
    for i, (name, intervals) in enumerate(tiers.items(), 1):
        text += f'    item [{i}]:\n        class = "IntervalTier" \n        name = {quoted(name)} \n'
        text += f"        xmin = {start} \n        xmax = {end} \n        intervals: size = {len(intervals)} \n"
        for j, (first, last, label) in enumerate(intervals, 1):
            text += f"        intervals [{j}]:\n            xmin = {first} \n            xmax = {last} \n"
            text += f"            text = {quoted(label)} \n"
    return text


def short(tiers: dict[str, Intervals]) -> str:
    text = f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n{len(tiers)}\n'
    for name, intervals in tiers.items():
        text += f'"IntervalTier"\n{quoted(name)}\n0\n1\n{len(intervals)}\n'
        text += "".join(f"{first}\n{last}\n{quoted(label)}\n" for first, last, label in intervals)
    return text


def file(folder: Path, content: str | bytes) -> Path:
    path = folder / "grid.TextGrid"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def in_praat(path: Path, tier: int = 1) -> list[tuple[float, float, str]]:
    grid = parselmouth.read(str(path))
    queries = ("Get start time of interval", "Get end time of interval", "Get label of interval")
    count = call(grid, "Get number of intervals", tier)
    return [tuple(call(grid, query, tier, i + 1) for query in queries) for i in range(count)]


def praat_reads(content: bytes) -> list[tuple[float, float, str]]:
    """The intervals of the first tier of a whole file."""
    with tempfile.TemporaryDirectory() as folder:
        return in_praat(file(Path(folder), content))
