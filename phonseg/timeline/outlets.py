"""Name of a method -> the function in a higher package that does its work.

The types of this package write and draw themselves through these. Nothing else in phonseg imports upwards or by name.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any, Protocol

OUTLETS = {
    "to_textgrid": "phonseg.annotation.textgrid.writer:write_textgrid",
    "save": "phonseg.annotation.writers:save",
    "plot": "phonseg.display.plot:plot_segmentation",
    "player": "phonseg.display.notebook:Player",
    "show": "phonseg.display.notebook:show",
    "choose_speakers": "phonseg.diarization.diarize:choose_speakers",
    "turns_to_textgrid": "phonseg.annotation.turns.textgrid:write_turns_textgrid",
    "save_turns": "phonseg.annotation.turns.writers:save_turns",
    "plot_turns": "phonseg.display.turns.plot:plot_turns",
    "play_turns": "phonseg.display.turns.player:TurnPlayer",
    "show_turns": "phonseg.display.turns.player:show_turns",
    "plot_change": "phonseg.display.tempo.plot:plot_change",
    "show_change": "phonseg.display.tempo.player:show_change",
    "map_textgrid": "phonseg.annotation.textgrid.mapped_file:map_textgrid",
    "read_duration_tier": "phonseg.annotation.textgrid.duration_tier:read_duration_tier",
    "write_duration_tier": "phonseg.annotation.textgrid.duration_tier:write_duration_tier",
}


class Displayed(Protocol):
    """Anything that a notebook displays."""

    def _repr_html_(self) -> str: ...


def outlet(name: str) -> Any:
    """Imports the function that does the work of a method.

    Args:
        name: one of `OUTLETS`.

    Returns:
        The function or the class.
    """
    return resolve_name(OUTLETS[name])
