"""Anchors -> the regions between them, and the moments in these at which a splice may lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from phonseg.tempo.rendering.anchors import Anchor, SampleMap

# Seconds from one place for a splice to the next, in the recording that goes on faster; and from a splice to an anchor
# where there is room, half a cross-fade.
STEP, MARGIN = 0.004, 0.003


@dataclass(frozen=True, slots=True)
class Region:
    """What lies between two anchors.

    Attributes:
        places: (P,) samples of the new recording, where a splice may be centred; the last is where it has to be, unless
            the offset is already that of the next anchor.
        ideal: (P,) what the map says should be added to samples of the new recording between a place and the next.
        seconds: (P,) that the new recording takes from a place to the next.
        offsets: what is added at the two anchors; at the second, whatever is best if it is None.
        limits: samples of the new recording between which cross-fades have to lie.
    """

    places: NDArray[np.int64]
    ideal: NDArray[np.float64]
    seconds: NDArray[np.float64]
    offsets: tuple[int, int | None]
    limits: tuple[int, int]


def regions_of(anchors: Sequence[Anchor], whole: SampleMap, sample_rate: float) -> list[Region]:
    """Returns what lies between anchors, in order.

    Args:
        anchors: two or more.
        whole: the map, in samples.
        sample_rate: samples per second.
    """
    return [
        _region(left, right, whole, sample_rate)
        for left, right in pairwise(anchors)
        if right.start > left.end or left.offset != right.offset
    ]


def _region(left: Anchor, right: Anchor, whole: SampleMap, sample_rate: float) -> Region:
    margin = MARGIN * sample_rate
    room = right.start - left.end
    lent = 0
    if room < 2 * margin:
        # A single splice in the middle. Pins that all but touch leave no room: the earlier gives up its end, since the
        # later begins with what must not be touched, the rise of a burst.
        lent = min(max(0, int(margin) - room), (left.end - left.start) // 2)
        places = np.array([(left.end - lent + right.start) / 2])
    else:
        begin, end = np.interp([left.end + margin, right.start - margin], whole.new, whole.course)
        count = int((end - begin) / (STEP * sample_rate)) + 2
        places = np.interp(np.linspace(begin, end, count), whole.course, whole.new)
    places = np.rint(places)
    after = np.append(places[1:], right.start)
    return Region(
        places.astype(np.int64),
        whole.ideal((places + after) / 2),
        (after - places) / sample_rate,
        (left.offset, None if right.leeway else right.offset),
        (left.end - lent, right.start),
    )
