"""Unsupervised phoneme boundaries: find where one speech sound ends and the next begins, without labels.

A public name is imported from its module when it is first used, so that importing phonseg stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_NAMES = {
    "annotation.readers": "read_reference",
    "annotation.textgrid.reader": "read_textgrid",
    "annotation.turns.readers": "read_turns",
    "batch.change_tempo_files": "change_tempo_files",
    "batch.check": "check",
    "batch.diarize_files": "diarize_files",
    "batch.export": "export",
    "batch.segment_files": "segment_files",
    "diarization.diarize": "diarize",
    "display.score_plots": "plot_score",
    "errors": "PhonsegError PhonsegWarning",
    "evaluation.changes": "Change Changes changes",
    "evaluation.evaluate": "bootstrap evaluate",
    "evaluation.matching": "matched_pairs",
    "evaluation.score": "CorpusScore Score",
    "evaluation.speakers.evaluate": "evaluate_diarization",
    "model.segmenter": "Segmenter load segment",
    "tempo.change_tempo": "change_tempo time_map",
    "tempo.tempo_change": "TempoChange",
    "timeline.candidates": "Decision",
    "timeline.diarization": "Diarization",
    "timeline.grid": "FrameGrid",
    "timeline.provenance": "Provenance",
    "timeline.segment": "Segment",
    "timeline.segmentation": "Segmentation",
    "timeline.time_map": "TimeMap",
    "timeline.turns": "Turn",
    "training.settings": "TrainingSettings",
    "training.train": "adapt train",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from phonseg.annotation.readers import read_reference as read_reference
    from phonseg.annotation.textgrid.reader import read_textgrid as read_textgrid
    from phonseg.annotation.turns.readers import read_turns as read_turns
    from phonseg.batch.change_tempo_files import change_tempo_files as change_tempo_files
    from phonseg.batch.check import check as check
    from phonseg.batch.diarize_files import diarize_files as diarize_files
    from phonseg.batch.export import export as export
    from phonseg.batch.segment_files import segment_files as segment_files
    from phonseg.diarization.diarize import diarize as diarize
    from phonseg.display.score_plots import plot_score as plot_score
    from phonseg.errors import PhonsegError as PhonsegError, PhonsegWarning as PhonsegWarning
    from phonseg.evaluation.changes import Change as Change, Changes as Changes, changes as changes
    from phonseg.evaluation.evaluate import bootstrap as bootstrap, evaluate as evaluate
    from phonseg.evaluation.matching import matched_pairs as matched_pairs
    from phonseg.evaluation.score import CorpusScore as CorpusScore, Score as Score
    from phonseg.evaluation.speakers.evaluate import evaluate_diarization as evaluate_diarization
    from phonseg.model.segmenter import Segmenter as Segmenter, load as load, segment as segment
    from phonseg.tempo.change_tempo import change_tempo as change_tempo, time_map as time_map
    from phonseg.tempo.tempo_change import TempoChange as TempoChange
    from phonseg.timeline.candidates import Decision as Decision
    from phonseg.timeline.diarization import Diarization as Diarization
    from phonseg.timeline.grid import FrameGrid as FrameGrid
    from phonseg.timeline.provenance import Provenance as Provenance
    from phonseg.timeline.segment import Segment as Segment
    from phonseg.timeline.segmentation import Segmentation as Segmentation
    from phonseg.timeline.time_map import TimeMap as TimeMap
    from phonseg.timeline.turns import Turn as Turn
    from phonseg.training.settings import TrainingSettings as TrainingSettings
    from phonseg.training.train import adapt as adapt, train as train

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """Imports a public name from its module."""
        if name == "__version__":
            from importlib.metadata import version

            value: object = version("phonseg")
        elif name in _HOMES:
            value = getattr(import_module(f"phonseg.{_HOMES[name]}"), name)
        else:
            raise AttributeError(f"module 'phonseg' has no attribute {name!r}")
        globals()[name] = value  # from now on Python finds it without calling this function
        return value


def __dir__() -> list[str]:
    """Returns the public names, which an interactive shell offers for completion."""
    return sorted(__all__)
