"""References and predictions -> a figure of their score: at each tolerance, in time, and at sensitivities 0 to 1."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phonseg.audio.find import find_recordings
from phonseg.display.figure import new_figure
from phonseg.display.score_panels import FARTHEST, draw_errors, draw_sensitivities, draw_tolerances
from phonseg.errors import PhonsegError, PhonsegWarning
from phonseg.evaluation.comparison import Comparison, Comparisons, compare, read_comparisons
from phonseg.evaluation.durations import Level
from phonseg.evaluation.evaluate import check_tolerance
from phonseg.evaluation.pairs.pairing import pair
from phonseg.evaluation.pairs.read_pairs import is_folder
from phonseg.evaluation.score import CorpusScore, Score, pooled
from phonseg.evaluation.scoring import errors_within, score_all, score_one, scores_at
from phonseg.evaluation.sides import Reading, Scorable
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from phonseg.model.segmenter import Segmenter

TOLERANCES = tuple(n / 1000 for n in range(5, 51))  # seconds
SENSITIVITIES = tuple(n / 40 for n in range(41))
PANEL_WIDTH, PANEL_HEIGHT = 4.6, 4.3  # inches, of a panel with its labels


def plot_score(
    reference: Scorable,
    prediction: Scorable,
    *,
    tolerance: float = 0.020,
    tier: str | int = "phones",
    reference_tier: str | int | None = None,
    prediction_tier: str | int | None = None,
    sample_rate: int = 16_000,
    labelled_only: bool = False,
    recordings: str | Path | None = None,
    model: Segmenter | str | Path = "default",
) -> Figure:
    """Draws how well a prediction agrees with a reference.

    The first panel shows precision, recall, F1 and R-value at tolerances from 5 to 50 ms. The second shows how early or
    late predicted boundaries are, up to 50 ms. A third panel shows precision and recall at sensitivities from 0 to
    1. It needs the candidates of the boundaries, which no TextGrid contains. So it is drawn if `prediction` is a
    Segmentation that a model has made, or if `recordings` are given, which are then segmented.

    Args:
        reference: a Segmentation, boundaries in seconds, a label file, or a folder, as for `phonseg.evaluate`.
        prediction: of the same kinds; a folder for a folder.
        tolerance: seconds, marked in the first two panels and used in the third.
        tier: the interval tier that is read.
        reference_tier: as for `phonseg.evaluate`.
        prediction_tier: as for `phonseg.evaluate`.
        sample_rate: as for `phonseg.evaluate`.
        labelled_only: as for `phonseg.evaluate`.
        recordings: a folder of the recordings of the references, with the same names as these; or one recording for a
            single reference.
        model: the model that segments the recordings: a segmenter, "default" or the path of a model file.

    Returns:
        The figure, which a notebook shows by itself.

    Raises:
        AudioError: if a single recording cannot be read.
        ConfigurationError: if the tolerance or the boundaries are out of range, or two folders do not fit together.
        ModelError: if the model cannot be loaded.
        TextGridError: as for `phonseg.evaluate`; also if the durations of a single reference and its recording cannot
            be those of the same recording.

    Warns:
        PhonsegWarning: as for `phonseg.evaluate`; also of references and recordings whose durations differ, and of
            recordings in a folder that cannot be scored, which are left out of the third panel.
    """
    check_tolerance("tolerance", tolerance)
    others = {"sample_rate": sample_rate, "labelled_only": labelled_only}
    read = read_comparisons(reference, prediction, Reading.of(tier, reference_tier, prediction_tier, **others))
    read.warn()
    return draw_score(read, reference, tolerance=tolerance, recordings=recordings, model=model)


def draw_score(
    read: Comparisons,
    reference: Scorable,
    *,
    tolerance: float,
    recordings: str | Path | None = None,
    model: Segmenter | str | Path = "default",
) -> Figure:
    """Draws the figure of `plot_score` from what has been read already.

    Args:
        read: what is compared.
        reference: as for `plot_score`.
        tolerance: as for `plot_score`.
        recordings: as for `plot_score`.
        model: as for `plot_score`.

    Returns:
        The figure.

    Raises:
        AudioError: as for `plot_score`.
        ModelError: as for `plot_score`.
        TextGridError: as for `plot_score`.

    Warns:
        PhonsegWarning: as for `plot_score`, but not of what has been read already.
    """
    score = score_all(read, tolerance)
    described, segmented = _with_candidates(read, reference, recordings, model)
    panels = 2 if segmented is None else 3
    width = panels * PANEL_WIDTH
    figure = new_figure(width, PANEL_HEIGHT)
    edges = {"left": 0.62 / width, "right": 1 - 0.2 / width, "bottom": 0.22, "top": 0.91}
    axes = figure.subplots(1, panels, gridspec_kw={"wspace": 0.24, **edges})
    draw_tolerances(axes[0], scores_at(read, TOLERANCES), tolerance=tolerance)
    draw_errors(axes[1], errors_within(read, FARTHEST), tolerance=tolerance)
    if segmented is not None:
        segmented = list(segmented)
        described += f" ({len(segmented)} of {len(read.pairs)} files)" if read.folders else ""
        scores = _at_sensitivities(segmented, SENSITIVITIES, tolerance, labelled_only=read.labelled_only)
        draw_sensitivities(axes[2], SENSITIVITIES, scores, prediction=None if recordings is None else score)
    files = f"; {len(score.files)} files, counts summed" if isinstance(score, CorpusScore) else ""
    text = f"Marked: {score.conditions}{files}.\nErrors: of pairs within {1000 * FARTHEST:g} ms{described}"
    figure.text(edges["left"], 0.03, text, fontsize=8, color="0.3", parse_math=False)
    return figure


def sensitivity_scores(
    pairs: Iterable[tuple[Scorable, Segmentation]],
    sensitivities: Sequence[float] = SENSITIVITIES,
    *,
    tolerance: float = 0.020,
    tier: str | int = "phones",
) -> list[Score]:
    """Scores segmentations at each of several sensitivities, with counts summed over all of them.

    Args:
        pairs: references, as for `phonseg.evaluate`, each with a segmentation that has candidates.
        sensitivities: 0 to 1.
        tolerance: seconds.
        tier: the interval tier of references that are files.

    Returns:
        One score for each sensitivity.

    Raises:
        ConfigurationError: if a segmentation has no candidates, or a value is out of its range.
        TextGridError: as for `phonseg.evaluate`.

    Warns:
        PhonsegWarning: as for `phonseg.evaluate`.
    """
    check_tolerance("tolerance", tolerance)
    reading = Reading.of(tier, None, None)
    return _at_sensitivities((_warned(*both, reading) for both in pairs), sensitivities, tolerance)


def _at_sensitivities(
    segmented: Iterable[Comparison], sensitivities: Sequence[float], tolerance: float, *, labelled_only: bool = False
) -> list[Score]:
    scores = [[Score(0, 0, 0, 0, tolerance, labelled_only=labelled_only)] for _ in sensitivities]
    for one in segmented:
        for so_far, sensitivity in zip(scores, sensitivities, strict=True):
            so_far.append(score_one(one, tolerance, one.second.segments.at(sensitivity=sensitivity).boundaries))
    return [pooled(so_far) for so_far in scores]


def _with_candidates(
    read: Comparisons, reference: Scorable, recordings: str | Path | None, model: Segmenter | str | Path
) -> tuple[str, Iterable[Comparison] | None]:
    """What segmented the recordings, for the caption, and the segmentations; nothing if there are no candidates."""
    if recordings is not None:
        from phonseg.model.segmenter import Segmenter, load

        segmenter = model if isinstance(model, Segmenter) else load(model)
        return f". Sensitivity: of model {segmenter.name}", _segmented(reference, recordings, segmenter, read.reading)
    for one in () if read.folders else read.pairs.values():
        prediction = one.second.segmentation
        if prediction is not None and prediction.candidates is not None:
            made = prediction.provenance
            return f". Sensitivity: of {f'model {made.model}' if made else 'the prediction'}", [one]
    return "", None


def _segmented(
    reference: Scorable, recordings: str | Path, segmenter: Segmenter, reading: Reading
) -> Iterator[Comparison]:
    """Each reference that can be scored, with the segmentation of its recording."""
    if not is_folder(reference):
        yield _warned(reference, segmenter.segment(recordings), reading)
        return
    pairing = pair(str(reference), recordings, find=find_recordings)
    failed = list(pairing.failed.values())
    for label_file, recording in pairing.pairs.values():
        try:
            yield _warned(label_file, segmenter.segment(recording), reading)
        except PhonsegError as error:
            failed.append(str(error))
    if failed:
        message = f"{recordings}: {len(failed)} could not be scored at each sensitivity, such as: {failed[0]}"
        warnings.warn(message, PhonsegWarning, stacklevel=2)


def _warned(reference: Scorable, segmentation: Segmentation, reading: Reading) -> Comparison:
    """A reference and a segmentation, after the warnings about both."""
    with warnings.catch_warnings(action="ignore"):  # what is to be said of the file alone was said before
        one = compare(reference, segmentation, reading)
    for text in one.texts(Level.WARNING):
        warnings.warn(text, PhonsegWarning, stacklevel=2)
    return one
