"""A segmentation -> a tier: its boundaries as lines across a panel, and its labels where there is room for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonseg.display.figure import plain
from phonseg.display.fonts import FONT, LETTER_SPREAD
from phonseg.display.marks import Marks, draw_boundaries
from phonseg.display.panels import scale_in
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE, SMALL = 9.0, 7.0  # points, of labels; SMALL where there is less room
RIM = 2.0  # points that stay free around a label


def draw_tier(axes: Axes, segmentation: Segmentation, marks: Marks, name: str) -> Axes:
    """Draws the boundaries and the labels between the limits of the x-axis.

    A label that is too wide for its segment is drawn smaller, or upright. It is left out if it does not fit then.

    Args:
        axes: the panel, with its limits set (seconds).
        segmentation: whose labels are drawn, if it has any.
        marks: its boundaries by kind.
        name: of the tier.

    Returns:
        The panel.
    """
    axes.set_yticks([])
    axes.set_ylabel(name, rotation=0, horizontalalignment="right", verticalalignment="center")
    draw_boundaries(axes, marks, linewidth=1.4 * scale_in(axes), signs=True)
    if segmentation.labels is not None:
        start, end = axes.get_xlim()
        for left, right, label in segmentation.intervals():
            if label and left < end and right > start:
                _draw_label(axes, max(left, start), min(right, end), plain(label))
    return axes


def _draw_label(axes: Axes, left: float, right: float, label: str) -> None:
    """Draws a label in the middle between two times, in the first way in which it fits."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    corners = axes.transData.transform([(left, 0), (right, 0)])
    points = 72 / axes.figure.dpi
    across = (corners[1, 0] - corners[0, 0]) * points - RIM
    along = axes.get_window_extent().height * points - RIM
    for size, upright in ((SIZE, False), (SMALL, False), (SIZE, True), (SMALL, True)):
        font = FontProperties(family=FONT, size=size)
        width, height, depth = text_to_path.get_text_width_height_descent(label, font, ismath=False)
        if LETTER_SPREAD * (height if upright else width) <= across and (not upright or LETTER_SPREAD * width <= along):
            axes.annotate(
                label,
                ((left + right) / 2, 0.5),
                (height / 2 - depth if upright else 0, 0),  # the letters of an upright label are centred, not its line
                xycoords=axes.get_xaxis_transform(),
                textcoords="offset points",
                fontproperties=font,
                rotation=90 if upright else 0,
                rotation_mode="anchor",
                horizontalalignment="center",
                verticalalignment="baseline" if upright else "center_baseline",
                parse_math=False,  # a dollar sign does not begin a formula
            )
            return
