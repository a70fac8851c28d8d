"""How many times as long each moment lasts -> its colour in the picture of a change of tempo, and the legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import Times

if TYPE_CHECKING:
    from matplotlib.patches import Patch

SAME = 1e-6  # ratios that differ from 1 by less are 1: such parts are copied
COPIED = "#777777"
COLOURS = "PuOr_r"  # of matplotlib: purple is shorter, orange longer; they also differ to colour-blind people
DARKEST = 0.4  # of 0.5: lines can still be seen in it


class Shades(NamedTuple):
    """The colours of the ratios in a picture: white at 1, and darkest for the largest change that occurs.

    Attributes:
        ratios: (M,) all ratios of new to old duration in the picture, above 0.
        whole: the ratio of the whole recording.
    """

    ratios: Times
    whole: float

    def of(self, ratios: Times) -> Times:
        """Returns the colours of ratios, (n, 4); what is copied is grey.

        Args:
            ratios: (n,) above 0.
        """
        from matplotlib import colormaps
        from matplotlib.colors import to_rgba

        largest = max(np.abs(np.log(self.ratios)).max(initial=0.0), SAME)
        shares = np.clip(np.log(ratios) / largest, -1, 1)
        shades = np.asarray(colormaps[COLOURS](0.5 + DARKEST * shares))
        shades[_are_copied(ratios)] = to_rgba(COPIED)
        return shades

    def legend(self) -> list[Patch]:
        """Returns what explains the colours: the ratios that occur, from the lowest to the highest, and the grey."""
        from matplotlib.patches import Patch

        copied = _are_copied(self.ratios)
        changed = self.ratios[~copied]
        entries = []
        if len(changed):
            least, most = changed.min(), changed.max()
            if f"{least:.2f}" == f"{most:.2f}":
                names = {least: f"{least:.2f} times as long"}
            else:
                names = {least: f"at least {least:.2f} times as long", most: f"at most {most:.2f}"}
                if least < self.whole < most:
                    names = {least: names[least], self.whole: f"on the whole {self.whole:.2f}", most: names[most]}
            colours = self.of(np.array(list(names)))
            entries = [
                Patch(facecolor=colour, edgecolor="0.5", linewidth=0.5, label=name)
                for colour, name in zip(colours, names.values(), strict=True)
            ]
        if copied.any():
            entries.append(Patch(facecolor=COPIED, edgecolor="0.5", linewidth=0.5, label="copied, not changed"))
        return entries


def _are_copied(ratios: Times) -> NDArray[np.bool_]:
    return np.asarray(np.abs(ratios - 1) < SAME)
