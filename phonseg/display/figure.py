"""A picture as a thing: a figure that a notebook shows by itself and that is written as PNG, SVG or PDF.

Nothing of matplotlib is changed on the way: no pyplot, no choice of a backend, no settings.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from phonseg.errors import ConfigurationError
from phonseg.system.atomic_files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {".png": "png", ".svg": "svg", ".pdf": "pdf"}


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, `width` by `height` inches, which a notebook shows by itself."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    # A notebook asks an object for its PNG in this way; matplotlib answers only once pyplot has been imported.
    figure._repr_png_ = partial(png, figure)  # type: ignore[attr-defined]
    return figure


def png(figure: Figure, *, dpi: int = 150) -> bytes:
    """A figure as PNG. dpi: dots per inch."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    return file.getvalue()


def plain(text: str) -> str:
    """Text on one line that can be drawn and written: names of files may hold bytes that are no text."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def check_kind(path: str | Path) -> str:
    """Which kind of picture the suffix of a path asks for: "png", "svg" or "pdf".

    Raises ConfigurationError for another suffix.
    """
    kind = KINDS.get(Path(path).suffix.lower())
    if kind is None:
        raise ConfigurationError(
            f"{path}: is no kind of picture that can be written. Let it end in {', '.join(KINDS)}."
        )
    return kind


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a picture as PNG (200 dots per inch), SVG or PDF, as the suffix says.

    Raises ConfigurationError for another suffix, OutputError where the file cannot be written.
    """
    kind = check_kind(path)
    with replacing(path) as partial_file:
        figure.savefig(partial_file, format=kind, dpi=200)
