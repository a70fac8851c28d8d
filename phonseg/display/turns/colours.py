"""Speakers -> colours, the same in every picture of one diarization and of the reference beside it."""

from __future__ import annotations

from phonseg.evaluation.speakers.speaking_time import compare_time
from phonseg.timeline.diarization import Diarization

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


def reference_colours(diarization: Diarization, reference: Diarization) -> dict[str, str]:
    """Returns a colour for each speaker of a reference: that of the speaker of the diarization who fits best.

    Args:
        diarization: of a recording.
        reference: of the same recording.

    Returns:
        The colours, in the order of the speakers who fit; then those whom nobody fits, in grey. Speakers fit as in
        `phonseg.evaluate_diarization`: one-to-one, so that the time that they share is the longest.
    """
    colours, fits = colours_of(diarization), compare_time(reference, diarization, 0.0)[1]
    matched = {fits[speaker]: colour for speaker, colour in colours.items() if speaker in fits}
    return {**matched, **{speaker: UNMATCHED for speaker in reference.speakers if speaker not in matched}}
