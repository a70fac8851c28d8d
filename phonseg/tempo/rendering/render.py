"""Recording and time map -> the recording at its new tempo, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from phonseg.tempo.rendering.anchors import Anchor, SampleMap, anchors_of, settled
from phonseg.tempo.rendering.cheapest_paths import REACH
from phonseg.tempo.rendering.likeness import FARTHEST, WINDOW, likeness
from phonseg.tempo.rendering.old_samples import OldSamples, Reader, Sound
from phonseg.tempo.rendering.overlap_add import LONGEST, overlap_add
from phonseg.tempo.rendering.refinement import refined
from phonseg.tempo.rendering.regions import regions_of
from phonseg.tempo.rendering.splices import find_splices
from phonseg.timeline.time_map import TimeMap

Kind = TypeVar("Kind", np.float32, np.float64)
# Seconds that are rendered at once, of the recording that goes on faster.
SECTION = 8.0
# Seconds of the old recording around what is rendered that may be needed.
AROUND = REACH + FARTHEST + WINDOW + LONGEST


def render(
    read_blocks: Callable[[], Iterator[NDArray[Kind]]],
    n_samples: int,
    sample_rate: float,
    time_map: TimeMap,
    n_new: int,
) -> Iterator[NDArray[Kind]]:
    """Yields a recording at its new tempo, with one pass over it and in constant memory.

    Where the ratio of the map is 1, the recording is copied sample by sample. Elsewhere it is copied too, but with
    splices, found once for all channels, so that these keep their times to each other. The result does not depend on
    the lengths of the blocks.

    Args:
        read_blocks: called once; yields the recording from its beginning, (m, channels) float32 or float64 of any
            lengths.
        n_samples: of the recording, 1 or more.
        sample_rate: samples per second.
        time_map: in seconds from the first sample.
        n_new: samples of the result, 1 or more.

    Yields:
        (m, channels) of the same type, n_new samples in all.
    """
    whole = SampleMap.of(time_map, sample_rate, n_new)
    reader = Reader(read_blocks())
    section: list[Anchor] = []
    for anchor in anchors_of(whole, sample_rate):
        section.append(anchor)
        begin, end = np.interp([section[0].start, anchor.start], whole.new, whole.course)
        if anchor.start == n_new or end - begin >= SECTION * sample_rate:
            old = _read(section, reader, whole, sample_rate)
            samples, last = _rendered(section, old, whole, sample_rate, n_samples)
            yield samples
            section = [last]


def _read(section: Sequence[Anchor], reader: Reader, whole: SampleMap, sample_rate: float) -> OldSamples:
    """What a section is made of, with as much around it as may be asked for."""
    around = int(AROUND * sample_rate) + 2
    ends = np.array([section[0].start, section[-1].start + section[-1].leeway])
    start, end = (ends + whole.ideal(ends)).astype(int)
    return reader.read(start - around, end + around)


def _rendered(
    section: Sequence[Anchor], old: OldSamples, whole: SampleMap, sample_rate: float, n_samples: int
) -> tuple[Sound, Anchor]:
    """The samples from the first to the last anchor of a section, and the last as the next section has to begin."""
    like = likeness(old.samples, old.start, sample_rate)
    anchors = settled(section, like, whole)
    splices = refined(
        find_splices(regions_of(anchors, whole, sample_rate), like, sample_rate, n_samples), old, sample_rate
    )
    span = anchors[0].start, anchors[-1].start
    samples = overlap_add(splices.within(n_samples), old, span, anchors[0].offset, sample_rate)
    offset = int(np.append(anchors[0].offset, splices.after)[-1])
    return samples, replace(anchors[-1], offset=offset, leeway=0)
