from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE, mel_segmenter, speech_like
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import phonseg
from phonseg.display.score_plots import (
    FARTHEST,
    SENSITIVITIES,
    TOLERANCES,
    draw_errors,
    draw_sensitivities,
    draw_tolerances,
    plot_score,
    sensitivity_scores,
)
from phonseg.errors import ConfigurationError, PhonsegWarning
from phonseg.evaluation.evaluate import evaluate, tolerance_curve
from phonseg.evaluation.score import Score
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.segmentation import Segmentation

TITLES = ["Score over tolerance", "Errors in time", "Precision and recall as sensitivity moves"]
WANTED = np.arange(0.1, 2.0, 0.1)


def panel() -> Axes:
    return Figure().add_subplot()


def chosen_from(times: list[float], prominences: list[float]) -> Segmentation:
    candidates = Candidates(np.array(times), np.array(prominences), 0.5, 2.0)
    return Segmentation(np.zeros(0), 2.0, candidates=candidates).at(sensitivity=0.5)


def titles(figure: Figure) -> list[str]:
    return [axes.get_title("left") for axes in figure.axes]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings with their references; in `segmented`, beside the folder, lies what was found in them."""
    folder = tmp_path_factory.mktemp("corpus") / "in"
    folder.mkdir()
    (folder.parent / "segmented").mkdir()
    for seed in (0, 1):
        samples, joins = speech_like(8, seed)
        soundfile.write(folder / f"{seed}.wav", samples, RATE)
        found = mel_segmenter().segment(folder / f"{seed}.wav")
        found.to_textgrid(folder.parent / "segmented" / f"{seed}.TextGrid")
        Segmentation(joins, found.duration).to_textgrid(folder / f"{seed}.TextGrid")
    return folder


@pytest.fixture
def references(folder: Path, tmp_path: Path) -> Path:
    for path in folder.glob("*.*"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_the_lines_are_the_scores_at_their_tolerances() -> None:
    predicted = WANTED + np.linspace(-0.045, 0.045, len(WANTED))
    scores = tolerance_curve(WANTED, predicted, TOLERANCES)
    axes = draw_tolerances(panel(), scores, tolerance=0.02)
    lines = {str(line.get_label()): line for line in axes.lines}
    for label, name in {"precision": "precision", "recall": "recall", "F1": "f1", "R-value": "r_value"}.items():
        assert lines[label].get_xdata() == pytest.approx(range(5, 51))
        assert lines[label].get_ydata() == pytest.approx([getattr(score, name) for score in scores])
    looks = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in axes.lines[:4]]
    assert all(len(set(look)) == 4 for look in zip(*looks, strict=True))


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


def test_scores_over_sensitivities_are_those_of_every_choice_summed_over_files() -> None:
    pairs = [([0.5, 1.0], chosen_from([0.5, 0.7], [0.9, 0.2])), ([1.5], chosen_from([1.49], [0.6]))]
    scores = sensitivity_scores(pairs, (0, 0.5, 1), tolerance=0.02)
    assert [(score.n_reference, score.n_predicted, score.hits) for score in scores] == [(3, 0, 0), (3, 2, 2), (3, 3, 2)]


def test_a_segmentation_without_candidates_cannot_be_chosen_again() -> None:
    with pytest.raises(ConfigurationError, match="has no candidates"):
        sensitivity_scores([([0.5], Segmentation(np.array([0.5]), 1.0))])


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


def test_two_textgrids_have_no_precision_and_recall_over_sensitivity(folder: Path) -> None:
    figure = plot_score(folder / "0.TextGrid", folder.parent / "segmented" / "0.TextGrid")
    assert titles(figure) == TITLES[:2]
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_a_segmentation_by_a_model_has(folder: Path) -> None:
    reference = phonseg.read_textgrid(folder / "0.TextGrid")
    found = mel_segmenter().segment(folder / "0.wav")
    figure = plot_score(reference, found)
    assert titles(figure) == TITLES
    assert "Sensitivity: of model by hand" in figure.texts[-1].get_text()
    assert not [line for line in figure.axes[2].lines if line.get_marker() == "*"]


def test_folders_have_with_the_recordings(folder: Path) -> None:
    predictions = folder.parent / "segmented"
    figure = plot_score(folder, predictions, recordings=folder, model=mel_segmenter())
    assert titles(figure) == TITLES
    assert "2 files, counts summed" in figure.texts[-1].get_text()
    score = evaluate(folder, predictions)
    points = {line.get_marker(): tuple(line.get_xydata()[0]) for line in figure.axes[2].lines[-4:]}
    assert points["*"] == pytest.approx((score.recall, score.precision))
    middle = [line for line in figure.axes[2].lines if line.get_marker() == "o"][2]
    assert tuple(middle.get_xydata()[0]) == pytest.approx(points["*"])  # the same model at its own sensitivity


def test_a_file_with_its_recording(folder: Path) -> None:
    reference, prediction = folder / "1.TextGrid", folder.parent / "segmented" / "1.TextGrid"
    figure = plot_score(reference, prediction, recordings=folder / "1.wav", model=mel_segmenter())
    assert titles(figure) == TITLES


def test_what_cannot_be_scored_is_told_and_left_out(references: Path, folder: Path) -> None:
    (references / "1.wav").write_bytes(b"no sound")
    with pytest.warns(PhonsegWarning, match=r"1 could not be scored as sensitivity moves, such as: .*1\.wav"):
        figure = plot_score(references, folder.parent / "segmented", recordings=references, model=mel_segmenter())
    assert titles(figure) == TITLES


def test_no_text_is_cut_off_or_meets_another(folder: Path) -> None:
    figure = plot_score(folder, folder.parent / "segmented", recordings=folder, model=mel_segmenter())
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    labels = [axis.label for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    labels += [axes.title for axes in figure.axes] + list(figure.texts)
    boxes = [label.get_window_extent(renderer) for label in labels if label.get_text()]
    for i, box in enumerate(boxes):
        assert 0 <= box.x0 <= box.x1 <= figure.bbox.width
        assert 0 <= box.y0 <= box.y1 <= figure.bbox.height
        assert not any(box.overlaps(other) for other in boxes[:i])
