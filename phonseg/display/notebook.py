"""A segmentation -> HTML for a notebook: a picture, its sound, and a button over every segment, which plays it.

The HTML needs nothing from outside. Where scripts are removed, as on GitHub, the picture, the sound and a table of the
segments remain. Where the recording cannot be read, only the table remains.
"""

from __future__ import annotations

import html
import io
import json
import warnings
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from phonseg.audio.excerpt import read_excerpt
from phonseg.audio.recording import Recording
from phonseg.display.figure import plain, png
from phonseg.display.plot import draw_recording
from phonseg.display.window import LEAST_SECONDS, check_window, open_for
from phonseg.errors import ConfigurationError, PhonsegError
from phonseg.timeline.segmentation import Segmentation

LONGEST_PLAYER = 30.0  # of a window: a notebook keeps all of it
PLAYER_RATE = 16_000  # Hz of the sound, as in the analysis: 30 s take 1.3 MB of the notebook
SCRIPT = Path(__file__).with_name("player.js")  # which makes the buttons work
DOTS = 110  # per inch of the picture
PLAYER_WIDTH = 1100  # pixels on the page, at most


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
            _window(open_for(self.segmentation), self.start, self.end)

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
            return _player(segmentation, recording, _window(recording, start, end), reference)
        except (PhonsegError, OSError, ValueError) as error:  # ValueError: of a file object that was closed
            first = segmentation.start if start is None else start
            last = min(segmentation.end, first + LONGEST_PLAYER if end is None else end)
            reason = _escaped(f"No picture and no sound: {error}")
            return f"<div><p>{reason}</p>{_table(segmentation, (first, last), opened=True)}</div>"


def _window(recording: Recording, start: float | None, end: float | None) -> tuple[float, float]:
    """The start and the end of the window, checked."""
    start = recording.start if start is None else start
    if end is None:
        end = max(start, min(start + LONGEST_PLAYER, recording.end))
    if end - start > LONGEST_PLAYER + 1e-6:
        raise ConfigurationError(
            f"{recording.name}: {start:g} to {end:g} s is too long for a notebook. Give start and end "
            f"{LEAST_SECONDS:g} to {LONGEST_PLAYER:g} s apart."
        )
    return check_window(recording, start, end)


def _player(
    segmentation: Segmentation, recording: Recording, window: tuple[float, float], reference: Segmentation | None
) -> str:
    start, end = window
    figure = draw_recording(segmentation, recording, start, end, reference=reference)
    first, last = figure.axes[0].get_position(), figure.axes[-1].get_position()
    panels = [100 * share for share in (first.x0, 1 - first.y1, first.width, first.y1 - last.y0)]
    segments = [
        (max(left, start) - start, min(right, end) - start, _name(number, left, right, label))
        for number, left, right, label in _within(segmentation, window)
    ]
    whole = f"{_number(recording.end - recording.start)} s of {Path(recording.name).name}"
    shown = f"{_number(start)} to {_number(end)} s of the {whole}"
    more = " To see and hear another part, up to 30 s: <code>.player(start, end)</code>, in seconds."
    alt = f"Waveform, spectrogram and segments, {shown}; {len(segments)} segments."
    return (
        f'<div class="phonseg-player" style="max-width:{PLAYER_WIDTH}px" data-seconds="{end - start!r}" '
        f'data-panels="{_escaped(json.dumps(panels))}" data-segments="{_escaped(json.dumps(segments))}">'
        '<div class="phonseg-picture" style="position:relative">'
        f'<img alt="{_escaped(alt)}" style="display:block;width:100%;height:auto;margin:0" '
        f'src="{_embedded("image/png", png(figure, dpi=DOTS))}"></div>'
        f'<audio controls preload="auto" aria-label="{_escaped(shown)}" style="display:block;width:100%" '
        f'src="{_embedded("audio/wav", _sound(recording, start, end))}"></audio>'
        f"<p>Shown: {_escaped(shown)}.{more if end - start < recording.duration - 0.001 else ''}</p>"
        f"{_table(segmentation, window)}<script>{SCRIPT.read_text(encoding='utf-8')}</script></div>"
    )


def _sound(recording: Recording, start: float, end: float) -> bytes:
    """A window as WAV: mono, 16 bits, at most 16 kHz, at its own level unless that is beyond full scale."""
    # A click must start at the exact sample of a boundary. MP3 encoders move the samples, and in FLAC files Chromium
    # does not find positions near the end.
    excerpt = read_excerpt(recording, start, end, margin=0.0, highest_rate=PLAYER_RATE)
    samples = excerpt.samples / max(1.0, float(np.abs(excerpt.samples).max(initial=0.0)))
    file = io.BytesIO()
    soundfile.write(file, samples, excerpt.sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _within(segmentation: Segmentation, window: tuple[float, float]) -> list[tuple[int, float, float, str]]:
    """(number from 1, start, end, label) of the segments that lie in a window, at least in part."""
    start, end = window
    segments = enumerate(segmentation.intervals(), 1)
    return [(number, *segment) for number, segment in segments if segment[0] < end and segment[1] > start]


def _table(segmentation: Segmentation, window: tuple[float, float], *, opened: bool = False) -> str:
    """The segments in a window as a table that can be opened and closed."""
    segments = _within(segmentation, window)
    body = "".join(
        f"<tr><td>{number}</td><td>{left:.3f}</td><td>{right:.3f}</td><td>{1000 * (right - left):.0f}</td>"
        f"<td>{_escaped(label)}</td></tr>"
        for number, left, right, label in segments
    )
    head = "".join(f"<th>{title}</th>" for title in ("segment", "start (s)", "end (s)", "length (ms)", "label"))
    summary = f"{len(segments)} of {len(segmentation)} segments, {_number(window[0])} to {_number(window[1])} s"
    return (
        f"<details{' open' if opened else ''}><summary>{summary}</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details>"
    )


def _name(number: int, left: float, right: float, label: str) -> str:
    named = f", {plain(label)}" if plain(label) not in ("", str(number)) else ""
    return f"segment {number}{named}, {left:.3f} to {right:.3f} s"


def _escaped(text: str) -> str:
    """A text that HTML does not take for anything but text, between tags and in attributes."""
    return html.escape(plain(text), quote=True)


def _number(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _embedded(kind: str, file: bytes) -> str:
    return f"data:{kind};base64,{b64encode(file).decode('ascii')}"
