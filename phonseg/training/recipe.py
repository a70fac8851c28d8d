"""What a model is taught, lesson by lesson: the contrast that teaches first, then boundaries, then units."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from tqdm import tqdm

from phonseg.audio.recording import open_recording
from phonseg.detection.dissimilarity import LeftRightContrast, PrecomputedCurve, cosine, euclidean
from phonseg.detection.peaks import OperatingPoint
from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.errors import PhonsegWarning
from phonseg.model.analysis import Analysis, analyse, frames_of
from phonseg.model.segmenter import Segmenter
from phonseg.model.speech_peaks import speech_peaks
from phonseg.model.streams import Stream
from phonseg.objectives.pseudo_labels import Peaks, Thresholds, boundary_supervision, move_to_rises
from phonseg.objectives.unit_discovery import UnitAlignment, cluster_segments, segment_embeddings, unit_supervision
from phonseg.training.calibration import balanced, operating_point, typical_height
from phonseg.training.crops import TrainingItem
from phonseg.training.settings import TrainingSettings
from phonseg.training.trainer import Trainer

LAGS = (2, 3, 4)
# Recordings that weights and operating point are read off: more do not change them.
CALIBRATION_RECORDINGS = 200
# What segments are described by for clustering; under the noise of a good room all is equally silent.
UNIT_SPECTRA = LogMel(window=512, floor=1e-4)
# Segments for clustering lie between peaks of this share of the operating point and more: that a sound is cut in two
# does less harm than that two are taken for one.
PURE_SHARE = 0.3
# The curve of units tells which of the boundary network's weaker peaks are changes of sound.
UNIT_WEIGHT = 0.3
# A clear boundary has the height 1 on the teacher's curve.
TEACHER_THRESHOLDS = Thresholds(sure=0.45, doubtful=0.09)


def contrastive_teacher(name: str, encoder: TorchEncoder, trainer: Trainer) -> Segmenter:
    """The first teacher: three log-mel views and the trained encoder, balanced and calibrated."""
    contrast = LeftRightContrast(euclidean, LAGS)
    streams = [
        (Stream(LogMel(window=400, exponent=0.1), contrast), 2.0),
        (Stream(LogMel(window=256), contrast), 2.0),
        (Stream(LogMel(window=320, bands=24), contrast), 2.0),
        (Stream(encoder, LeftRightContrast(cosine, LAGS)), 3.0),
    ]
    if encoder.grid != streams[0][0].encoder.grid:  # the raw waveform has a grid of its own, so it stands alone
        streams = streams[-1:]
    heights = [typical_height(_analyse_all(_some(trainer), (stream,), trainer.progress)) for stream, _ in streams]
    return _calibrated(name, balanced(streams, heights), trainer)


def learn_boundaries(
    name: str,
    teacher: tuple[Stream, ...],
    thresholds: Thresholds,
    network: BoundaryNetwork,
    trainer: Trainer,
    *,
    early: bool,
    beside: tuple[Stream, ...] = (),
) -> tuple[Segmenter, dict[str, float]]:
    """Train the network on what the teacher's curve is sure of in the recordings of the run.

    early: see `evidence_in`. beside: other views of the model that comes back.
    """
    items = [*trainer.training, *trainer.held_out]
    analyses = _analyse_all(items, teacher, trainer.progress)
    peaks = {item.path: teacher_peaks(analysis, early=early) for item, analysis in zip(items, analyses, strict=True)}
    figures = trainer.fit(network, boundary_supervision(peaks, thresholds), trainer.settings.self_training_steps)
    return _calibrated(name, (Stream(network.cpu(), PrecomputedCurve()), *beside), trainer), figures


def learn_units(model: Segmenter, trainer: Trainer, settings: TrainingSettings) -> tuple[Segmenter, dict[str, float]]:
    """Add a network that tells the phone-like units which segments of the run's recordings fall into.

    The segments are finer than those that the model gives (see PURE).

    Warns (PhonsegWarning), and leaves the model as it is, if there are too few segments for two units.
    """
    items = [*trainer.training, *trainer.held_out]
    analyses = _analyse_all(items, model.streams, trainer.progress)
    boundaries, embeddings = [], []
    for item, analysis in zip(items, analyses, strict=True):
        candidates = model.candidates(analysis, item.duration)
        boundaries.append(candidates.times[candidates.prominences >= PURE_SHARE * candidates.threshold])
        recording = open_recording(item.path, channel=item.channel)
        frames = frames_of(recording, UNIT_SPECTRA, analysis.level)
        embeddings.append(segment_embeddings(frames, boundaries[-1], analysis.speech))
    of_segments, n_units = cluster_segments(embeddings, settings.units, settings.seed)
    if n_units < 2:
        few = sum(map(len, embeddings))
        remedy = "The model goes without. Train on more speech, or set unit_steps to 0."
        warnings.warn(f"units: {few} segments are too few to learn them from. {remedy}", PhonsegWarning, stacklevel=3)
        return model, {}
    alignments = {
        item.path: UnitAlignment(times, found, analysis.speech)
        for item, times, found, analysis in zip(items, boundaries, of_segments, analyses, strict=True)
    }
    torch.manual_seed(settings.seed)  # a run that goes on from a checkpoint has drawn other numbers so far
    network = UnitNetwork(units=n_units)
    figures = trainer.fit(network, unit_supervision(alignments, n_units), settings.unit_steps)
    streams = (*model.streams, Stream(network.cpu(), LeftRightContrast(euclidean, LAGS), UNIT_WEIGHT))
    return _calibrated(model.name, streams, trainer), figures


def teacher_peaks(analysis: Analysis, *, early: bool) -> Peaks:
    """What a segmenter's hearing of a recording tells: all peaks, and ends of speech.

    Every end of speech is sure, however little the curve shows of it. early: whether the curve shows sounds before they
    begin, as contrasts of windows do, so that peaks are moved (see `at_the_rise`). Networks have been taught better.
    """
    found = speech_peaks(analysis)
    times, prominences = found.times, np.where(np.isin(found.times, found.ends), np.inf, found.prominences)
    if early:
        times = move_to_rises(times, analysis.loudness, analysis.level, found.beginnings)
    return Peaks(times, prominences)


def _calibrated(name: str, streams: tuple[Stream, ...], trainer: Trainer) -> Segmenter:
    model = Segmenter(name, streams, OperatingPoint(1.0))
    recordings = (open_recording(item.path, channel=item.channel) for item in _some(trainer))
    generator = np.random.default_rng([trainer.settings.seed, 6])
    return replace(model, operating_point=operating_point(model, recordings, generator))


def _analyse_all(items: Sequence[TrainingItem], streams: tuple[Stream, ...], progress: bool) -> list[Analysis]:
    """Hear every recording of the materials."""
    return [
        analyse(open_recording(item.path, channel=item.channel), streams)
        for item in tqdm(items, desc="analysing", unit="file", disable=not progress)
    ]


def _some(trainer: Trainer) -> list[TrainingItem]:
    """Up to CALIBRATION_RECORDINGS of those that are trained on, drawn at random, in their order."""
    generator = np.random.default_rng([trainer.settings.seed, 5])
    n = min(CALIBRATION_RECORDINGS, len(trainer.training))
    return [trainer.training[place] for place in sorted(generator.choice(len(trainer.training), size=n, replace=False))]
