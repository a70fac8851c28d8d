"""A window -> a time axis: in seconds or, if the window is long, as a clock shows the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonseg.display.tiers import SIZE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONG = 120.0  # seconds: longer windows have minutes
STEPS = (15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)  # seconds
MOST_TICKS = 12
HOUR = 3600


def clock(seconds: float, unit: str) -> str:
    """Returns a time as a clock shows it.

    Args:
        seconds: the time, which may be negative; it is rounded to the last part of the unit.
        unit: "min:s" for 61:05, "h:min:s" for 1:01:05, or "h:min" for 1:01.
    """
    parts = unit.count(":")
    count = round(abs(seconds) / 60) if unit == "h:min" else round(abs(seconds))
    first, *others = count // 60**parts, *((count // 60**i) % 60 for i in reversed(range(parts)))
    return ("-" if seconds < 0 else "") + ":".join([str(first), *(f"{part:02}" for part in others)])


def draw_time_axis(axes: Axes) -> Axes:
    """Writes the times below a panel: in seconds, or as a clock shows them if the window is longer than two minutes.

    Args:
        axes: the lowest panel, with its limits set (seconds).

    Returns:
        The panel.
    """
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    start, end = axes.get_xlim()
    unit = "s"
    if end - start > LONG:
        step = next((step for step in STEPS if (end - start) / step <= MOST_TICKS), round((end - start) / MOST_TICKS))
        unit = "min:s" if max(abs(start), abs(end)) < HOUR else "h:min:s" if step % 60 else "h:min"
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds, unit)))
    else:
        axes.ticklabel_format(axis="x", style="plain", useOffset=False)  # seconds in full, even after an hour
    axes.tick_params(axis="x", labelsize=SIZE)
    axes.set_xlabel(f"time ({unit})", loc="left")
    return axes
