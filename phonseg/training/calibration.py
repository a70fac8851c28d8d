"""The weights of the views and the operating point: from unlabelled recordings, unless labels are asked for.

With labels, a model is marked (`tuned_on_labels`), and so is every segmentation that it makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import soxr
from numpy.typing import NDArray

from phonseg.audio.channels import Samples
from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import Recording, open_recording
from phonseg.augmentation.noise import white_noise
from phonseg.detection.peaks import OperatingPoint
from phonseg.errors import ConfigurationError, TrainingError
from phonseg.evaluation.evaluate import evaluate
from phonseg.evaluation.score import Score, pooled
from phonseg.model.analysis import Analysis, analyse
from phonseg.model.segmenter import Segmenter
from phonseg.model.streams import Stream
from phonseg.timeline.candidates import Candidates, Choice
from phonseg.timeline.segmentation import Segmentation

# Seconds of each recording that a model is made to agree with itself on; how many prominences are tried, and how many
# from one of these to the next.
EXCERPT, GRID, FINER = 30.0, 41, 11
# The copies: played slower and faster, and in white noise of so many decibels.
SPEEDS, NOISE = (0.8, 1.25), 20.0


def typical_height(analyses: Sequence[Analysis]) -> float:
    """The 90th percentile of the curve, averaged over recordings: what a clear boundary reaches."""
    return float(np.mean([np.percentile(analysis.curve.values, 90) for analysis in analyses]))


def balanced(streams: Sequence[tuple[Stream, float]], heights: Sequence[float]) -> tuple[Stream, ...]:
    """The views weighted by their shares, so that the 90th percentile of their summed curve is about 1.

    views: each with its share. heights: `typical_height` of each view alone. Raises TrainingError if a curve is flat.
    """
    if min(heights) <= 0:
        raise TrainingError("calibration: a view shows no contrast anywhere. Train on recordings with speech.")
    total = sum(share for _, share in streams)
    return tuple(
        replace(stream, weight=stream.weight * share / total / height)
        for (stream, share), height in zip(streams, heights, strict=True)
    )


def operating_point(
    model: Segmenter, recordings: Iterable[Recording], generator: np.random.Generator
) -> OperatingPoint:
    """The prominence at which a model agrees best with itself, on unlabelled recordings.

    The first EXCERPT seconds of each recording are segmented, and again as they are when played slower, played faster,
    and in noise. Boundaries must move with the tempo and survive the noise (rate-equivariance, as a yardstick
    that needs no labels): with too low a prominence many do not, being ripples; with too high a one they come and go.
    In between the F1 of the copies' boundaries against the recordings' is nearly the same over a wide range. Of the
    prominences whose F1 lies within two standard errors (over recordings) of the best, and so cannot be told from it,
    the lowest is chosen, for it finds the most: of GRID over two decades, and then of FINER from the next lower one of
    these to it. generator: for the noise.

    Raises TrainingError if the recordings hold no peak.
    """
    analysed = [list(_analysed_copies(model, recording, generator)) for recording in recordings]
    found = np.concatenate([np.zeros(0), *[own.prominences for copies in analysed for own, _ in copies]])
    if not len(found):
        raise TrainingError("calibration: there is no peak in any recording. Train on recordings with speech.")
    prominences = np.geomspace(0.01, 1.0, GRID) * np.percentile(found, 95)
    scores = [[_agreement(copies, prominence) for copies in analysed] for prominence in prominences]
    agreement = _f1(scores)
    best = int(agreement.argmax())
    each = np.array([score.f1 for score in scores[best] if not np.isnan(score.f1)])
    least = agreement[best] - 2 * (each.std() / np.sqrt(len(each)) if len(each) else 0.0)
    lowest = int(np.argmax(agreement >= least))
    finer = np.geomspace(prominences[max(0, lowest - 1)], prominences[lowest], FINER)
    agreement = _f1([[_agreement(copies, prominence) for copies in analysed] for prominence in finer])
    return OperatingPoint(float(finer[np.argmax(agreement >= least)]))


def _agreement(copies: Sequence[tuple[Candidates, Candidates]], prominence: float) -> Score:
    """The boundaries in the copies of a recording against those in itself."""
    return pooled([evaluate(*(side.times[side.prominences >= prominence] for side in pair)) for pair in copies])


def _f1(scores: Sequence[Sequence[Score]]) -> NDArray[np.float64]:
    """For every prominence the F1 of all recordings together, 0 where they have no boundary."""
    return np.array([np.nan_to_num(pooled(of_all).f1) for of_all in scores])


def _analysed_copies(
    model: Segmenter, recording: Recording, generator: np.random.Generator
) -> Iterator[tuple[Candidates, Candidates]]:
    """The candidates of a recording beside those of each of its copies, at the times of the recording."""
    rate = model.streams[0].encoder.grid.sample_rate
    samples = _excerpt(recording, rate)

    def candidates(version: Samples, speed: float) -> Candidates:
        duration = len(version) / rate
        analysed = model.candidates(
            analyse(open_recording((version, rate)), model.streams, model.analysis_settings), duration
        )
        return replace(analysed, times=analysed.times * speed)

    own = candidates(samples, 1.0)
    for speed in SPEEDS:
        # Played at another rate: pitch and formants move as well, as from one speaker to the next.
        yield own, candidates(soxr.resample(samples, rate * speed, rate, quality="HQ"), speed)
    yield own, candidates(white_noise(samples, rate, generator, snr=NOISE), 1.0)


def _excerpt(recording: Recording, sample_rate: int) -> Samples:
    """The first EXCERPT seconds."""
    blocks: list[Samples] = []
    for block in recording.blocks(sample_rate):
        blocks.append(block)
        if sum(map(len, blocks)) >= EXCERPT * sample_rate:
            break
    return np.concatenate(blocks)[: round(EXCERPT * sample_rate)]


def tune_on_labels(model: Segmenter, labelled: Sequence[tuple[Source, Segmentation]]) -> Segmenter:
    """The model with the one prominence, for all recordings, that gives the highest pooled R-value on labels.

    labelled: recordings with their references. The model that comes back, and whatever it segments, is marked as tuned
    on labels: its scores on these recordings are those of an oracle. Raises ConfigurationError if there is no label.
    """
    if not sum(len(reference.boundaries) for _, reference in labelled):
        raise ConfigurationError("tune_on_labels: the references hold no boundary. Give some that do.")
    recordings = (open_recording(source) for source, _ in labelled)
    analysed = [
        (analyse(recording, model.streams, model.analysis_settings), recording.duration) for recording in recordings
    ]

    def tuned(prominence: float) -> Segmenter:
        return replace(model, operating_point=OperatingPoint(prominence), tuned_on_labels=True, digest="")

    def r_value(prominence: float) -> float:
        candidates = [tuned(prominence).candidates(analysis, duration) for analysis, duration in analysed]
        chosen = [every.times[every.chosen(Choice(0.5))] for every in candidates]
        scores = [evaluate(reference, times) for (_, reference), times in zip(labelled, chosen, strict=True)]
        return pooled(scores).r_value

    grid = np.geomspace(0.001, 1.0, 61) * max(float(analysis.curve.values.max()) for analysis, _ in analysed)
    return tuned(float(max(grid, key=r_value)))
