"""The systems that are compared: the model that ships, model files, and a log-mel contrast that learns nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import phonseg
from phonseg.audio.find import find_recordings
from phonseg.audio.recording import Recording, open_recording
from phonseg.detection.dissimilarity import LeftRightContrast, euclidean
from phonseg.detection.peaks import OperatingPoint
from phonseg.encoders.log_mel import LogMel
from phonseg.errors import AudioError, ConfigurationError
from phonseg.model.analysis import analyse
from phonseg.model.segmenter import Segmenter
from phonseg.model.streams import Stream
from phonseg.training.calibration import balanced, operating_point, typical_height

LOG_MEL = "log-mel difference"
CALIBRATION_RECORDINGS = 200  # for the weights and the operating point of the contrast; more do not change them


@dataclass(frozen=True)
class System:
    """A segmenter under the name that the tables give it. origin: where its weights and operating point come from."""

    name: str
    segmenter: Segmenter
    origin: str


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add the option `--model NAME=FILE`, which may be given several times."""
    help_text = "a further model and its name in the tables; may be given several times"
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FILE", help=help_text)


def models(named_files: Sequence[str]) -> list[System]:
    """The model that ships, and those given as NAME=FILE.

    Raises ConfigurationError for a text of another form, ModelError for a bad file.
    """
    loaded = [("phonseg", phonseg.load("default"))]
    for text in named_files:
        name, separator, file = text.partition("=")
        if not (name and separator and file) or name in (LOG_MEL, *dict(loaded)):
            raise ConfigurationError(f"--model {text}: is not a new name with a file. Give --model NAME=FILE.")
        loaded.append((name, phonseg.load(file)))
    return [System(name, segmenter, _origin(segmenter)) for name, segmenter in loaded]


def log_mel_difference(folders: Sequence[Path]) -> System:
    """The contrast of three log-mel streams over 2, 3 and 4 frames; nothing is learned.

    folders: recordings from which the weights of the streams and the operating point are calculated, as for a trained
    model; their labels are not read. Peaks outside speech are left out, too, as for a trained model.

    Raises ConfigurationError if none of the recordings can be read, TrainingError if they are silent.
    """
    contrast = LeftRightContrast(euclidean, (2, 3, 4))
    streams = (
        Stream(LogMel(window=400, exponent=0.1), contrast),
        Stream(LogMel(window=256), contrast),
        Stream(LogMel(window=320, bands=24), contrast),
    )
    recordings, unreadable = _opened(drawn(find_recordings(folders), CALIBRATION_RECORDINGS))
    places = ", ".join(folder.resolve().name for folder in folders)
    if not recordings:
        raise ConfigurationError(f"{places}: holds no recording that can be read. {' '.join(unreadable[:3])}")
    heights = [typical_height([analyse(recording, (stream,)) for recording in recordings]) for stream in streams]
    model = Segmenter(LOG_MEL, balanced([(stream, 1.0) for stream in streams], heights), OperatingPoint(1.0))
    point = operating_point(model, recordings, np.random.default_rng(0))
    origin = f"nothing is learned; calibrated without labels on {len(recordings)} recordings of {places}"
    if unreadable:
        origin += f"; {len(unreadable)} more could not be read ({' '.join(unreadable)})"
    return System(LOG_MEL, replace(model, operating_point=point), origin)


def drawn(recordings: Sequence[Path], n: int) -> list[Path]:
    """Up to `n` of the recordings, in order; the same ones in every run."""
    chosen = np.random.default_rng(0).permutation(len(recordings))[:n]
    return [recordings[place] for place in sorted(chosen)]


def _opened(paths: Sequence[Path]) -> tuple[list[Recording], list[str]]:
    """The recordings that can be opened, and a message for each of the others."""
    recordings, unreadable = [], []
    for path in paths:
        try:
            recordings.append(open_recording(path))
        except AudioError as error:
            unreadable.append(str(error))
    return recordings, unreadable


def _origin(segmenter: Segmenter) -> str:
    labels = "tuned on labels" if segmenter.tuned_on_labels else "no label used"
    return f"model {segmenter.name}, SHA-256 {segmenter.digest[:12]}, {labels}"
