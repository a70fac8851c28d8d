"""Unsupervised phoneme boundaries: find where one speech sound ends and the next begins, without labels.

The public names, each loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "segment": "model.segmenter",
    "load": "model.segmenter",
    "Segmenter": "model.segmenter",
    "segment_files": "batch.segment_files",
    "check": "batch.check",
    "train": "training.train",
    "adapt": "training.train",
    "TrainingSettings": "training.settings",
    "evaluate": "evaluation.evaluate",
    "bootstrap": "evaluation.evaluate",
    "matched_pairs": "evaluation.matching",
    "Score": "evaluation.score",
    "CorpusScore": "evaluation.score",
    "changes": "evaluation.changes",
    "Changes": "evaluation.changes",
    "Change": "evaluation.changes",
    "plot_score": "display.score_plots",
    "read_reference": "annotation.readers",
    "read_textgrid": "annotation.textgrid.reader",
    "Segmentation": "timeline.segmentation",
    "Provenance": "timeline.segmentation",
    "Decision": "timeline.candidates",
    "FrameGrid": "timeline.grid",
    "PhonsegError": "errors",
    "PhonsegWarning": "errors",
}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from phonseg.annotation.readers import read_reference as read_reference
    from phonseg.annotation.textgrid.reader import read_textgrid as read_textgrid
    from phonseg.batch.check import check as check
    from phonseg.batch.segment_files import segment_files as segment_files
    from phonseg.display.score_plots import plot_score as plot_score
    from phonseg.errors import PhonsegError as PhonsegError
    from phonseg.errors import PhonsegWarning as PhonsegWarning
    from phonseg.evaluation.changes import Change as Change
    from phonseg.evaluation.changes import Changes as Changes
    from phonseg.evaluation.changes import changes as changes
    from phonseg.evaluation.evaluate import bootstrap as bootstrap
    from phonseg.evaluation.evaluate import evaluate as evaluate
    from phonseg.evaluation.matching import matched_pairs as matched_pairs
    from phonseg.evaluation.score import CorpusScore as CorpusScore
    from phonseg.evaluation.score import Score as Score
    from phonseg.model.segmenter import Segmenter as Segmenter
    from phonseg.model.segmenter import load as load
    from phonseg.model.segmenter import segment as segment
    from phonseg.timeline.candidates import Decision as Decision
    from phonseg.timeline.grid import FrameGrid as FrameGrid
    from phonseg.timeline.segmentation import Provenance as Provenance
    from phonseg.timeline.segmentation import Segmentation as Segmentation
    from phonseg.training.settings import TrainingSettings as TrainingSettings
    from phonseg.training.train import adapt as adapt
    from phonseg.training.train import train as train

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """Loads a public name from its home."""
        if name == "__version__":
            from importlib.metadata import version

            value: object = version("phonseg")
        elif name in _HOMES:
            value = getattr(import_module(f"phonseg.{_HOMES[name]}"), name)
        else:
            raise AttributeError(f"module 'phonseg' has no attribute {name!r}")
        globals()[name] = value  # from now on it is found without coming here
        return value


def __dir__() -> list[str]:
    """Returns the public names, for whoever completes a name with the Tab key."""
    return sorted(__all__)
