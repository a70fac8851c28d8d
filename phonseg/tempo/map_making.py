"""Recording, segmentation and factor -> the map from old time to new time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.recording import Recording
from phonseg.tempo.bursts import find_bursts
from phonseg.tempo.elasticity import elasticity
from phonseg.tempo.payback import duration_ratios
from phonseg.tempo.pins import find_pins
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap

CELL = 0.005  # seconds: one ratio holds for so long. Half a frame, so that pins begin where they should


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

    Bursts are copied. Elsewhere, what is steady takes more of the change than what changes fast, and over a syllable
    the tempo is nearly even. The ratio of new to old duration is, to within a sample between two bursts, at least half
    and at most twice what it is on the whole; and no moment becomes shorter in slower speech, or longer in faster
    speech. Where a short recording is hardly more than a burst, the burst is changed like the rest.

    Args:
        recording: what is to be made faster or slower.
        segmentation: of this recording, by phonseg (with a curve) or by the user (boundaries alone).
        factor: how many times as fast it becomes, 0.5 to 2.
        even: whether every moment is changed alike. The segmentation is then not used.

    Returns:
        The map, in seconds from the first sample of the recording; it ends where the old and the new recording end.
        Where something is copied, the ratio is exactly 1, from a whole sample to a whole sample of both recordings.

    Raises:
        AudioError: if the recording has changed since it was opened.
    """
    n, rate = recording.n_samples, recording.sample_rate
    n_new = new_length(n, factor)
    if even or n_new == n:
        return TimeMap(np.array([0.0, n / rate]), np.array([0.0, n_new / rate]))
    edges = np.unique(np.rint(np.linspace(0, n, 1 + max(1, round(n / rate / CELL)))))
    pinned = find_pins(find_bursts(recording), edges / rate, n_new / n)
    elasticities = elasticity((edges[:-1] + edges[1:]) / 2 / rate, segmentation, recording.first)
    lengths = np.diff(edges)
    ratios = duration_ratios(elasticities, lengths, pinned, n_new / n, CELL)
    new = np.append(0.0, np.cumsum(ratios * lengths))
    old, new = _on_whole_samples(edges, new, ratios == 1, n_new)  # also what is copied because a limit is in the way
    return TimeMap(old / rate, new / rate)


def _on_whole_samples(old: Times, new: Times, copied: NDArray[np.bool_], n_new: int) -> tuple[Times, Times]:
    """The knots, moved by less than a sample so that whole samples are copied; there are none inside what is copied."""
    firsts, ends = np.flatnonzero(np.diff(copied, prepend=False, append=False)).reshape(-1, 2).T
    begins = np.rint(new[firsts])
    if copied[-1]:
        begins[-1] = n_new - (old[-1] - old[firsts[-1]])
    places = np.concatenate([[0], firsts, ends, [len(copied)]])
    moved = np.concatenate([[0], begins, begins + old[ends] - old[firsts], [n_new]])
    places, chosen = np.unique(places, return_index=True)
    knots = np.concatenate([[True], ~(copied[:-1] & copied[1:]), [True]])
    return old[knots], np.interp(new, new[places], moved[chosen])[knots]
