"""Turns -> the times at which somebody begins to speak after somebody else."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from phonseg.evaluation.matching import SLACK, most_pairs
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.grid import Times

TOLERANCE = 0.5  # seconds


class ChangesFound(NamedTuple):
    """How many changes of speaker there are.

    Attributes:
        in_reference: in the reference.
        in_hypothesis: in the hypothesis.
        hits: pairs of one in the reference and one in the hypothesis that lie within the tolerance, one to one.
    """

    in_reference: int
    in_hypothesis: int
    hits: int


def compare_changes(reference: Diarization, hypothesis: Diarization) -> ChangesFound:
    """Pairs the changes of speaker of two diarizations one to one, as many as possible within `TOLERANCE`.

    Args:
        reference: what is right.
        hypothesis: what is scored.

    Returns:
        How many there are, and how many pairs.
    """
    times = speaker_changes(reference), speaker_changes(hypothesis)
    return ChangesFound(len(times[0]), len(times[1]), most_pairs(*times, TOLERANCE + SLACK))


def speaker_changes(turns: Diarization) -> Times:
    """Finds the turns that begin after a turn of somebody else.

    Args:
        turns: of one recording.

    Returns:
        (n,) seconds, sorted: the start of each turn whose speaker is not that of the turn before, in order of their
        starts.
    """
    return np.array([after.start for before, after in pairwise(turns.turns) if before.speaker != after.speaker])
