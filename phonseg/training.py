"""Recordings -> a trained segmenter. Folders and paths of audio go in; there is no way to pass a label."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from phonseg.audio import find_recordings, open_recording
from phonseg.boundary_network import BoundaryNetwork
from phonseg.calibration import balanced, operating_point, typical_height
from phonseg.corpus import split
from phonseg.crops import Material, Survey, survey
from phonseg.dissimilarity import AsItIs, LeftRightContrast, cosine, euclidean
from phonseg.encoder import LogMel, LogMelNetwork, RawWaveformEncoder, TorchEncoder
from phonseg.errors import OutputError, PhonsegWarning, TrainingError
from phonseg.hearing import Hearing, hear
from phonseg.peaks import OperatingPoint
from phonseg.segmenter import Segmenter, speech_peaks
from phonseg.self_training import Confidence, Evidence, at_the_rise
from phonseg.speech import heard
from phonseg.stages import Run
from phonseg.training_settings import TrainingSettings
from phonseg.view import View

Place = str | os.PathLike[str]

DEFAULTS = TrainingSettings()
# A trained network needs fewer and smaller steps than a new one.
ADAPTATION = TrainingSettings(self_training_steps=500, learning_rate=5e-4)
LAGS = (2, 3, 4)
# Recordings that weights and operating point are read off: more do not change them.
CALIBRATION_RECORDINGS = 200
# A clear boundary has the height 1 on the teacher's curve.
TEACHER_CONFIDENCE = Confidence(sure=0.45, doubtful=0.09)


def train(
    recordings: Place | Iterable[Place],
    *,
    settings: TrainingSettings = DEFAULTS,
    name: str = "trained",
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> Segmenter:
    """Train a segmenter on recordings alone.

    recordings: a folder, a file, or several; folders are searched for sound files of any format. What is shorter than
    a crop (`settings.crop_seconds`), and what cannot be read, is left out. First a
    frame encoder learns to tell the adjacent frame from a random frame of the same recording (Kreuk, Keshet and Adi,
    2020); its contrast and those of three log-mel views make a curve; then one small network learns from the
    confident peaks of that curve. The operating point is set on the same recordings. checkpoint: a file to keep the
    state in, from which the same call goes on exactly after a kill; delete it once the model is saved.

    Warns (PhonsegWarning) of recordings that were left out. Raises AudioError if a place does not exist,
    TrainingError if there is nothing to learn from or learning fails, ModelError if the checkpoint belongs to
    another run.
    """
    rate = LogMel().grid.sample_rate
    surveyed, run = _prepare(recordings, settings, rate, checkpoint, progress, base="")
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        encoder = LogMelNetwork() if settings.encoder == "log-mel-network" else RawWaveformEncoder(projection=64)
        network = BoundaryNetwork()
        figures = run.contrastive(encoder)
        teacher = _teacher(name, encoder.cpu(), _some(run.training, settings.seed), settings.seed, progress)
        model = teacher
        if settings.self_training_steps:
            model, more = _learn_from(teacher, TEACHER_CONFIDENCE, network, run, settings.self_training_steps)
            figures |= more
    return _finish(model, name, surveyed, settings, figures)


def adapt(
    model: Segmenter,
    recordings: Place | Iterable[Place],
    *,
    settings: TrainingSettings = ADAPTATION,
    name: str = "adapted",
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> Segmenter:
    """Go on training a model on recordings of one's own language, speakers or microphone; see `train`.

    The model's own confident boundaries in these recordings are what its network learns from. settings: as for
    `train`, of which the steps and the encoder of contrastive training play no part.

    Raises TrainingError if the model has no boundary network, as when it was trained without self-training.
    """
    network = deepcopy(model.views[0].encoder)
    if not isinstance(network, BoundaryNetwork):
        raise TrainingError(f"adapt: the model {model.name} has no boundary network. Train one with self-training.")
    surveyed, run = _prepare(recordings, settings, network.grid.sample_rate, checkpoint, progress, base=model.digest)
    with torch.random.fork_rng():
        adapted, figures = _learn_from(model, Confidence(), network, run, settings.self_training_steps)
    return _finish(adapted, name, surveyed, settings, figures)


def _prepare(
    recordings: Place | Iterable[Place],
    settings: TrainingSettings,
    sample_rate: int,
    checkpoint: str | Path | None,
    progress: bool,
    base: str,
) -> tuple[Survey, Run]:
    """Find, read and split the recordings."""
    if checkpoint and not Path(checkpoint).parent.is_dir():
        raise OutputError(f"{checkpoint}: there is no folder {Path(checkpoint).parent}. Make it first.")
    places = [recordings] if isinstance(recordings, (str, os.PathLike)) else list(recordings)
    surveyed = survey(find_recordings(places), sample_rate, settings.crop_seconds, progress=progress)
    if surveyed.left_out:
        some = "\n  ".join(list(surveyed.left_out.values())[:10])
        message = f"{len(surveyed.left_out)} recordings are left out of training, among them:\n  {some}"
        warnings.warn(message, PhonsegWarning, stacklevel=3)
    by_path = {material.path: material for material in surveyed.materials}
    generator = np.random.default_rng(settings.seed)
    training, held_out = split(list(by_path), [Path(place) for place in places], settings.held_out, generator)
    told = json.dumps([asdict(settings), base, [[str(m.path), m.duration, m.level] for m in surveyed.materials]])
    run = Run(
        settings,
        [by_path[path] for path in training],
        [by_path[path] for path in held_out],
        Path(checkpoint) if checkpoint else None,
        hashlib.sha256(told.encode()).hexdigest(),
        progress,
    )
    return surveyed, run


def _teacher(name: str, encoder: TorchEncoder, materials: Sequence[Material], seed: int, progress: bool) -> Segmenter:
    """Three log-mel views and the trained encoder, balanced and calibrated on the materials."""
    look = LeftRightContrast(euclidean, LAGS)
    views = [
        (View(LogMel(window=400, exponent=0.1), look), 2.0),
        (View(LogMel(window=256), look), 2.0),
        (View(LogMel(window=320, bands=24), look), 2.0),
        (View(encoder, LeftRightContrast(cosine, LAGS)), 3.0),
    ]
    if encoder.grid != views[0][0].encoder.grid:  # the raw waveform has a grid of its own, so it stands alone
        views = views[-1:]
    heights = [typical_height(_hear_all(materials, (view,), progress)) for view, _ in views]
    return _calibrated(name, balanced(views, heights), materials, seed)


def _calibrated(name: str, views: tuple[View, ...], materials: Sequence[Material], seed: int) -> Segmenter:
    model = Segmenter(name, views, OperatingPoint(1.0))
    recordings = [open_recording(material.path, channel=material.channel) for material in materials]
    return replace(model, operating_point=operating_point(model, recordings, np.random.default_rng([seed, 6])))


def _learn_from(
    teacher: Segmenter, confidence: Confidence, network: BoundaryNetwork, run: Run, steps: int
) -> tuple[Segmenter, dict[str, float]]:
    """Train the network on what the teacher is sure of in the recordings of the run."""
    materials = [*run.training, *run.held_out]
    hearings = _hear_all(materials, teacher.views, run.progress)
    early = any(isinstance(view.contrast, LeftRightContrast) for view in teacher.views)
    evidence = {
        material.path: evidence_in(hearing, early=early) for material, hearing in zip(materials, hearings, strict=True)
    }
    figures = run.self_training(network, evidence, confidence, steps)
    views = (View(network.cpu(), AsItIs()),)
    some = _some(run.training, run.settings.seed)
    return _calibrated(teacher.name, views, some, run.settings.seed), figures


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


def _hear_all(materials: Sequence[Material], views: tuple[View, ...], progress: bool) -> list[Hearing]:
    """Hear every recording of the materials."""
    return [
        hear(open_recording(material.path, channel=material.channel), views)
        for material in tqdm(materials, desc="listening", unit="file", disable=not progress)
    ]


def _some(materials: Sequence[Material], seed: int) -> list[Material]:
    """Up to CALIBRATION_RECORDINGS of the materials, drawn at random, in their order."""
    generator = np.random.default_rng([seed, 5])
    n = min(CALIBRATION_RECORDINGS, len(materials))
    return [materials[place] for place in sorted(generator.choice(len(materials), size=n, replace=False))]


def _finish(
    model: Segmenter,
    name: str,
    surveyed: Survey,
    settings: TrainingSettings,
    figures: dict[str, float],
) -> Segmenter:
    """The model with a summary of its training."""
    training: dict[str, object] = {
        "recordings": len(surveyed.materials),
        "hours": round(sum(material.duration for material in surveyed.materials) / 3600, 3),
        "left_out": len(surveyed.left_out),
        "settings": asdict(settings),
        **{figure: round(value, 5) for figure, value in figures.items()},
    }
    return Segmenter(name, model.views, model.operating_point, training)
