"""Recordings without labels -> the weights of the streams and the operating point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from phonseg.audio.recording import Recording, open_recording
from phonseg.augmentation.speed import PlaybackSpeed
from phonseg.augmentation.white_noise import white_noise
from phonseg.detection.peaks import OperatingPoint
from phonseg.errors import TrainingError
from phonseg.evaluation.evaluate import evaluate
from phonseg.evaluation.score import Score, pooled
from phonseg.model.analysis import Analysis, analyse
from phonseg.model.segmenter import Segmenter
from phonseg.model.streams import Stream
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.grid import Samples, Times

# Seconds of each recording that a model is calibrated on.
EXCERPT = 30.0
# How many prominences are tried at first, and then between the one that was found and the next lower one.
GRID, FINER = 41, 11
# The copies of a recording: played at these speeds, and in white noise at this ratio (dB).
SPEEDS, NOISE = (0.8, 1.25), 20.0

# Candidates of a recording, and those of one of its copies at the times of the recording.
CopyPair = tuple[Candidates, Candidates]


def typical_height(analyses: Sequence[Analysis]) -> float:
    """Returns the height that a clear boundary reaches on a dissimilarity curve.

    Args:
        analyses: of the recordings, at least one.

    Returns:
        The 90th percentile of the curve, averaged over recordings.
    """
    return float(np.mean([np.percentile(analysis.curve.values, 90) for analysis in analyses]))


def balanced(streams: Sequence[tuple[Stream, float]], heights: Sequence[float]) -> tuple[Stream, ...]:
    """Weights streams by their shares, so that the 90th percentile of their summed curve is about 1.

    Args:
        streams: each with its share in the sum, above 0.
        heights: `typical_height` of each stream alone.

    Returns:
        The streams with their new weights.

    Raises:
        TrainingError: if the curve of a stream is flat.
    """
    if min(heights) <= 0:
        raise TrainingError("calibration: a stream shows no contrast anywhere. Train on recordings with speech.")
    total = sum(share for _, share in streams)
    return tuple(
        replace(stream, weight=stream.weight * share / total / height)
        for (stream, share), height in zip(streams, heights, strict=True)
    )


def operating_point(
    model: Segmenter, recordings: Iterable[Recording], generator: np.random.Generator
) -> OperatingPoint:
    """Finds the prominence at which a model agrees with itself on unlabelled recordings.

    The first EXCERPT seconds of each recording are segmented, and so are copies that are played slower, played faster,
    or in noise. Boundaries should follow the speed and survive the noise. If the prominence is too low, many do not,
    since they are ripples of the curve; if it is too high, boundaries come and go. In between, the F1 of the copies'
    boundaries against the recordings' is nearly the same over a wide range. All prominences whose F1 lies within two
    standard errors (over recordings) of the best are taken as equally good. The lowest of them is chosen, since it
    finds the most boundaries: first among GRID values over two decades, then among FINER values between the next lower
    of these and the one that was found.

    Args:
        model: whose own operating point plays no part.
        recordings: without labels.
        generator: for the noise.

    Returns:
        The operating point.

    Raises:
        TrainingError: if no recording has a peak.
    """
    analysed = [list(_analysed_copies(model, recording, generator)) for recording in recordings]
    found = np.concatenate([np.zeros(0), *(own.prominences for pairs in analysed for own, _ in pairs)])
    if not len(found):
        raise TrainingError("calibration: there is no peak in any recording. Train on recordings with speech.")
    prominences = np.geomspace(0.01, 1.0, GRID) * np.percentile(found, 95)
    scores = [_agreements(analysed, prominence) for prominence in prominences]
    f1 = _pooled_f1(scores)
    of_each = np.array([score.f1 for score in scores[f1.argmax()] if not np.isnan(score.f1)])
    standard_error = of_each.std() / np.sqrt(len(of_each)) if len(of_each) else 0.0
    least = f1.max() - 2 * standard_error
    lowest = int(np.argmax(f1 >= least))
    finer = np.geomspace(prominences[max(0, lowest - 1)], prominences[lowest], FINER)
    f1 = _pooled_f1([_agreements(analysed, prominence) for prominence in finer])
    return OperatingPoint(float(finer[np.argmax(f1 >= least)]))


def _agreements(analysed: Sequence[Sequence[CopyPair]], prominence: float) -> list[Score]:
    """Scores, for each recording, the boundaries in its copies against its own."""
    return [
        pooled([evaluate(_from(prominence, own), _from(prominence, copy)) for own, copy in pairs]) for pairs in analysed
    ]


def _pooled_f1(scores: Sequence[Sequence[Score]]) -> Times:
    """Returns the F1 of all recordings together for every prominence; 0 if they have no boundary."""
    return np.nan_to_num([pooled(of_all).f1 for of_all in scores])


def _from(prominence: float, candidates: Candidates) -> Times:
    """Returns the times of the candidates of at least this prominence."""
    return candidates.times[candidates.prominences >= prominence]


def _analysed_copies(model: Segmenter, recording: Recording, generator: np.random.Generator) -> Iterator[CopyPair]:
    """Yields the candidates of a recording beside those of each of its copies."""
    rate = model.streams[0].encoder.grid.sample_rate
    samples = next(recording.blocks(rate, block_seconds=EXCERPT))

    def candidates(version: Samples) -> Candidates:
        analysis = analyse(open_recording((version, rate)), model.streams, model.analysis_settings)
        return model.candidates(analysis, len(version) / rate)

    own = candidates(samples)
    for speed in map(PlaybackSpeed, SPEEDS):
        found = candidates(speed.played(samples, rate))
        yield own, replace(found, times=speed.original_times(found.times))
    yield own, candidates(white_noise(samples, rate, generator, snr=NOISE))
