"""A change of tempo -> HTML for a notebook: a picture of it, the sound before and after, and a table of the segments.

Where the recording cannot be read, only the table remains.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from phonseg.audio.recording import open_recording
from phonseg.display.figure import png
from phonseg.display.page import (
    DOTS,
    PLAYER_WIDTH,
    Table,
    embedded,
    escaped,
    no_player_html,
    number,
    player_window,
    sound_of,
)
from phonseg.display.tempo.plot import channel_of, draw_change, open_old
from phonseg.errors import PhonsegError
from phonseg.tempo.tempo_change import TempoChange

TITLES = ("before (s)", "after (s)", "length before (ms)", "length after (ms)", "times as long")


def show_change(change: TempoChange) -> str:
    """Returns the HTML of the first 30 seconds, or a table with the reason why there is no picture. It raises no error.

    Args:
        change: the change.
    """
    # `change_tempo` has given the warnings already, and letters that no font has are visible.
    with warnings.catch_warnings(action="ignore"):
        try:
            return _html(change)
        except (PhonsegError, OSError, ValueError) as error:  # ValueError: of a file object that was closed
            return no_player_html(error, _table(change, change.time_map.old[-1]))


def _html(change: TempoChange) -> str:
    recording = open_old(change)
    start, end = player_window(recording, None, None)
    figure = draw_change(change, recording, start, end)
    new = open_recording((change.samples, change.sample_rate), channel=channel_of(change))
    new_end = min(change.duration, change.time_map(end))
    shown = f"{number(start)} to {number(end)} s of {Path(recording.name).name}, {change.factor:g} times as fast"
    players = "".join(
        f'<p style="margin:0.4em 0 0">{when} ({seconds:.3f} s)</p>'
        f'<audio controls preload="auto" aria-label="{escaped(f"{when}: {shown}")}" style="display:block;width:100%" '
        f'src="{embedded("audio/wav", sound)}"></audio>'
        for when, seconds, sound in (
            ("Before", end - start, sound_of(recording, start, end)),
            ("After", new_end, sound_of(new, 0.0, new_end)),
        )
    )
    return (
        f'<div style="max-width:{PLAYER_WIDTH}px"><img alt="{escaped(f"Waveforms before and after, {shown}.")}" '
        f'style="display:block;width:100%;height:auto" src="{embedded("image/png", png(figure, dpi=DOTS))}">'
        f"{players}<p>Shown: {escaped(shown)}.</p>{_table(change, end).html()}</div>"
    )


def _table(change: TempoChange, end: float) -> Table:
    """The segments that begin before an old time, with their old times."""
    rows = []
    for i, (left, right, label, _) in enumerate(change.segmentation, 1):
        first, last = change.time_map.inverse(left), change.time_map.inverse(right)
        if first >= end:
            break
        lengths = (
            f"{1000 * (last - first):.0f}",
            f"{1000 * (right - left):.0f}",
            f"{(right - left) / (last - first):.2f}",
        )
        rows.append((str(i), label, f"{first:.3f}", f"{left:.3f}", *lengths))
    total = len(change.segmentation)
    summary = f"{total} segments" if len(rows) == total else f"{len(rows)} of {total} segments"
    if all(number == label for number, label, *_ in rows):
        return Table(summary, ("segment", *TITLES), [(number, *times) for number, _, *times in rows])
    return Table(summary, ("segment", "label", *TITLES), rows)
