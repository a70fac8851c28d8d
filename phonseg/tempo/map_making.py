"""Recording, segmentation and factor -> the map from old time to new time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.recording import Recording
from phonseg.detection.peaks import apart
from phonseg.tempo.bursts import find_bursts
from phonseg.tempo.elasticity import elasticity
from phonseg.tempo.payback import can_pin, duration_ratios
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap

CELL = 0.005  # seconds: one ratio holds for so long
PIN_BEFORE, PIN_AFTER = 0.010, 0.020  # seconds around a burst that are copied
# Seconds: of two bursts nearer than this, the weaker is not copied. What is copied is then less than a third of the
# recording, so that the rest can make up for it at any factor from 0.5 to 2.
APART = 0.100


def new_length(n_samples: int, factor: float) -> int:
    """Returns how many samples a recording has after its tempo was changed.

    Args:
        n_samples: that it has before, at least 1.
        factor: how many times as fast it becomes.

    Returns:
        n_samples / factor to the nearest whole number, but at least 1.
    """
    return max(1, round(n_samples / factor))


def find_time_map(recording: Recording, segmentation: Segmentation, factor: float, *, even: bool = False) -> TimeMap:
    """Finds when each moment of a recording is reached after its tempo was changed.

    Bursts are copied; elsewhere, what is steady takes more of the change than what changes fast, and within a syllable
    the tempo is even. The ratio of new to old duration is nowhere more than about twice, or less than about half, what
    it is on the whole, and nowhere is the recording made faster to be slower or the reverse.

    Args:
        recording: what is to be made faster or slower.
        segmentation: of this recording, by phonseg (with a curve) or by the user (boundaries alone).
        factor: how many times as fast it becomes, 0.5 to 2.
        even: whether every moment is changed alike. The segmentation is then not used.

    Returns:
        The map, in seconds from the first sample of the recording; it ends where the old and the new recording end. The
        ratio is exactly 1 where bursts are copied; these parts begin and end on whole samples of both recordings.

    Raises:
        AudioError: if the recording has changed since it was opened.
    """
    n, rate = recording.n_samples, recording.sample_rate
    n_new = new_length(n, factor)
    if even or n_new == n:
        return TimeMap(np.array([0.0, n / rate]), np.array([0.0, n_new / rate]))
    edges = np.unique(np.rint(np.linspace(0, n, 1 + max(1, round(n / rate / CELL)))))
    lengths = np.diff(edges)
    pinned = _pinned(recording, edges, n_new / n)
    elasticities = elasticity((edges[:-1] + edges[1:]) / 2 / rate, segmentation, recording.first)
    ratios = duration_ratios(lengths, elasticities, pinned, n_new / n, CELL)
    old, new = _on_whole_samples(edges, np.append(0.0, np.cumsum(ratios * lengths)), pinned, n_new)
    return TimeMap(old / rate, new / rate)


def _pinned(recording: Recording, edges: Times, even: float) -> NDArray[np.bool_]:
    """(M,) which cells are copied, those of the strongest bursts first, as long as the rest can make up for them."""
    bursts = find_bursts(recording)
    kept = apart(bursts.times, bursts.strengths, APART)
    times = bursts.times[kept][np.argsort(-bursts.strengths[kept], kind="stable")]
    cell = recording.duration / (len(edges) - 1)
    firsts, ends = np.rint((times - PIN_BEFORE) / cell), np.rint((times + PIN_AFTER) / cell)
    for count in range(len(times), 0, -1):
        changes = np.zeros(len(edges))
        np.add.at(changes, np.clip(firsts[:count], 0, len(edges) - 1).astype(int), 1)
        np.add.at(changes, np.clip(ends[:count], 0, len(edges) - 1).astype(int), -1)
        pinned = np.cumsum(changes)[:-1] > 0
        if can_pin(np.diff(edges), pinned, even):
            return pinned
    return np.zeros(len(edges) - 1, bool)


def _on_whole_samples(old: Times, new: Times, pinned: NDArray[np.bool_], n_new: int) -> tuple[Times, Times]:
    """The knots, in samples, moved by less than one so that whole samples are copied; none inside what is copied."""
    starts = np.flatnonzero(np.diff(pinned, prepend=False, append=False))
    firsts, ends = starts[::2], starts[1::2]
    begins = np.rint(new[firsts])
    if len(ends) and ends[-1] == len(pinned):
        begins[-1] = n_new - (old[-1] - old[firsts[-1]])
    anchors = np.append(np.ravel(np.column_stack([firsts, ends])), [0, len(pinned)])
    targets = np.append(np.ravel(np.column_stack([begins, begins + old[ends] - old[firsts]])), [0, n_new])
    anchors, chosen = np.unique(anchors, return_index=True)
    new = np.interp(new, new[anchors], targets[chosen])
    outer = np.append(True, ~(pinned[:-1] & pinned[1:]))
    outer = np.append(outer, True)
    return old[outer], new[outer]
