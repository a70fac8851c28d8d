"""A segmentation -> HTML for a notebook: a picture, its sound, and a button over every segment, which plays it.

Where the recording cannot be read, only a table of the segments remains.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from phonseg.display.figure import plain
from phonseg.display.page import LONGEST_PLAYER, Part, Table, no_player_html, number, player_html, player_window
from phonseg.display.plot import draw_recording
from phonseg.display.window import open_for
from phonseg.errors import PhonsegError
from phonseg.timeline.segmentation import Segmentation


@dataclass(frozen=True, eq=False)
class Player:
    """A window of a recording, to see and hear in a notebook.

    Attributes:
        segmentation: the segmentation.
        start: seconds; None for the beginning of the recording.
        end: seconds, at most 30 s after the start; None for 30 s after the start or the end of the recording.
        reference: drawn beside the segmentation, see `phonseg.display.plot.plot_segmentation`.

    Raises:
        AudioError: if the recording cannot be read.
        ConfigurationError: if there is no recording, or the window is not inside it or not 20 ms to 30 s long.
    """

    segmentation: Segmentation
    start: float | None = None
    end: float | None = None
    reference: Segmentation | None = None

    def __post_init__(self) -> None:
        with warnings.catch_warnings(action="ignore"):  # `segment` has given them already
            player_window(open_for(self.segmentation), self.start, self.end)

    def _repr_html_(self) -> str:
        return show(self.segmentation, self.start, self.end, reference=self.reference)


def show(
    segmentation: Segmentation,
    start: float | None = None,
    end: float | None = None,
    *,
    reference: Segmentation | None = None,
) -> str:
    """Returns the HTML of a `Player`, or a table with the reason why there is no picture. It raises no error.

    Args:
        segmentation: the segmentation.
        start: seconds; None for the beginning of the recording.
        end: seconds; None for 30 s after the start or the end of the recording.
        reference: drawn beside the segmentation.
    """
    # `segment` has given the warnings already, and letters that the font lacks are visible.
    with warnings.catch_warnings(action="ignore"):
        try:
            recording = open_for(segmentation)
            window = player_window(recording, start, end)
            figure = draw_recording(segmentation, recording, *window, reference=reference)
            parts = [
                Part(left, right, _name(i, left, right, label))
                for i, left, right, label in _within(segmentation, window)
            ]
            what = "Waveform, spectrogram and segments", f"{len(parts)} segments"
            hint = "Click a segment to hear it."
            return player_html(figure, recording, window, parts, _table(segmentation, window), what=what, hint=hint)
        except (PhonsegError, OSError, ValueError) as error:  # ValueError: of a file object that was closed
            first = segmentation.start if start is None else start
            last = min(segmentation.end, first + LONGEST_PLAYER if end is None else end)
            return no_player_html(error, _table(segmentation, (first, last)))


def _within(segmentation: Segmentation, window: tuple[float, float]) -> list[tuple[int, float, float, str]]:
    """(number from 1, start, end, label) of the segments that lie in a window, at least in part."""
    start, end = window
    segments = enumerate(segmentation.intervals(), 1)
    return [(number, *segment) for number, segment in segments if segment[0] < end and segment[1] > start]


def _table(segmentation: Segmentation, window: tuple[float, float]) -> Table:
    rows = [
        (str(i), f"{left:.3f}", f"{right:.3f}", f"{1000 * (right - left):.0f}", label)
        for i, left, right, label in _within(segmentation, window)
    ]
    summary = f"{len(rows)} of {len(segmentation)} segments, {number(window[0])} to {number(window[1])} s"
    return Table(summary, ("segment", "start (s)", "end (s)", "length (ms)", "label"), rows)


def _name(i: int, left: float, right: float, label: str) -> str:
    named = f", {plain(label)}" if plain(label) not in ("", str(i)) else ""
    return f"segment {i}{named}, {left:.3f} to {right:.3f} s"
