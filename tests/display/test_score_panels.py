from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phonseg.display.score_panels import FARTHEST, draw_errors, draw_sensitivities, draw_tolerances
from phonseg.display.score_plots import SENSITIVITIES, TOLERANCES
from phonseg.evaluation.evaluate import tolerance_curve
from phonseg.evaluation.score import Score

WANTED = np.arange(0.1, 2.0, 0.1)


def panel() -> Axes:
    return Figure().add_subplot()


def test_the_lines_are_the_scores_at_their_tolerances() -> None:
    predicted = WANTED + np.linspace(-0.045, 0.045, len(WANTED))
    scores = tolerance_curve(WANTED, predicted, TOLERANCES)
    axes = draw_tolerances(panel(), scores, tolerance=0.02)
    lines = {str(line.get_label()): line for line in axes.lines}
    for label, name in {"precision": "precision", "recall": "recall", "F1": "f1", "R-value": "r_value"}.items():
        assert lines[label].get_xdata() == pytest.approx(range(5, 51))
        assert lines[label].get_ydata() == pytest.approx([getattr(score, name) for score in scores])
    styles = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in axes.lines[:4]]
    assert all(len(set(style)) == 4 for style in zip(*styles, strict=True))


def test_an_r_value_below_zero_is_seen() -> None:
    scores = tolerance_curve([1.0], np.linspace(0.1, 1.9, 40), TOLERANCES)
    assert scores[0].r_value < 0
    axes = draw_tolerances(panel(), scores)
    assert axes.get_ylim()[0] <= min(score.r_value for score in scores)


def test_bars_count_the_errors_and_those_within_the_tolerance_are_darker() -> None:
    errors = np.random.default_rng(0).uniform(-0.05, 0.05, 500)
    axes = draw_errors(panel(), errors, tolerance=0.02)
    assert len(axes.patches) == 40
    for bar in axes.patches:
        left, right = bar.get_x() / 1000, (bar.get_x() + bar.get_width()) / 1000
        assert bar.get_height() == np.count_nonzero((left <= errors) & (errors < right))
        assert (bar.get_facecolor()[0] < 0.5) == (-0.02 - 1e-9 <= left and right <= 0.02 + 1e-9)


def test_the_median_and_the_typical_error_are_told() -> None:
    axes = draw_errors(panel(), np.array([-0.002, 0.004, 0.006]))
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts == ["median +4.0 ms", "half within 4.0 ms"]


def test_without_a_matched_pair_there_are_empty_axes() -> None:
    axes = draw_errors(panel(), np.zeros(0))
    assert sum(bar.get_height() for bar in axes.patches) == 0
    assert axes.get_xlim() == (-1000 * FARTHEST, 1000 * FARTHEST)


def test_precision_is_drawn_against_recall_and_named_sensitivities_are_points() -> None:
    scores = [Score(100, n, n // 2, n // 2, 0.02) for n in range(41)]
    axes = draw_sensitivities(panel(), SENSITIVITIES, scores, prediction=Score(10, 10, 8, 8, 0.02))
    (curve,) = [line for line in axes.lines if line.get_label() == "sensitivity 0 to 1"]
    assert curve.get_xdata() == pytest.approx([score.recall for score in scores])
    assert curve.get_ydata()[1:] == pytest.approx([score.precision for score in scores[1:]])
    assert math.isnan(curve.get_ydata()[0])  # where nothing is predicted
    points = [tuple(line.get_xydata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert points == [(scores[i].recall, scores[i].precision) for i in (4, 12, 20, 28, 36)]
    (star,) = [line for line in axes.lines if line.get_marker() == "*"]
    assert star.get_xydata().tolist() == [[0.8, 0.8]]


def test_lines_of_equal_f1_hold_points_of_that_f1() -> None:
    axes = draw_sensitivities(panel(), (), ())
    for line, f1 in zip(axes.lines, (0.5, 0.6, 0.7, 0.8, 0.9), strict=False):
        recall, precision = np.array(line.get_xydata()).T
        assert np.nanmax(np.abs(2 * precision * recall / (precision + recall) - f1)) < 1e-9
