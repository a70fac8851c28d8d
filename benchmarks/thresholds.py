"""What every fixed threshold on prominence would score on labels: the oracle chooses among them with the answers known.

Among the candidates of a segmentation a threshold chooses independently of the others, so that each recording has to be
heard only once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from phonseg.evaluation.evaluate import evaluate
from phonseg.evaluation.matching import SLACK
from phonseg.evaluation.score import Score
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.grid import Times

TOLERANCE = 0.020  # seconds


def every_threshold(recordings: Sequence[tuple[Times, Candidates]]) -> list[tuple[float, Score]]:
    """The pooled score at every prominence that any candidate has, taken as the one threshold of all recordings.

    recordings: boundaries of the reference (N,), and what was found. A threshold keeps candidates from it on, and every
    other threshold chooses the same as one of these. The highest comes first: infinity, which keeps none.
    """
    n_reference = sum(len(reference) for reference, _ in recordings)
    prominences = np.concatenate([candidates.prominences for _, candidates in recordings])
    gains = np.concatenate([hits_gained(reference, candidates) for reference, candidates in recordings])
    order = np.argsort(-prominences, kind="stable")
    prominences, hits = prominences[order], np.cumsum(gains[order])
    # Of equal prominences all are kept or none.
    last = np.flatnonzero(np.diff(prominences, append=-np.inf))
    nothing = (math.inf, Score(n_reference, 0, 0, 0, TOLERANCE))
    return [
        nothing,
        *((float(prominences[i]), Score(n_reference, int(i) + 1, *2 * (int(hits[i]),), TOLERANCE)) for i in last),
    ]


def hits_gained(reference: Times, candidates: Candidates) -> NDArray[np.int64]:
    """(M,) how many strict hits each candidate adds to those that are more prominent: 0 or 1.

    No pair reaches over a gap wider than the tolerance in which there is nothing, so the times between two such gaps
    are scored by themselves.
    """
    times = np.sort(np.concatenate([reference, candidates.times]))
    starts = times[np.diff(times, prepend=-np.inf) > TOLERANCE + SLACK][1:]
    wanted = np.split(reference, np.searchsorted(reference, starts))
    members = np.split(np.arange(len(candidates.times)), np.searchsorted(candidates.times, starts))
    gained = np.zeros(len(candidates.times), dtype=np.int64)
    for some, found in zip(wanted, members, strict=True):
        ranked = found[np.argsort(-candidates.prominences[found], kind="stable")]
        hits = [evaluate(some, candidates.times[np.sort(ranked[:n])]).hits for n in range(len(ranked) + 1)]
        gained[ranked] = np.diff(hits)
    return gained
