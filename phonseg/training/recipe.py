"""What a model is taught, lesson by lesson: the contrast that teaches first, then boundaries, then units."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from tqdm import tqdm

from phonseg.audio.recording import open_recording
from phonseg.detection.dissimilarity import AsItIs, LeftRightContrast, cosine, euclidean
from phonseg.detection.peaks import OperatingPoint
from phonseg.detection.speech_activity import heard
from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.errors import PhonsegWarning
from phonseg.model.analysis import Hearing, frames_of, hear
from phonseg.model.segmenter import Segmenter
from phonseg.model.speech_peaks import speech_peaks
from phonseg.model.streams import View
from phonseg.objectives import pseudo_labels as self_training
from phonseg.objectives import unit_discovery as units
from phonseg.objectives.pseudo_labels import Confidence, Evidence, at_the_rise
from phonseg.training.calibration import balanced, operating_point, typical_height
from phonseg.training.crops import Material
from phonseg.training.trainer import Run

LAGS = (2, 3, 4)
# Recordings that weights and operating point are read off: more do not change them.
CALIBRATION_RECORDINGS = 200
# What segments are described by for clustering; under the noise of a good room all is equally silent.
SPECTRA = LogMel(window=512, floor=1e-4)
# Segments for clustering lie between peaks of this share of the operating point and more: that a sound is cut in two
# does less harm than that two are taken for one.
PURE = 0.3
# The curve of units tells which of the boundary network's weaker peaks are changes of sound.
UNIT_WEIGHT = 0.3
# A clear boundary has the height 1 on the teacher's curve.
TEACHER_CONFIDENCE = Confidence(sure=0.45, doubtful=0.09)


def contrasts(name: str, encoder: TorchEncoder, run: Run) -> Segmenter:
    """The first teacher: three log-mel views and the trained encoder, balanced and calibrated."""
    look = LeftRightContrast(euclidean, LAGS)
    views = [
        (View(LogMel(window=400, exponent=0.1), look), 2.0),
        (View(LogMel(window=256), look), 2.0),
        (View(LogMel(window=320, bands=24), look), 2.0),
        (View(encoder, LeftRightContrast(cosine, LAGS)), 3.0),
    ]
    if encoder.grid != views[0][0].encoder.grid:  # the raw waveform has a grid of its own, so it stands alone
        views = views[-1:]
    heights = [typical_height(_hear_all(_some(run), (view,), run.progress)) for view, _ in views]
    return _calibrated(name, balanced(views, heights), run)


def learn_boundaries(
    name: str,
    teacher: tuple[View, ...],
    confidence: Confidence,
    network: BoundaryNetwork,
    run: Run,
    *,
    early: bool,
    beside: tuple[View, ...] = (),
) -> tuple[Segmenter, dict[str, float]]:
    """Train the network on what the teacher's curve is sure of in the recordings of the run.

    early: see `evidence_in`. beside: other views of the model that comes back.
    """
    materials = [*run.training, *run.held_out]
    hearings = _hear_all(materials, teacher, run.progress)
    evidence = {
        material.path: evidence_in(hearing, early=early) for material, hearing in zip(materials, hearings, strict=True)
    }
    figures = run.teach(network, self_training.lesson(evidence, confidence), run.settings.self_training_steps)
    return _calibrated(name, (View(network.cpu(), AsItIs()), *beside), run), figures


def learn_units(model: Segmenter, run: Run) -> tuple[Segmenter, dict[str, float]]:
    """Add a network that tells the phone-like units which segments of the run's recordings fall into.

    The segments are finer than those that the model gives (see PURE).

    Warns (PhonsegWarning), and leaves the model as it is, if there are too few segments for two units.
    """
    materials, settings = [*run.training, *run.held_out], run.settings
    hearings = _hear_all(materials, model.views, run.progress)
    boundaries, described = [], []
    for material, hearing in zip(materials, hearings, strict=True):
        candidates = model.candidates(hearing, material.duration)
        boundaries.append(candidates.times[candidates.prominences >= PURE * candidates.threshold])
        recording = open_recording(material.path, channel=material.channel)
        frames = frames_of(recording, SPECTRA, hearing.level)
        described.append(units.descriptions(frames, boundaries[-1], hearing.speech))
    of_segments, n_units = units.clustered(described, settings.units, settings.seed)
    if n_units < 2:
        few = sum(map(len, described))
        remedy = "The model goes without. Train on more speech, or set unit_steps to 0."
        warnings.warn(f"units: {few} segments are too few to learn them from. {remedy}", PhonsegWarning, stacklevel=3)
        return model, {}
    spellings = {
        material.path: units.Spelling(times, found, hearing.speech)
        for material, times, found, hearing in zip(materials, boundaries, of_segments, hearings, strict=True)
    }
    torch.manual_seed(settings.seed)  # a run that goes on from a checkpoint has drawn other numbers so far
    network = UnitNetwork(units=n_units)
    figures = run.teach(network, units.lesson(spellings, n_units), settings.unit_steps)
    views = (*model.views, View(network.cpu(), LeftRightContrast(euclidean, LAGS), UNIT_WEIGHT))
    return _calibrated(model.name, views, run), figures


def evidence_in(hearing: Hearing, *, early: bool) -> Evidence:
    """What a segmenter's hearing of a recording tells: all peaks, and ends of speech.

    Every end of speech is sure, however little the curve shows of it. early: whether the curve shows sounds before they
    begin, as contrasts of windows do, so that peaks are moved (see `at_the_rise`). Networks have been taught better.
    """
    times, prominences = speech_peaks(hearing)
    audible = heard(hearing.loudness, hearing.level, hearing.speech)
    beginnings, ends = np.array([part.start for part in audible]), np.array([part.end for part in audible])
    prominences = np.where(np.isin(times, ends), np.inf, prominences)
    if early:
        times = at_the_rise(times, hearing.loudness, hearing.level, beginnings)
    return Evidence(times, prominences)


def _calibrated(name: str, views: tuple[View, ...], run: Run) -> Segmenter:
    model = Segmenter(name, views, OperatingPoint(1.0))
    recordings = (open_recording(material.path, channel=material.channel) for material in _some(run))
    generator = np.random.default_rng([run.settings.seed, 6])
    return replace(model, operating_point=operating_point(model, recordings, generator))


def _hear_all(materials: Sequence[Material], views: tuple[View, ...], progress: bool) -> list[Hearing]:
    """Hear every recording of the materials."""
    return [
        hear(open_recording(material.path, channel=material.channel), views)
        for material in tqdm(materials, desc="listening", unit="file", disable=not progress)
    ]


def _some(run: Run) -> list[Material]:
    """Up to CALIBRATION_RECORDINGS of those that are trained on, drawn at random, in their order."""
    generator = np.random.default_rng([run.settings.seed, 5])
    n = min(CALIBRATION_RECORDINGS, len(run.training))
    return [run.training[place] for place in sorted(generator.choice(len(run.training), size=n, replace=False))]
