"""Two speakers who say the same sentence -> how well a map tells the timing of the one from the other's.

sa1 and sa2 of TIMIT are the same two sentences by every speaker. The phones that both speakers of a pair have in
common, in order, are found by the edit distance of their labels. The boundaries of the one are moved by a map that
makes the whole recording as long as the other's; the error is how far the beginnings of the common phones then lie from
the other's, in milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from tempo_bars import GAIN
from tempo_measures import mean_of_numbers

from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap


@dataclass(frozen=True)
class NaturalTiming:
    """Means over all matched boundaries, in milliseconds. boundaries, pairs: how many; a pair has a direction."""

    even: float
    mapped: float
    boundaries: int
    pairs: int

    def told(self) -> str:
        """In words."""
        if not self.pairs:
            return "Natural timing: no two recordings are of the same sentence."
        nearer = self.even - self.mapped
        verdict = "reached" if nearer >= GAIN else "missed"
        return (
            f"Natural timing, {self.boundaries} boundaries in {self.pairs} pairs of speakers: {self.even:.1f} ms off "
            f"with an even map, {self.mapped:.1f} ms with that of phonseg; at least {GAIN:g} ms nearer: {verdict}."
        )


def natural_timing(references: Mapping[str, Segmentation], find_map: Callable[[str, float], TimeMap]) -> NaturalTiming:
    """Compare even maps and found ones on all pairs of speakers; NaN if no sentence has two.

    references: by the name of the recording. find_map: finds the map of a recording, by its name, for a factor.
    """
    even: list[float] = []
    mapped: list[float] = []
    pairs = same_sentences(list(references))
    for one, other in pairs:
        own, wanted = references[one], references[other]
        matched = common_phones(own.labels or (), wanted.labels or ())
        matched = matched[(matched > 0).all(axis=1)]  # the beginning of a recording is no boundary
        own_times, wanted_times = (_starts(each)[matched[:, side]] for side, each in enumerate((own, wanted)))
        factor = own.duration / wanted.duration
        even += np.abs(own_times / factor - wanted_times).tolist()
        mapped += np.abs(find_map(one, factor)(own_times) - wanted_times).tolist()
    means = (1000 * mean_of_numbers(each) for each in (even, mapped))
    return NaturalTiming(*means, len(even), len(pairs))


def same_sentences(names: Sequence[str]) -> list[tuple[str, str]]:
    """All pairs of recordings whose names end with the same sentence, sa1 or sa2, in both directions."""
    sentences: dict[str, list[str]] = {}
    for name in names:
        if found := re.search(r"sa[12]$", name, re.IGNORECASE):
            sentences.setdefault(found[0].lower(), []).append(name)
    return [pair for same in sentences.values() for pair in permutations(same, 2)]


def common_phones(labels: Sequence[str], others: Sequence[str]) -> NDArray[np.intp]:
    """(M, 2) indices of the labels that stay as they are when the one becomes the other by the fewest edits."""
    distance = np.zeros((len(labels) + 1, len(others) + 1), int)
    distance[:, 0], distance[0] = np.arange(len(labels) + 1), np.arange(len(others) + 1)
    for i, label in enumerate(labels, 1):
        for j, other in enumerate(others, 1):
            without = min(distance[i - 1, j], distance[i, j - 1]) + 1
            distance[i, j] = min(without, distance[i - 1, j - 1] + (label != other))
    matched = []
    i, j = len(labels), len(others)
    while i and j:
        if distance[i, j] == distance[i - 1, j - 1] + (labels[i - 1] != others[j - 1]):
            i, j = i - 1, j - 1
            if labels[i] == others[j]:
                matched.append((i, j))
        elif distance[i, j] == distance[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return np.array(matched[::-1], np.intp).reshape(-1, 2)


def _starts(reference: Segmentation) -> NDArray[np.float64]:
    return np.array([segment.start for segment in reference])
