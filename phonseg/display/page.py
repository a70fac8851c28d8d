"""A picture, its sound and what can be played in it -> HTML for a notebook, with a button over every such part.

The HTML needs nothing from outside. Where scripts are removed, as on GitHub, the picture, the sound and a table remain.
"""

from __future__ import annotations

import html
import io
import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import soundfile

from phonseg.audio.excerpt import read_excerpt
from phonseg.audio.recording import Recording
from phonseg.display.figure import plain, png
from phonseg.display.window import LEAST_SECONDS, check_window
from phonseg.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST_PLAYER = 30.0  # of a window: a notebook keeps all of it
PLAYER_RATE = 16_000  # Hz of the sound, as in the analysis: 30 s take 1.3 MB of the notebook
SCRIPT = Path(__file__).with_name("player.js")  # which makes the buttons work
DOTS = 110  # per inch of the picture
PLAYER_WIDTH = 1100  # pixels on the page, at most


class Part(NamedTuple):
    """What a button plays, and where it lies in the picture.

    Attributes:
        start: seconds, on the time axis of the recording; what lies before the window is not played.
        end: seconds; what lies after the window is not played.
        name: for the tip of the mouse and for screen readers.
        place: where its button begins and how high it is, from the top of all panels, as shares of their height; None
            for one from top to bottom.
    """

    start: float
    end: float
    name: str
    place: tuple[float, float] | None = None


class Table(NamedTuple):
    """What a notebook lists below a picture, or instead of it.

    Attributes:
        summary: the line that opens and closes it.
        titles: of the columns.
        rows: texts, one for each column.
    """

    summary: str
    titles: Sequence[str]
    rows: Sequence[Sequence[str]]

    def html(self, *, opened: bool = False) -> str:
        """Returns the table as HTML.

        Args:
            opened: whether it is open at first.
        """
        cells = ["".join(f"<td>{escaped(cell)}</td>" for cell in row) for row in self.rows]
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        head = "".join(f"<th>{title}</th>" for title in self.titles)
        return (
            f"<details{' open' if opened else ''}><summary>{self.summary}</summary>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details>"
        )


def player_window(recording: Recording, start: float | None, end: float | None) -> tuple[float, float]:
    """Checks that a window can be shown and played.

    Args:
        recording: the recording.
        start: seconds; None for the beginning of the recording.
        end: seconds; None for 30 s after the start or the end of the recording.

    Returns:
        (start, end) in seconds.

    Raises:
        ConfigurationError: if the window is not inside the recording or not 20 ms to 30 s long.
    """
    start = recording.start if start is None else start
    if end is None:
        end = max(start, min(start + LONGEST_PLAYER, recording.end))
    if end - start > LONGEST_PLAYER + 1e-6:
        raise ConfigurationError(
            f"{recording.name}: {start:g} to {end:g} s is too long for a notebook. Give start and end "
            f"{LEAST_SECONDS:g} to {LONGEST_PLAYER:g} s apart."
        )
    return check_window(recording, start, end)


def player_html(
    figure: Figure,
    recording: Recording,
    window: tuple[float, float],
    parts: Iterable[Part],
    table: Table,
    *,
    what: tuple[str, str],
    hint: str,
) -> str:
    """Returns a picture with its sound, a button over every part, and a table.

    Args:
        figure: the picture; its axes are the panels, from top to bottom.
        recording: what is shown.
        window: (start, end) in seconds.
        parts: what can be played.
        table: what is listed below; its rows stand for the last parts.
        what: what the picture shows, and what can be played, such as ("Waveform and turns", "12 turns").
        hint: what a click does.
    """
    start, end = window
    first, last = figure.axes[0].get_position(), figure.axes[-1].get_position()
    panels = [100 * share for share in (first.x0, 1 - first.y1, first.width, first.y1 - last.y0)]
    buttons = [
        (float(max(left, start) - start), float(min(right, end) - start), name, *(100 * share for share in place or ()))
        for left, right, name, place in parts
    ]
    whole = f"{number(recording.end - recording.start)} s of {Path(recording.name).name}"
    shown = f"{number(start)} to {number(end)} s of the {whole}"
    more = " To see and hear another part, up to 30 s: <code>.player(start, end)</code>, in seconds."
    alt = f"{what[0]}, {shown}; {what[1]}."
    return (
        f'<div class="phonseg-player" style="max-width:{PLAYER_WIDTH}px" data-seconds="{end - start!r}" '
        f'data-panels="{escaped(json.dumps(panels))}" data-segments="{escaped(json.dumps(buttons))}" '
        f'data-count="{what[1]}" data-hint="{hint}">'
        '<div class="phonseg-picture" style="position:relative">'
        f'<img alt="{escaped(alt)}" style="display:block;width:100%;height:auto;margin:0" '
        f'src="{embedded("image/png", png(figure, dpi=DOTS))}"></div>'
        f'<audio controls preload="auto" aria-label="{escaped(shown)}" style="display:block;width:100%" '
        f'src="{embedded("audio/wav", sound_of(recording, start, end))}"></audio>'
        f"<p>Shown: {escaped(shown)}.{more if end - start < recording.duration - 0.001 else ''}</p>"
        f"{table.html()}<script>{SCRIPT.read_text(encoding='utf-8')}</script></div>"
    )


def no_player_html(reason: object, table: Table) -> str:
    """Returns a table alone, with the reason why there is no picture.

    Args:
        reason: the error.
        table: what is listed.
    """
    return f"<div><p>{escaped(f'No picture and no sound: {reason}')}</p>{table.html(opened=True)}</div>"


def sound_of(recording: Recording, start: float, end: float) -> bytes:
    """Returns a window as WAV: mono, 16 bits, at most 16 kHz, at its own level unless that is beyond full scale.

    Args:
        recording: the recording.
        start: seconds, inside it.
        end: seconds, inside it.
    """
    # A click must start at the exact sample of a boundary. MP3 encoders move the samples, and in FLAC files Chromium
    # does not find positions near the end.
    excerpt = read_excerpt(recording, start, end, margin=0.0, highest_rate=PLAYER_RATE)
    samples = excerpt.samples / max(1.0, float(np.abs(excerpt.samples).max(initial=0.0)))
    file = io.BytesIO()
    soundfile.write(file, samples, excerpt.sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def escaped(text: str) -> str:
    """Returns a text that HTML does not take for anything but text, between tags and in attributes.

    Args:
        text: such as a label.
    """
    return html.escape(plain(text), quote=True)


def number(seconds: float) -> str:
    """Returns a time to the millisecond, without zeros at its end.

    Args:
        seconds: the time.
    """
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def embedded(kind: str, file: bytes) -> str:
    """Returns the address of a file that lies in the page itself.

    Args:
        kind: its media type, such as image/png.
        file: what it holds.
    """
    return f"data:{kind};base64,{b64encode(file).decode('ascii')}"
