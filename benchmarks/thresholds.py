"""References and candidates -> the score of every fixed threshold on prominence; the oracle chooses among these.

Whether a candidate passes a threshold depends on no other candidate, so each recording is segmented only once.
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
    """The pooled score with the prominence of each candidate in turn as the threshold for all recordings.

    recordings: boundaries of the reference, (N,) seconds, and the candidates found. A threshold keeps the candidates
    that reach it; any other threshold keeps the same ones as one of these. The first is infinity, which keeps none.
    """
    n_reference = sum(len(reference) for reference, _ in recordings)
    prominences = np.concatenate([candidates.prominences for _, candidates in recordings])
    gains = np.concatenate([hits_gained(reference, candidates) for reference, candidates in recordings])
    order = np.argsort(-prominences, kind="stable")
    prominences, hits = prominences[order], np.cumsum(gains[order])
    # Candidates of equal prominence are kept or dropped together.
    last = np.flatnonzero(np.diff(prominences, append=-np.inf))
    nothing = (math.inf, Score(n_reference, 0, 0, 0, TOLERANCE))
    return [
        nothing,
        *((float(prominences[i]), Score(n_reference, int(i) + 1, *2 * (int(hits[i]),), TOLERANCE)) for i in last),
    ]


def hits_gained(reference: Times, candidates: Candidates) -> NDArray[np.int64]:
    """(M,) how many strict hits, 0 or 1, each candidate adds to those of the more prominent ones.

    A hit never spans a gap without times that is wider than the tolerance, so the times between two such gaps are
    scored separately.
    """
    times = np.sort(np.concatenate([reference, candidates.times]))
    starts = times[np.diff(times, prepend=-np.inf) > TOLERANCE + SLACK][1:]
    references = np.split(reference, np.searchsorted(reference, starts))
    members = np.split(np.arange(len(candidates.times)), np.searchsorted(candidates.times, starts))
    gained = np.zeros(len(candidates.times), dtype=np.int64)
    for some, found in zip(references, members, strict=True):
        ranked = found[np.argsort(-candidates.prominences[found], kind="stable")]
        hits = [evaluate(some, candidates.times[np.sort(ranked[:n])]).hits for n in range(len(ranked) + 1)]
        gained[ranked] = np.diff(hits)
    return gained
