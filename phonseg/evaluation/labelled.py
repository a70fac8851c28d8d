"""The labelled stretches of a reference, and the boundaries that count inside them.

A stretch is a run of segments whose labels are not empty, as long as possible. A boundary of the reference counts if it
lies inside a stretch, that is, between two of its segments. The start and the end of a stretch do not count, as the
start and the end of a file do not. A predicted boundary counts if it lies inside a stretch and not within the tolerance
of the start or the end of it, or if it lies within the tolerance of a boundary of the reference that counts.
"""

from __future__ import annotations

import numpy as np

from phonseg.evaluation.matching import are_near
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation


def labelled_stretches(segmentation: Segmentation) -> Times:
    """Finds the runs of segments with labels.

    Args:
        segmentation: its segments; if they have no labels, they are numbered, which counts as a label.

    Returns:
        (S, 2) start and end of each stretch, in seconds, in order.
    """
    starts, ends, labels = zip(*segmentation.intervals(), strict=True)
    labelled = np.array([bool(label.strip()) for label in labels], dtype=np.int8)
    begins = np.flatnonzero(np.diff(labelled, prepend=0) == 1)
    finishes = np.flatnonzero(np.diff(labelled, append=0) == -1)
    return np.stack([np.array(starts)[begins], np.array(ends)[finishes]], axis=1)


def counted(reference: Times, predicted: Times, stretches: Times, reach: float) -> tuple[Times, Times]:
    """Keeps the boundaries that count inside labelled stretches.

    Args:
        reference: (N,) sorted seconds.
        predicted: (M,) sorted seconds.
        stretches: (S, 2) start and end of each stretch, S at least 1.
        reach: seconds; the tolerance with its slack.

    Returns:
        The boundaries of both sides that count.
    """
    inner = reference[_depth(reference, stretches) > 0]
    deep = _depth(predicted, stretches) > reach
    return inner, predicted[deep | are_near(predicted, inner, reach)]


def _depth(times: Times, stretches: Times) -> Times:
    """(N,) distance of each time from the nearer end of the stretch it lies in, 0 or less outside of all stretches."""
    starts, ends = stretches.T
    last = np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)
    depth: Times = np.minimum(times - starts[last], ends[last] - times)
    return depth
