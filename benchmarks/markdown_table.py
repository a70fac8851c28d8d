"""Texts and numbers -> a Markdown table."""

from __future__ import annotations

import math
from collections.abc import Sequence


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, words: int = 1) -> str:
    """A Markdown table with padded columns. words: how many columns on the left hold words; the others hold numbers."""
    lines = [[cell.replace("|", "\\|") for cell in line] for line in (titles, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    rule = ["-" * width if column < words else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    padded = [
        [f"{cell:{'<' if column < words else '>'}{widths[column]}}" for column, cell in enumerate(line)]
        for line in (lines[0], rule, *lines[1:])
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)


def percent(share: float | None, *, sign: str = "") -> str:
    """A share in percent with one decimal; "-" for None or NaN. sign: "+" to also show plus signs."""
    return number(None if share is None else 100 * share, sign=sign)


def number(value: float | None, *, sign: str = "") -> str:
    """A number with one decimal; "-" for None or NaN. sign: "+" to also show plus signs."""
    return "-" if value is None or math.isnan(value) else f"{value:{sign}.1f}"
