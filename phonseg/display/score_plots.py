"""References and predictions -> a figure of their score: at each tolerance, in time, and at sensitivities 0 to 1."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phonseg.annotation.readers import read_reference
from phonseg.audio.find import find_recordings
from phonseg.display.figure import new_figure
from phonseg.display.score_panels import FARTHEST, draw_errors, draw_sensitivities, draw_tolerances
from phonseg.errors import PhonsegError, PhonsegWarning
from phonseg.evaluation.evaluate import Scorable, evaluate, signed_errors, tolerance_curve
from phonseg.evaluation.pairing import pair
from phonseg.evaluation.score import CorpusScore, Score, pooled
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from phonseg.model.segmenter import Segmenter

TOLERANCES = tuple(n / 1000 for n in range(5, 51))  # seconds
SENSITIVITIES = tuple(n / 40 for n in range(41))
PANEL_WIDTH, PANEL_HEIGHT = 4.6, 4.3  # inches, of a panel with its labels

Pairs = Iterable[tuple[Scorable, Segmentation]]  # references, and segmentations with their candidates


def plot_score(
    reference: Scorable,
    prediction: Scorable,
    *,
    tolerance: float = 0.020,
    tier: str = "phones",
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
        recordings: a folder of the recordings of the references, with the same names as these; or one recording for a
            single reference.
        model: the model that segments the recordings: a segmenter, "default" or the path of a model file.

    Returns:
        The figure, which a notebook shows by itself.

    Raises:
        AudioError: if a single recording cannot be read.
        ConfigurationError: if the tolerance or the boundaries are out of range, or two folders do not fit together.
        ModelError: if the model cannot be loaded.
        TextGridError: if a label file cannot be read (in a folder it is left out instead).

    Warns:
        PhonsegWarning: of recordings in a folder that cannot be scored; they are left out of the third panel.
    """
    score = evaluate(reference, prediction, tolerance=tolerance, tier=tier)
    described, pairs = _with_candidates(reference, prediction, tier, recordings, model)
    panels = 2 if pairs is None else 3
    width = panels * PANEL_WIDTH
    figure = new_figure(width, PANEL_HEIGHT)
    edges = {"left": 0.62 / width, "right": 1 - 0.2 / width, "bottom": 0.22, "top": 0.91}
    axes = figure.subplots(1, panels, gridspec_kw={"wspace": 0.24, **edges})
    draw_tolerances(axes[0], tolerance_curve(reference, prediction, TOLERANCES, tier=tier), tolerance=tolerance)
    draw_errors(axes[1], signed_errors(reference, prediction, tolerance=FARTHEST, tier=tier), tolerance=tolerance)
    if pairs is not None:
        scores = sensitivity_scores(pairs, tolerance=tolerance, tier=tier)
        draw_sensitivities(axes[2], SENSITIVITIES, scores, prediction=None if recordings is None else score)
    files = f"; {len(score.files)} files, counts summed" if isinstance(score, CorpusScore) else ""
    text = f"Marked: {score.conditions}{files}.\nErrors: of pairs within {1000 * FARTHEST:g} ms{described}"
    figure.text(edges["left"], 0.03, text, fontsize=8, color="0.3", parse_math=False)
    return figure


def sensitivity_scores(
    pairs: Pairs, sensitivities: Sequence[float] = SENSITIVITIES, *, tolerance: float = 0.020, tier: str = "phones"
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
        TextGridError: if a reference cannot be read.
    """
    scores = [[evaluate([], [], tolerance=tolerance)] for _ in sensitivities]
    for reference, segmentation in pairs:
        for so_far, sensitivity in zip(scores, sensitivities, strict=True):
            so_far.append(evaluate(reference, segmentation.at(sensitivity=sensitivity), tolerance=tolerance, tier=tier))
    return [pooled(so_far) for so_far in scores]


def _with_candidates(
    reference: Scorable, prediction: Scorable, tier: str, recordings: str | Path | None, model: Segmenter | str | Path
) -> tuple[str, Pairs | None]:
    """What segmented the recordings, for the caption, and the segmentations; nothing if there are no candidates."""
    if recordings is not None:
        from phonseg.model.segmenter import Segmenter, load

        segmenter = model if isinstance(model, Segmenter) else load(model)
        return f". Sensitivity: of model {segmenter.name}", _segmented(reference, recordings, segmenter, tier)
    if isinstance(prediction, Segmentation) and prediction.candidates is not None:
        made = prediction.provenance
        return f". Sensitivity: of {f'model {made.model}' if made else 'the prediction'}", [(reference, prediction)]
    return "", None


def _segmented(reference: Scorable, recordings: str | Path, segmenter: Segmenter, tier: str) -> Pairs:
    """Each reference that can be scored, with the segmentation of its recording."""
    if not (isinstance(reference, str | Path) and Path(reference).is_dir()):
        yield reference, segmenter.segment(recordings)
        return
    pairing = pair(reference, recordings, find=find_recordings)
    failed = list(pairing.failed.values())
    for label_file, recording in pairing.pairs.values():
        try:
            yield read_reference(label_file, tier=tier), segmenter.segment(recording)
        except PhonsegError as error:
            failed.append(str(error))
    if failed:
        message = f"{recordings}: {len(failed)} could not be scored at each sensitivity, such as: {failed[0]}"
        warnings.warn(message, PhonsegWarning, stacklevel=2)
