from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from phonseg.display.marks import FALSE_ALARM, HIT, MISSED, draw_boundaries, legend_entry


def test_boundaries_are_lines_from_top_to_bottom_within_the_limits() -> None:
    axes = Figure().add_subplot()
    axes.set_xlim(1, 2)
    draw_boundaries(axes, {HIT: np.array([0.9, 1.2, 1.5]), MISSED: np.array([1.7, 2.1])}, linewidth=1)
    times = {str(kind.get_label()): [float(line[0][0]) for line in kind.get_segments()] for kind in axes.collections}
    assert times == {"hit within 20 ms": [1.2, 1.5], "missed": [1.7]}
    heights = [segment[:, 1].tolist() for kind in axes.collections for segment in kind.get_segments()]
    assert heights == [[0, 1]] * 3  # of the axes, whatever the limits of y are
    assert (
        axes.collections[0].get_transform().transform((1.5, 1)).tolist() == axes.transAxes.transform((0.5, 1)).tolist()
    )


def test_kinds_differ_in_colour_and_in_dashes_and_in_signs() -> None:
    for one, other in [(HIT, FALSE_ALARM), (HIT, MISSED), (FALSE_ALARM, MISSED)]:
        assert one.colour != other.colour
        assert one.dashes != other.dashes
        assert one.sign != other.sign


def test_the_legend_shows_each_kind_as_it_is_drawn_and_counts_it() -> None:
    entry = legend_entry(MISSED, 7)
    assert entry.get_label() == "missed (7)"
    assert (entry.get_color(), entry.get_marker()) == (MISSED.colour, MISSED.sign)
    assert legend_entry(HIT, 0).get_marker() in ("", "none", "None")
