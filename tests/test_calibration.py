"""Weights of views and operating points: from unlabelled recordings, and from labels by request."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import RATE, mel_segmenter, speech_like
from hypothesis import given
from hypothesis import strategies as st

from phonseg.calibration import ENOUGH, RIPPLE, balanced, operating_point, tune_on_labels, typical_height
from phonseg.errors import ConfigurationError, TrainingError
from phonseg.evaluate import evaluate
from phonseg.hearing import Hearing
from phonseg.peaks import OperatingPoint
from phonseg.timeline import Curve, FrameGrid, Segmentation

GRID = FrameGrid(RATE, hop=160, window=512)
VIEW = mel_segmenter().views[0]
# How many peaks of each recording are sure, weak, and ripples.
counts = st.lists(st.tuples(st.integers(5, 25), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6)


def heard(values: list[float]) -> Hearing:
    return Hearing(Curve(np.array(values, dtype=np.float32), GRID), (), 1.0)


def test_the_typical_height_is_the_mean_over_recordings_of_their_90th_percentile():
    assert typical_height([heard(list(range(11)))]) == 9
    assert typical_height([heard(list(range(11))), heard([3.0] * 5)]) == 6


@given(st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.1, 100)), min_size=1, max_size=5))
def test_balanced_views_contribute_in_the_proportion_of_their_shares_and_1_together(pairs):
    shares, heights = zip(*pairs, strict=True)
    views = balanced([(replace(VIEW, weight=1.0), share) for share in shares], heights)
    contributions = np.array([view.weight * height for view, height in zip(views, heights, strict=True)])
    np.testing.assert_allclose(contributions, np.array(shares) / sum(shares))


def test_a_flat_view_cannot_be_balanced():
    with pytest.raises(TrainingError, match="shows no contrast"):
        balanced([(VIEW, 1.0), (VIEW, 1.0)], [1.0, 0.0])


@given(counts, st.floats(1.0, 1.9), st.integers(0, 99))
def test_the_operating_point_is_that_of_the_clean_quarter(numbers, sure, seed):
    generator = np.random.default_rng(seed)
    peaks = [generator.permutation(np.repeat([2.0, 1.0, RIPPLE], numbers_of_one)) for numbers_of_one in numbers]
    ratios = [n_weak / n_sure for n_sure, n_weak, _ in numbers if n_sure >= ENOUGH]
    if ratios:
        point = operating_point(peaks, sure)
        assert point.weak_per_sure == pytest.approx(np.quantile(ratios, 0.25))
        assert (point.sure, point.lowest) == (sure, RIPPLE * sure)
    else:
        with pytest.raises(TrainingError, match=f"no recording has {ENOUGH} clear boundaries"):
            operating_point(peaks, sure)


def test_recordings_with_hardly_a_sure_peak_have_no_say():
    plenty, few = np.array([5.0] * 20 + [1.0] * 10), np.array([5.0] * (ENOUGH - 1) + [1.0] * 50)
    assert operating_point([plenty, few, few], sure=2.0).weak_per_sure == 0.5


# On labels


def labelled(seed: int) -> tuple[tuple[np.ndarray, int], Segmentation]:
    samples, joins = speech_like(8, seed)
    return (samples, RATE), Segmentation(joins, len(samples) / RATE)


def test_tuned_on_labels_a_model_is_marked_and_so_is_what_it_segments():
    model = replace(mel_segmenter(), digest="abc")
    tuned = tune_on_labels(model, [labelled(0)])
    assert tuned.tuned_on_labels
    assert tuned.digest == ""
    assert tuned.segment(labelled(1)[0]).provenance.tuned_on_labels
    assert not model.tuned_on_labels
    assert not model.segment(labelled(1)[0]).provenance.tuned_on_labels


@pytest.mark.parametrize("point", [OperatingPoint(1e3, 0.0, 1e3), OperatingPoint(1e-6, 0.0, 1e-6)])
def test_tuning_finds_the_prominence_that_tells_joins_from_ripples(point):
    model = replace(mel_segmenter(), operating_point=point)
    pairs = [labelled(seed) for seed in range(3)]
    assert evaluate(pairs[0][1], model.segment(pairs[0][0])).r_value < 0.9
    tuned = tune_on_labels(model, pairs)
    assert tuned.operating_point.weak_per_sure == 0
    for source, reference in pairs:
        assert evaluate(reference, tuned.segment(source)).r_value == 1


@pytest.mark.parametrize("pairs", [[], [(labelled(0)[0], Segmentation([], 3.0))]])
def test_without_labels_nothing_can_be_tuned(pairs):
    with pytest.raises(ConfigurationError, match="the references hold no boundary"):
        tune_on_labels(mel_segmenter(), pairs)
