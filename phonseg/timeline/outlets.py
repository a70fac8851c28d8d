"""The name of a method -> the function in a package above that carries it out."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

# Types of this package write and draw themselves through these; nothing else in phonseg imports upwards, or by name.
OUTLETS = {
    "to_textgrid": "phonseg.annotation.textgrid.writer:write_textgrid",
    "save": "phonseg.annotation.writers:save",
    "plot": "phonseg.display.plot:plot_segmentation",
    "player": "phonseg.display.notebook:Player",
    "show": "phonseg.display.notebook:show",
}


class Displayed(Protocol):
    """What a notebook shows by itself."""

    def _repr_html_(self) -> str: ...


def outlet(name: str) -> Callable[..., Any]:
    """Imports what carries out a method.

    Args:
        name: one of `OUTLETS`.

    Returns:
        The function or the class.
    """
    module, _, attribute = OUTLETS[name].partition(":")
    carries_out: Callable[..., Any] = getattr(import_module(module), attribute)
    return carries_out
