"""Speakers -> colours, the same in every picture of one diarization and of the reference beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import linear_sum_assignment

from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

# Colour-blind people can tell these apart; they are Okabe and Ito's, and two of Tol's. With more speakers the colours
# begin again, and their lanes tell them apart.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#332288", "#882255")
UNMATCHED = "#777777"  # of a speaker of a reference whom nobody fits


def colours_of(diarization: Diarization) -> dict[str, str]:
    """Returns a colour for each speaker, in the order in which they first speak in the whole recording.

    Args:
        diarization: the diarization.
    """
    return {speaker: PALETTE[i % len(PALETTE)] for i, speaker in enumerate(diarization.speakers)}


def best_fit(diarization: Diarization, reference: Diarization) -> dict[str, str]:
    """Finds the speakers that are likely to be the same, so that the time that they share is the longest.

    Args:
        diarization: of a recording.
        reference: of the same recording.

    Returns:
        A speaker of the diarization -> the one speaker of the reference that fits best. Those who share no time with
        anybody left for them are not in it.
    """
    rows, columns = _by_speaker(diarization), _by_speaker(reference)
    shared = np.array([[_shared(one, other) for other in columns.values()] for one in rows.values()])
    if not shared.size:
        return {}
    pairs = zip(*linear_sum_assignment(shared, maximize=True), strict=True)
    return {list(rows)[row]: list(columns)[column] for row, column in pairs if shared[row, column] > 0}


def reference_colours(diarization: Diarization, reference: Diarization) -> dict[str, str]:
    """Returns a colour for each speaker of a reference: that of the speaker of the diarization who fits best.

    Args:
        diarization: of a recording.
        reference: of the same recording.

    Returns:
        The colours, in the order of the speakers who fit; then those whom nobody fits, in grey.
    """
    colours, fits = colours_of(diarization), best_fit(diarization, reference)
    matched = {fits[speaker]: colour for speaker, colour in colours.items() if speaker in fits}
    return {**matched, **{speaker: UNMATCHED for speaker in reference.speakers if speaker not in matched}}


def _by_speaker(diarization: Diarization) -> Mapping[str, list[Turn]]:
    turns: dict[str, list[Turn]] = {}
    for turn in diarization:
        turns.setdefault(turn.speaker, []).append(turn)
    return turns


def _shared(one: list[Turn], other: list[Turn]) -> float:
    """How many seconds two people speak at once: during the turns of one, how much the speech of the other grows."""
    edges = np.array([turn[:2] for turn in other]).ravel()
    spoken = np.cumsum(np.diff(edges, prepend=edges[0]) * np.resize([0, 1], len(edges)))
    starts, ends = np.array([turn[:2] for turn in one]).T
    return float(np.sum(np.interp(ends, edges, spoken) - np.interp(starts, edges, spoken)))
