"""A diarization -> HTML for a notebook: a picture, its sound, and a button over every turn, which plays it.

Where the recording cannot be read, only a table of the turns remains.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonseg.display.figure import plain
from phonseg.display.page import LONGEST_PLAYER, Part, Table, no_player_html, number, player_html, player_window
from phonseg.display.turns.lanes import Bar, bars_of
from phonseg.display.turns.plot import draw_turns
from phonseg.display.window import open_for
from phonseg.errors import PhonsegError
from phonseg.timeline.diarization import Diarization

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HINT = "Click a turn, or its number in the table, to hear it; click the waveform to hear all."


@dataclass(frozen=True, eq=False)
class TurnPlayer:
    """A window of a recording, to see and hear in a notebook, turn by turn.

    Attributes:
        diarization: the diarization.
        start: seconds; None for the beginning of the recording.
        end: seconds, at most 30 s after the start; None for 30 s after the start or the end of the recording.

    Raises:
        AudioError: if the recording cannot be read.
        ConfigurationError: if there is no recording, or the window is not inside it or not 20 ms to 30 s long.
    """

    diarization: Diarization
    start: float | None = None
    end: float | None = None

    def __post_init__(self) -> None:
        with warnings.catch_warnings(action="ignore"):  # `diarize` has given them already
            player_window(open_for(self.diarization), self.start, self.end)

    def _repr_html_(self) -> str:
        return show_turns(self.diarization, self.start, self.end)


def show_turns(diarization: Diarization, start: float | None = None, end: float | None = None) -> str:
    """Returns the HTML of a `TurnPlayer`, or a table with the reason why there is no picture. It raises no error.

    Args:
        diarization: the diarization.
        start: seconds; None for the beginning of the recording.
        end: seconds; None for 30 s after the start or the end of the recording.
    """
    # `diarize` has given the warnings already, and letters that no font has are visible.
    with warnings.catch_warnings(action="ignore"):
        try:
            recording = open_for(diarization)
            window = player_window(recording, start, end)
            figure = draw_turns(diarization, recording, *window)
            bars = bars_of(diarization, diarization.speakers, *window)
            what = "Waveform and turns", f"{len(bars)} turns"
            table = _table(diarization, bars, window)
            return player_html(figure, recording, window, _parts(figure, bars, window), table, what=what, hint=HINT)
        except (PhonsegError, OSError, ValueError) as error:  # ValueError: of a file object that was closed
            first = diarization.start if start is None else start
            last = min(diarization.end, first + LONGEST_PLAYER if end is None else end)
            bars = bars_of(diarization, diarization.speakers, first, last)
            return no_player_html(error, _table(diarization, bars, (first, last)))


def _parts(figure: Figure, bars: list[Bar], window: tuple[float, float]) -> Iterator[Part]:
    """The whole, over the waveform, and each turn in its lane."""
    waveform, lanes = (axes.get_position() for axes in figure.axes)
    total = waveform.y1 - lanes.y0
    yield Part(*window, f"all, {number(window[0])} to {number(window[1])} s", (0.0, waveform.height / total))
    height = lanes.height / figure.axes[1].get_ylim()[0]
    for bar in bars:
        name = f"turn {bar.number}, {plain(bar.turn.speaker)}, {bar.turn.start:.3f} to {bar.turn.end:.3f} s"
        top = waveform.y1 - lanes.y1 + bar.lane * height
        yield Part(bar.turn.start, bar.turn.end, name, (top / total, height / total))


def _table(diarization: Diarization, bars: list[Bar], window: tuple[float, float]) -> Table:
    rows = [(str(i), turn.speaker, *_numbers(turn.start, turn.end), _score(turn.score)) for turn, i, _ in bars]
    summary = f"{len(rows)} of {len(diarization)} turns, {number(window[0])} to {number(window[1])} s"
    return Table(summary, ("turn", "speaker", "start (s)", "end (s)", "length (s)", "score"), rows)


def _numbers(start: float, end: float) -> tuple[str, str, str]:
    return f"{start:.3f}", f"{end:.3f}", f"{end - start:.3f}"


def _score(score: float) -> str:
    return "" if math.isnan(score) else f"{score:.2f}"
