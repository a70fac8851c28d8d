from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE, mel_segmenter, speech_like
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import phonseg
from phonseg.display.score_plots import plot_score, sensitivity_scores
from phonseg.errors import ConfigurationError, PhonsegWarning
from phonseg.evaluation.evaluate import evaluate
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.segmentation import Segmentation

TITLES = ["Score at each tolerance", "Errors in time", "Precision and recall at sensitivities from 0 to 1"]


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


def test_scores_over_sensitivities_are_those_of_every_choice_summed_over_files() -> None:
    pairs = [([0.5, 1.0], chosen_from([0.5, 0.7], [0.9, 0.2])), ([1.5], chosen_from([1.49], [0.6]))]
    scores = sensitivity_scores(pairs, (0, 0.5, 1), tolerance=0.02)
    assert [(score.n_reference, score.n_predicted, score.hits) for score in scores] == [(3, 0, 0), (3, 2, 2), (3, 3, 2)]


def test_a_segmentation_without_candidates_cannot_be_chosen_again() -> None:
    with pytest.raises(ConfigurationError, match="has no candidates"):
        sensitivity_scores([([0.5], Segmentation(np.array([0.5]), 1.0))])


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


def test_what_is_labelled_only_in_part_is_drawn_so_in_every_panel() -> None:
    reference = Segmentation(np.array([0.5, 1.0, 1.5]), 2.0, labels=["a", "b", "c", ""])
    found = chosen_from([0.51, 1.03, 1.51, 1.7], [0.9, 0.7, 0.8, 0.9])
    figure = plot_score(reference, found, labelled_only=True)
    (curve,) = [line for line in figure.axes[2].lines if line.get_label() == "sensitivity 0 to 1"]
    scores = [evaluate(reference, found.at(sensitivity=n / 40), labelled_only=True) for n in range(41)]
    assert curve.get_xdata() == pytest.approx([score.recall for score in scores])
    assert scores[-1].n_predicted == 2
    assert "only boundaries inside the labelled stretches" in figure.texts[-1].get_text()
    assert sum(bar.get_height() for bar in figure.axes[1].patches) == 2


def test_a_recording_of_another_duration_is_told_once(references: Path, folder: Path) -> None:
    longer = np.concatenate([soundfile.read(references / "1.wav")[0], np.zeros(RATE)])
    soundfile.write(references / "1.wav", longer, RATE)
    with pytest.warns(PhonsegWarning, match=r"1\.TextGrid: lasts .*, but prediction \(1\.wav\) lasts") as caught:
        plot_score(references, folder.parent / "segmented", recordings=references, model=mel_segmenter())
    assert len(caught) == 1


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
    with pytest.warns(PhonsegWarning, match=r"1 could not be scored at each sensitivity, such as: .*1\.wav"):
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
