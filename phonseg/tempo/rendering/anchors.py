"""Time map -> anchors: the moments at which the new recording has to show exactly what the map says.

Pins are anchors: stretches whose ratio is 1, which are copied. So are the two ends. Between anchors far apart, more are
set, a second from each other, so that what lies between two anchors is short and can be planned alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonseg.tempo.rendering.likeness import Likeness
from phonseg.timeline.time_map import TimeMap

# Seconds of the longer of the two recordings from one anchor to the next, at most about this.
SPACING = 1.0
# A stretch is a pin if old and new time part by less than this many samples on the way through it, and by less than
# this share of its length: knots may be so close that half a sample is a real change of tempo.
MOST_SAMPLES, MOST_SHARE = 0.5, 2e-3
# What is more like itself at some lag than this is voiced, unless its power is less than this share of the greatest.
VOICED, QUIET = 0.6, 1e-3
# Where to look for a place for an anchor: shares of its leeway, and of equally good places the nearest is taken.
NEAREST_FIRST = np.array(sorted(np.linspace(-1, 1, 65), key=abs))


@dataclass(frozen=True, slots=True)
class Anchor:
    """A stretch that is copied, or a single moment.

    Attributes:
        start: sample of the new recording, where it begins.
        end: sample of the new recording, before which it ends; start for a single moment.
        offset: samples to add to a sample of the new recording to have that of the old one.
        leeway: samples of the new recording by which a single moment may be moved either way; its offset is then only
            what it should be about.
    """

    start: int
    end: int
    offset: int
    leeway: int = 0


@dataclass(frozen=True, slots=True)
class SampleMap:
    """A time map in samples.

    Attributes:
        old: (K,) samples of the old recording, strictly increasing.
        new: (K,) samples of the new one.
        shift: (K,) how many samples more the old one is on by than the new one.
        course: (K,) samples of whichever recording goes on faster, from the first knot on.
    """

    old: NDArray[np.float64]
    new: NDArray[np.float64]
    shift: NDArray[np.float64]
    course: NDArray[np.float64]

    @classmethod
    def of(cls, time_map: TimeMap, sample_rate: float, n_new: int) -> SampleMap:
        """Returns the map of a recording, with knots at both its ends.

        Args:
            time_map: in seconds from the first sample.
            sample_rate: samples per second of both recordings.
            n_new: samples of the new recording.
        """
        inside = time_map.new[(time_map.new > 0) & (time_map.new * sample_rate < n_new)]
        times = np.concatenate([[0.0], inside, [n_new / sample_rate]])
        old, new = np.asarray(time_map.inverse(times)) * sample_rate, times * sample_rate
        course = np.concatenate([[0.0], np.cumsum(np.maximum(np.diff(old), np.diff(new)))])
        return cls(old, new, old - new, course)

    def ideal(self, new: float | NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns what is to be added to samples of the new recording to have those of the old one.

        Args:
            new: samples of the new recording, whole or not.
        """
        return np.asarray(np.interp(new, self.new, self.shift))


def anchors_of(whole: SampleMap, sample_rate: float) -> Iterator[Anchor]:
    """Yields the anchors of a map in order: one at each end, the pins, and more where these are far apart.

    Args:
        whole: the map, in samples.
        sample_rate: samples per second.
    """
    spacing = SPACING * sample_rate
    last: Anchor | None = None
    for anchor in _ends_and_pins(whole):
        if last is not None:
            course = np.interp([last.end, anchor.start], whole.new, whole.course)
            count = int((course[1] - course[0]) / spacing)
            cuts = np.interp(np.linspace(course[0], course[1], count + 2), whole.course, whole.new)
            places = np.rint(cuts).astype(int).tolist()
            for before, place, after in zip(places, places[1:], places[2:], strict=False):
                yield _moment(place, whole, min(place - before, after - place) // 4)
        # A long pin is cut, so that nothing is longer than what is rendered at once.
        inner = list(range(anchor.start, anchor.end, max(1, int(spacing))))[1:]
        for begin, end in zip([anchor.start, *inner], [*inner, anchor.end], strict=True):
            yield Anchor(begin, end, anchor.offset)
        last = anchor


def _ends_and_pins(whole: SampleMap) -> Iterator[Anchor]:
    shift = whole.shift
    parted = np.abs(np.diff(shift))
    pinned = (parted < MOST_SAMPLES) & (parted < MOST_SHARE * np.diff(whole.new))
    offset = np.rint((shift[1:] + shift[:-1]) / 2).astype(np.int64)
    begins = np.flatnonzero(pinned & ~(np.r_[False, pinned[:-1]] & (offset == np.r_[0, offset[:-1]])))
    ends = np.flatnonzero(pinned & ~(np.r_[pinned[1:], False] & (offset == np.r_[offset[1:], 0])))
    n_new = int(np.rint(whole.new[-1]))
    pins = []
    for first, last in zip(begins.tolist(), ends.tolist(), strict=True):
        start, end = int(np.ceil(whole.new[first] - 1e-3)), int(np.floor(whole.new[last + 1] + 1e-3))
        if end > start:
            pins.append(Anchor(start, end, int(offset[first])))
    yield Anchor(0, 0, pins[0].offset if pins and pins[0].start == 0 else int(np.rint(shift[0])))
    yield from pins
    yield Anchor(n_new, n_new, pins[-1].offset if pins and pins[-1].end == n_new else int(np.rint(shift[-1])))


def settled(anchors: Sequence[Anchor], like: Likeness, whole: SampleMap) -> list[Anchor]:
    """Returns anchors, those with leeway moved to where the recording is least voiced.

    A jump does no harm there. Where it is voiced all over, an anchor is left out; not so the last, which keeps its
    leeway.

    Args:
        anchors: one or more, in order.
        like: how like the old recording is to itself, around them.
        whole: the map, in samples.
    """
    voiced = np.where(like.power > QUIET * like.power.max(), like.periodicity, 0)
    kept = []
    for anchor in anchors:
        if not anchor.leeway:
            kept.append(anchor)
            continue
        places = anchor.start + np.rint(anchor.leeway * NEAREST_FIRST).astype(np.int64)
        found = voiced[like.moment(places + whole.ideal(places))]
        place = int(places[found.argmin()])
        if anchor is anchors[-1]:
            kept.append(_moment(place, whole, anchor.leeway))
        elif found.min() < VOICED:
            kept.append(_moment(place, whole))
    return kept


def _moment(place: int, whole: SampleMap, leeway: int = 0) -> Anchor:
    return Anchor(place, place, int(np.rint(whole.ideal(place))), leeway)
