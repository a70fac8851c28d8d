"""Unsupervised phoneme boundaries: find where one speech sound ends and the next begins, without labels.

The public names, each loaded when it is first asked for.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

_HOMES = {
    "segment": "segmenter",
    "load": "segmenter",
    "Segmenter": "segmenter",
    "train": "training",
    "adapt": "training",
    "segment_files": "batch",
    "check": "check",
    "evaluate": "evaluate",
    "changes": "changes",
    "Changes": "changes",
    "Change": "changes",
    "Decision": "decisions",
    "read_reference": "references",
    "plot_score": "figures",
    "Score": "score",
    "CorpusScore": "score",
    "read_textgrid": "textgrid",
    "Segmentation": "segmentation",
    "FrameGrid": "timeline",
    "Provenance": "segmentation",
    "PhonsegError": "errors",
    "PhonsegWarning": "errors",
}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from phonseg.batch import segment_files as segment_files
    from phonseg.changes import Change as Change
    from phonseg.changes import Changes as Changes
    from phonseg.changes import changes as changes
    from phonseg.check import check as check
    from phonseg.decisions import Decision as Decision
    from phonseg.errors import PhonsegError as PhonsegError
    from phonseg.errors import PhonsegWarning as PhonsegWarning
    from phonseg.evaluate import evaluate as evaluate
    from phonseg.figures import plot_score as plot_score
    from phonseg.references import read_reference as read_reference
    from phonseg.score import CorpusScore as CorpusScore
    from phonseg.score import Score as Score
    from phonseg.segmentation import Provenance as Provenance
    from phonseg.segmentation import Segmentation as Segmentation
    from phonseg.segmenter import Segmenter as Segmenter
    from phonseg.segmenter import load as load
    from phonseg.segmenter import segment as segment
    from phonseg.textgrid import read_textgrid as read_textgrid
    from phonseg.timeline import FrameGrid as FrameGrid
    from phonseg.training import adapt as adapt
    from phonseg.training import train as train

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """Load a public name from its home."""
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
    """The public names, for whoever completes a name with the Tab key."""
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps every public name for what it names: `phonseg.evaluate` is the function, not the module of that name.

    Once a module has been imported, Python makes it an attribute of its package, which would hide the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
