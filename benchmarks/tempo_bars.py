"""What a change of tempo should reach, and what of it is missed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markdown_table import table
from tempo_measures import FACTORS

BARS: Mapping[str, Sequence[float]] = {  # at each of FACTORS: at most, or (LEAST) at least
    "mel": (1.05, 1.0, 1.1, 1.75),  # dB
    "attack": (0.5,) * 4,  # dB
    "over 6 dB": (0.03,) * 4,  # share of the bursts
    "shift": (2.0,) * 4,  # ms
    "F0": (5, 5.5, 9, 12),  # cents
    "F1": (0.92, 0.93, 0.94, 0.88),
    "drift": (math.inf, 35, math.inf, math.inf),  # ms
    "rendering": (100,) * 4,  # times real time, on one core
    "whole": (60,) * 4,
}
LEAST = frozenset({"F1", "rendering", "whole"})
GAIN = 3.0  # ms by which natural timing should be nearer to the map of phonseg than to an even one
LAG, COHERENCE = 1, 0.95  # samples by which the lag between channels may change; correlation that should be left


def missed(figures: Mapping[str, float], factor: float) -> list[str]:
    """The names of the bars that are not reached. What is NaN or not there was not measured and cannot be missed."""
    place = FACTORS.index(factor)
    return [
        name
        for name, bars in BARS.items()
        if not math.isnan(found := figures.get(name, math.nan))
        and (found < bars[place] if name in LEAST else found > bars[place])
    ]


def bars() -> str:
    """The bars as a table."""
    rows = [
        [name, "at least" if name in LEAST else "at most", *("-" if math.isinf(bar) else f"{bar:g}" for bar in limits)]
        for name, limits in BARS.items()
    ]
    return table(["bar", "", *(f"{factor:g}" for factor in FACTORS)], rows, words=2)
