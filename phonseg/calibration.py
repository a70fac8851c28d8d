"""The weights of the views and the operating point: from unlabelled recordings, unless labels are asked for.

With labels, a model is marked (`tuned_on_labels`), and so is every segmentation that it makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from phonseg.audio import Source, open_recording
from phonseg.errors import ConfigurationError, TrainingError
from phonseg.evaluate import evaluate
from phonseg.hearing import Hearing, hear
from phonseg.peaks import OperatingPoint
from phonseg.score import pooled
from phonseg.segmenter import Segmenter
from phonseg.timeline import Segmentation, Times
from phonseg.view import View

# A ratio of counts means little for a recording with fewer sure peaks than this.
ENOUGH = 10
# Peaks under this share of a sure one are ripples of the curve, in speech as in anything.
RIPPLE = 0.02
# The share of recordings that are taken for clean: those with the fewest weak peaks for each sure one.
CLEAN = 0.25


def typical_height(hearings: Sequence[Hearing]) -> float:
    """The 90th percentile of the curve, averaged over recordings: what a clear boundary reaches."""
    return float(np.mean([np.percentile(hearing.curve.values, 90) for hearing in hearings]))


def balanced(views: Sequence[tuple[View, float]], heights: Sequence[float]) -> tuple[View, ...]:
    """The views weighted by their shares, so that the 90th percentile of their summed curve is about 1.

    views: each with its share. heights: `typical_height` of each view alone. Raises TrainingError if a curve is flat.
    """
    if min(heights) <= 0:
        raise TrainingError("calibration: a view shows no contrast anywhere. Train on recordings with speech.")
    total = sum(share for _, share in views)
    return tuple(
        replace(view, weight=view.weight * share / total / height)
        for (view, share), height in zip(views, heights, strict=True)
    )


def operating_point(peaks: Sequence[Times], sure: float) -> OperatingPoint:
    """Set the operating point from the peaks of unlabelled recordings.

    peaks: for each recording the prominences of all peaks in speech. sure: the prominence of a sure one.
    In clean recordings nearly every weak peak is a boundary; noisier ones have more of them, and those are not. So the
    number of weak peaks for each sure one is that of the noisiest of the clean quarter. Raises TrainingError if no
    recording has enough sure peaks.
    """
    lowest = RIPPLE * sure
    ratios = [
        ((prominences > lowest) & (prominences <= sure)).sum() / (prominences > sure).sum()
        for prominences in peaks
        if (prominences > sure).sum() >= ENOUGH
    ]
    if not ratios:
        raise TrainingError(
            f"calibration: no recording has {ENOUGH} clear boundaries. Train on more or longer recordings of speech."
        )
    return OperatingPoint(sure=sure, weak_per_sure=float(np.quantile(ratios, CLEAN)), lowest=lowest)


def tune_on_labels(model: Segmenter, labelled: Sequence[tuple[Source, Segmentation]]) -> Segmenter:
    """The model with the one prominence, for all recordings, that gives the highest pooled R-value on labels.

    labelled: recordings with their references. The model that comes back, and whatever it segments, is marked as tuned
    on labels: its scores on these recordings are those of an oracle. Raises ConfigurationError if there is no label.
    """
    if not sum(len(reference.boundaries) for _, reference in labelled):
        raise ConfigurationError("tune_on_labels: the references hold no boundary. Give some that do.")
    recordings = [open_recording(source) for source, _ in labelled]
    heard = [(hear(recording, model.views), recording.duration) for recording in recordings]

    def tuned(prominence: float) -> Segmenter:
        point = OperatingPoint(sure=prominence, weak_per_sure=0.0, lowest=prominence)
        return replace(model, operating_point=point, tuned_on_labels=True, digest="")

    def r_value(prominence: float) -> float:
        candidates = [tuned(prominence).candidates(hearing, duration) for hearing, duration in heard]
        chosen = [every.times[every.by_sensitivity(0.5)] for every in candidates]
        scores = [evaluate(reference, times) for (_, reference), times in zip(labelled, chosen, strict=True)]
        return pooled(scores).r_value

    grid = np.geomspace(0.001, 1.0, 61) * max(float(hearing.curve.values.max()) for hearing, _ in heard)
    return tuned(float(max(grid, key=r_value)))
