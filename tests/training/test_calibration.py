"""Weights of streams and operating points: from unlabelled recordings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from conftest import RATE, mel_segmenter, speech_like
from hypothesis import given, strategies as st

from phonseg.audio.recording import Recording, open_recording
from phonseg.detection.peaks import OperatingPoint
from phonseg.errors import TrainingError
from phonseg.evaluation.evaluate import evaluate
from phonseg.evaluation.score import Score, pooled
from phonseg.model.analysis import Analysis
from phonseg.timeline.grid import Curve, FrameGrid
from phonseg.training.calibration import (
    EXCERPT,
    FINER,
    GRID,
    _analysed_copies,
    balanced,
    operating_point,
    typical_height,
)

CHUNK_FRAMES = FrameGrid(RATE, hop=160, window=512)
STREAM = mel_segmenter().streams[0]


def analysed(values: list[float]) -> Analysis:
    curve = Curve(np.array(values, dtype=np.float32), CHUNK_FRAMES)
    return Analysis(curve, (), 1.0, curve)


def test_the_typical_height_is_the_mean_over_recordings_of_their_90th_percentile():
    assert typical_height([analysed(list(range(11)))]) == 9
    assert typical_height([analysed(list(range(11))), analysed([3.0] * 5)]) == 6


@given(st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.1, 100)), min_size=1, max_size=5))
def test_balanced_streams_contribute_in_the_proportion_of_their_shares_and_1_together(pairs):
    shares, heights = zip(*pairs, strict=True)
    streams = balanced([(replace(STREAM, weight=1.0), share) for share in shares], heights)
    contributions = np.array([stream.weight * height for stream, height in zip(streams, heights, strict=True)])
    np.testing.assert_allclose(contributions, np.array(shares) / sum(shares))


def test_a_flat_stream_cannot_be_balanced():
    with pytest.raises(TrainingError, match="shows no contrast"):
        balanced([(STREAM, 1.0), (STREAM, 1.0)], [1.0, 0.0])


# Without labels


def recordings(n: int) -> list[Recording]:
    return [open_recording((speech_like(8, seed)[0], RATE)) for seed in range(n)]


def test_a_model_agrees_with_itself_on_the_joins_of_speech():
    model = mel_segmenter()
    chosen = operating_point(model, recordings(4), np.random.default_rng(0))
    for seed in range(4, 7):  # others than it was calibrated on
        samples, joins = speech_like(8, seed)
        found = replace(model, operating_point=chosen).segment((samples, RATE))
        assert evaluate(joins, found.boundaries).f1 > 0.9


def test_the_operating_point_is_the_lowest_prominence_whose_agreement_cannot_be_told_from_the_best():
    model, chosen_from = mel_segmenter(), recordings(3)
    chosen = operating_point(model, chosen_from, np.random.default_rng(0)).prominence
    generator = np.random.default_rng(0)
    copies = [_analysed_copies(model, recording, generator) for recording in chosen_from]
    pairs = [list(of_one) for of_one in copies]

    def agreement(prominence: float) -> list[Score]:
        sides = [[[side.times[side.prominences >= prominence] for side in pair] for pair in of_one] for of_one in pairs]
        return [pooled([evaluate(*pair) for pair in of_one]) for of_one in sides]

    top = np.percentile([p for of_one in pairs for own, _ in of_one for p in own.prominences], 95)
    tried = [(top * 10 ** (-2 + 2 * i / (GRID - 1))) for i in range(GRID)]
    scores = [agreement(prominence) for prominence in tried]
    f1 = [pooled(of_all).f1 for of_all in scores]
    best = int(np.nanargmax(f1))
    error = np.nanstd([score.f1 for score in scores[best]]) / math.sqrt(3)
    least = f1[best] - 2 * error
    place = next(i for i, f in enumerate(f1) if f >= least)
    low, high = tried[max(0, place - 1)], tried[place]
    between = [low * (high / low) ** (i / (FINER - 1)) for i in range(FINER)]
    assert chosen == pytest.approx(next(p for p in between if pooled(agreement(p)).f1 >= least))


def test_the_copies_of_a_recording_have_its_boundaries_at_its_times():
    samples, joins = speech_like(8)
    model = replace(mel_segmenter(), operating_point=OperatingPoint(0.3))
    for own, copy in _analysed_copies(model, open_recording((samples, RATE)), np.random.default_rng(0)):
        for candidates in (own, copy):
            assert evaluate(joins, candidates.times[candidates.prominences >= 0.3]).recall > 0.9


def test_only_the_beginning_of_a_long_recording_is_used():
    samples, _ = speech_like(8)
    long = np.tile(samples, math.ceil(2 * EXCERPT * RATE / len(samples)))
    once = long[: round(EXCERPT * RATE)]
    chosen = [
        operating_point(mel_segmenter(), [open_recording((sound, RATE))], np.random.default_rng(0))
        for sound in (long, once)
    ]
    assert chosen[0] == chosen[1]


def test_without_a_peak_there_is_no_operating_point():
    silence = open_recording((np.zeros(RATE, np.float32), RATE))
    with pytest.raises(TrainingError, match="no peak in any recording"):
        operating_point(mel_segmenter(), [silence], np.random.default_rng(0))
