"""Training items -> a segmenter, in six steps.

They are the encoder, the teacher's curve, the boundary network, the unit network, calibration and the speech network.
The model card (phonseg/models/default.md) describes the same steps with their results.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from tqdm import tqdm

from phonseg.detection.dissimilarity import LeftRightContrast, PrecomputedCurve, cosine, euclidean
from phonseg.detection.peaks import OperatingPoint
from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.contrastive_encoders import LogMelNetwork, RawWaveformEncoder
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
from phonseg.training.own_state import seed_random_numbers
from phonseg.training.settings import AdaptationSettings, TrainingSettings
from phonseg.training.speech_stage import learn_speech
from phonseg.training.stage_batches import contrastive_stage, supervised_stage
from phonseg.training.trainer import Trainer

# Frames on either side whose means are compared.
LAGS = (2, 3, 4)
# Recordings that the weights of streams and the operating point are measured on; more do not change them.
CALIBRATION_RECORDINGS = 200
# The spectra that segments are clustered by. All that is fainter than the noise of a good room is equally silent.
UNIT_SPECTRA = LogMel(window=512, floor=1e-4)
# Segments for clustering lie between peaks of at least this share of the operating point. A sound that is cut in two
# does less harm than two sounds taken for one.
PURE_SHARE = 0.3
# Weight of the unit network's curve, which shows which of the boundary network's weaker peaks are changes of sound.
UNIT_WEIGHT = 0.3
# A clear boundary has the height 1 on the teacher's curve.
TEACHER_THRESHOLDS = Thresholds(sure=0.45, doubtful=0.09)


def train_from_scratch(trainer: Trainer[AdaptationSettings], settings: TrainingSettings) -> Segmenter:
    """Takes all steps of the recipe that the settings ask for.

    Args:
        trainer: the run.
        settings: of training.

    Returns:
        The segmenter: that of the boundary and the unit network, or the teacher if there is no self-training.

    Raises:
        TrainingError: if there is nothing to learn from, or learning fails.
        OutputError: if the checkpoint cannot be written.

    Warns:
        PhonsegWarning: if there are too few segments to learn units from, or no recording is clean.
    """
    encoder = LogMelNetwork() if settings.encoder == "log-mel-network" else RawWaveformEncoder(projection=64)
    network = BoundaryNetwork()  # made here, so that its first weights depend on nothing but the seed
    # 1. An encoder learns to tell the adjacent frame from a random one.
    trainer.learn(contrastive_stage(encoder, trainer.items, settings))
    # 2. Its contrast and those of three log-mel streams make the teacher's curve.
    model = contrastive_teacher(encoder.cpu(), trainer)
    if settings.self_training_steps:
        # 3. The boundary network learns from the confident peaks of that curve.
        boundary_stream = learn_boundaries(model.streams, TEACHER_THRESHOLDS, network, trainer, early=True)
        model = calibrated((boundary_stream,), trainer)
        if settings.unit_steps:
            # 4. The unit network learns the clusters of the segments between its peaks.
            model = learn_units(model, trainer, settings)
    # 5. The operating point is set at the end of each step from the second on, by `calibrated`.
    # 6. The speech network learns what loudness shows in clean recordings. Nothing else depends on it.
    return learn_speech(model, trainer, settings.speech_steps) if settings.speech_steps else model


def contrastive_teacher(encoder: TorchEncoder, trainer: Trainer[AdaptationSettings]) -> Segmenter:
    """Joins three log-mel streams and the contrastive encoder into a first segmenter, the teacher of the others.

    Args:
        encoder: trained. One whose grid is not that of the log-mel streams stands alone.
        trainer: the run.

    Returns:
        The segmenter, its streams balanced and its operating point calibrated.

    Raises:
        TrainingError: if a stream shows no contrast, or there is no peak in any recording.
    """
    contrast = LeftRightContrast(euclidean, LAGS)
    streams = [
        (Stream(LogMel(window=400, exponent=0.1), contrast), 2.0),
        (Stream(LogMel(window=256), contrast), 2.0),
        (Stream(LogMel(window=320, bands=24), contrast), 2.0),
        (Stream(encoder, LeftRightContrast(cosine, LAGS)), 3.0),
    ]
    if encoder.grid != streams[0][0].encoder.grid:
        streams = streams[-1:]
    items = _calibration_items(trainer)
    heights = [typical_height(_analyse_all(items, (stream,), trainer.progress)) for stream, _ in streams]
    return calibrated(balanced(streams, heights), trainer)


def learn_boundaries(
    teacher: tuple[Stream, ...],
    thresholds: Thresholds,
    network: BoundaryNetwork,
    trainer: Trainer[AdaptationSettings],
    *,
    early: bool,
) -> Stream:
    """Trains a boundary network on what the teacher's curve is sure of in the recordings of the run.

    Args:
        teacher: the streams whose curve it is.
        thresholds: which of its peaks are sure, and which are doubtful.
        network: what is trained, in place.
        trainer: the run.
        early: whether the curve is early; see `teacher_peaks`.

    Returns:
        The stream of the network, whose output is the curve.

    Raises:
        TrainingError: if learning fails.
        OutputError: if the checkpoint cannot be written.

    References:
        Strgar and Harwath (2022). Phoneme segmentation using self-supervised speech models. IEEE SLT.
    """
    items, settings = trainer.items, trainer.settings
    analyses = _analyse_all(items.all, teacher, trainer.progress)
    peaks = {
        item.path: teacher_peaks(analysis, early=early) for item, analysis in zip(items.all, analyses, strict=True)
    }
    supervision = boundary_supervision(peaks, thresholds)
    trainer.learn(supervised_stage(network, supervision, items, settings, settings.self_training_steps))
    return Stream(network.cpu(), PrecomputedCurve())


def teacher_peaks(analysis: Analysis, *, early: bool) -> Peaks:
    """Returns what a teacher knows of a recording: all peaks of its curve, and the ends of speech.

    Args:
        analysis: of the recording, by the streams of the teacher.
        early: whether the curve peaks before sounds begin, as a contrast of windows does. If so, peaks are moved later
            where loudness rises (`move_to_rises`). A boundary network has learnt this already.

    Returns:
        The peaks. Every end of speech is infinitely prominent, however little the curve shows of it.
    """
    found = speech_peaks(analysis)
    times, prominences = found.times, np.where(np.isin(found.times, found.ends), np.inf, found.prominences)
    if early:
        times = move_to_rises(times, analysis.loudness, analysis.level, found.beginnings)
    return Peaks(times, prominences)


def learn_units(model: Segmenter, trainer: Trainer[AdaptationSettings], settings: TrainingSettings) -> Segmenter:
    """Adds a unit network, which learns the phone-like units that the segments of the run's recordings fall into.

    The segments are finer than those that the model gives (see PURE_SHARE).

    Args:
        model: the segmenter of the boundary network.
        trainer: the run.
        settings: of training.

    Returns:
        The segmenter with the unit network; the model itself if there are too few segments for two units.

    Raises:
        TrainingError: if learning fails.
        OutputError: if the checkpoint cannot be written.

    Warns:
        PhonsegWarning: if there are too few segments.
    """
    analyses = _analyse_all(trainer.items.all, model.streams, trainer.progress)
    boundaries, embeddings = [], []
    for item, analysis in zip(trainer.items.all, analyses, strict=True):
        candidates = model.candidates(analysis, item.duration)
        boundaries.append(candidates.times[candidates.prominences >= PURE_SHARE * candidates.threshold])
        frames = frames_of(item.open(), UNIT_SPECTRA, analysis.level)
        embeddings.append(segment_embeddings(frames, boundaries[-1], analysis.speech))
    units, n_units = cluster_segments(embeddings, settings.units, settings.seed)
    if n_units < 2:
        few = sum(map(len, embeddings))
        remedy = "The model has none. Train on more speech, or set unit_steps to 0."
        warnings.warn(f"units: {few} segments are too few to learn them from. {remedy}", PhonsegWarning, stacklevel=4)
        return model
    alignments = {
        item.path: UnitAlignment(times, found, analysis.speech)
        for item, times, found, analysis in zip(trainer.items.all, boundaries, units, analyses, strict=True)
    }
    # A run that goes on from a checkpoint has drawn other random numbers so far.
    seed_random_numbers(settings.seed, torch.device("cpu"))
    network = UnitNetwork(units=n_units)
    supervision = unit_supervision(alignments, n_units)
    trainer.learn(supervised_stage(network, supervision, trainer.items, settings, settings.unit_steps))
    unit_stream = Stream(network.cpu(), LeftRightContrast(euclidean, LAGS), UNIT_WEIGHT)
    return calibrated((*model.streams, unit_stream), trainer)


def calibrated(streams: tuple[Stream, ...], trainer: Trainer[AdaptationSettings]) -> Segmenter:
    """Joins streams into a segmenter, and sets its operating point on recordings of the run.

    Args:
        streams: of the segmenter.
        trainer: the run.

    Returns:
        The segmenter, without a name.

    Raises:
        TrainingError: if there is no peak in any recording.
    """
    model = Segmenter("", streams, OperatingPoint(1.0))
    recordings = (item.open() for item in _calibration_items(trainer))
    generator = np.random.default_rng([trainer.settings.seed, 6])
    return replace(model, operating_point=operating_point(model, recordings, generator))


def _analyse_all(items: Sequence[TrainingItem], streams: tuple[Stream, ...], progress: bool) -> list[Analysis]:
    return [analyse(item.open(), streams) for item in tqdm(items, desc="analysing", unit="file", disable=not progress)]


def _calibration_items(trainer: Trainer[AdaptationSettings]) -> list[TrainingItem]:
    """Draws up to CALIBRATION_RECORDINGS training items, and returns them in their order."""
    items, generator = trainer.items.training, np.random.default_rng([trainer.settings.seed, 5])
    places = generator.choice(len(items), size=min(CALIBRATION_RECORDINGS, len(items)), replace=False)
    return [items[place] for place in sorted(places)]
