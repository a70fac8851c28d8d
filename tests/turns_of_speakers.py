"""Turns for tests: by hand, random, and in RTTM files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hypothesis import strategies as st

from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

LONG = 60.0  # seconds: random turns end before


def talk(*turns: tuple[float, float, str], duration: float = LONG) -> Diarization:
    """A diarization from (start, end, speaker)."""
    return Diarization(tuple(Turn(*turn) for turn in turns), duration)


def without_overlap(turns: Iterable[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Those turns, in order, that begin after the turn before of the same speaker."""
    last: dict[str, float] = {}
    kept = []
    for start, end, speaker in sorted(turns):
        if start >= last.get(speaker, 0.0):
            kept.append((start, end, speaker))
            last[speaker] = end
    return kept


def talks(names: Sequence[str], seconds: st.SearchStrategy[float], most: int = 12) -> st.SearchStrategy[Diarization]:
    """Random turns, whose starts and lengths are sums of such seconds."""
    turn = st.builds(
        lambda start, more, length, who: (start + more, start + more + length, who),
        st.integers(0, 20).map(float),
        seconds,
        seconds,
        st.sampled_from(names),
    )
    return st.lists(turn, max_size=most).map(lambda turns: talk(*without_overlap(turns)))


def write_rttm(path: Path, turns: Iterable[tuple[float, float, str]]) -> Path:
    """Writes turns as lines of RTTM."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"SPEAKER {path.stem} 1 {a:.3f} {b - a:.3f} <NA> <NA> {who} <NA> <NA>\n" for a, b, who in turns)
    path.write_text("".join(lines), "utf-8")
    return path
