"""A size -> an empty figure that a notebook shows by itself; a figure -> a PNG, SVG or PDF file.

The global state of matplotlib stays unchanged: no pyplot, no backend and no settings are involved.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from phonseg.errors import ConfigurationError, printable
from phonseg.system.atomic_files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = (".png", ".svg", ".pdf")


def new_figure(width: float, height: float) -> Figure:
    """Makes an empty figure that a notebook shows by itself.

    Args:
        width: inches.
        height: inches.

    Returns:
        The figure.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    # A notebook asks an object for its PNG by this method; matplotlib defines it only after an import of pyplot.
    figure._repr_png_ = partial(png, figure)  # type: ignore[attr-defined]
    return figure


def png(figure: Figure, *, dpi: int = 150) -> bytes:
    """Returns a figure as a PNG file.

    Args:
        figure: the figure.
        dpi: dots per inch.
    """
    file = BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    return file.getvalue()


def plain(text: str) -> str:
    """Returns a text on one line, with a question mark for each byte of a file name that is no character.

    Control characters are escaped: SVG cannot hold them, and some turn the text around them.

    Args:
        text: a label or a file name.
    """
    return printable(" ".join(text.encode("utf-8", "replace").decode("utf-8").split()))


def check_kind(path: str | Path) -> str:
    """Returns the kind of picture that the suffix of a path stands for: "png", "svg" or "pdf".

    Args:
        path: of the picture; the case of its suffix does not matter.

    Raises:
        ConfigurationError: if the suffix is another one.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in KINDS:
        raise ConfigurationError(f"{path}: is not a kind of picture that can be written. Use {', '.join(KINDS)}.")
    return suffix.removeprefix(".")


def save_figure(figure: Figure, path: str | Path) -> None:
    """Writes a picture as PNG (200 dots per inch), SVG or PDF.

    Args:
        figure: the picture.
        path: of the file, which is replaced if it exists; its suffix decides the kind.

    Raises:
        ConfigurationError: if the suffix is not .png, .svg or .pdf.
        OutputError: if the file cannot be written.
    """
    kind = check_kind(path)
    with replacing(path) as partial_file:
        figure.savefig(partial_file, format=kind, dpi=200)
