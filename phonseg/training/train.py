"""Recordings -> a trained segmenter. Folders and paths of audio go in; there is no way to pass a label."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from phonseg.audio.find import find_recordings
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.contrastive_encoders import LogMelNetwork, RawWaveformEncoder
from phonseg.encoders.log_mel import LogMel
from phonseg.errors import OutputError, PhonsegWarning, TrainingError
from phonseg.model.segmenter import Segmenter
from phonseg.objectives.pseudo_labels import Thresholds
from phonseg.training.crops import TrainingSet, scan_items
from phonseg.training.held_out import split
from phonseg.training.recipe import TEACHER_THRESHOLDS, contrastive_teacher, learn_boundaries, learn_units
from phonseg.training.settings import AdaptationSettings, TrainingSettings
from phonseg.training.trainer import Trainer

Place = str | os.PathLike[str]

DEFAULTS, ADAPTATION = TrainingSettings(), AdaptationSettings()


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
    a crop (`settings.crop_seconds`), and what cannot be read, is left out. First a frame encoder learns to tell the
    adjacent frame from a random frame of the same recording (Kreuk, Keshet and Adi, 2020); its contrast and those of
    three log-mel views make a curve. Then one small network learns from the confident peaks of that curve, and another
    to tell the phone-like units that the segments between its peaks fall into; their curves are added. The
    operating point is set on the same recordings. checkpoint: a file to keep the state in, from which the same call
    goes on exactly after a kill; delete it once the model is saved.

    Warns (PhonsegWarning) of recordings that were left out, and of too few segments to learn units from. Raises
    AudioError if a place does not exist, TrainingError if there is nothing to learn from or learning fails, ModelError
    if the checkpoint belongs to another run.
    """
    rate = LogMel().grid.sample_rate
    training_set, trainer = _prepare(recordings, settings, rate, checkpoint, progress, base="")
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        encoder = LogMelNetwork() if settings.encoder == "log-mel-network" else RawWaveformEncoder(projection=64)
        network = BoundaryNetwork()
        figures = trainer.contrastive(encoder, settings)
        model = contrastive_teacher(name, encoder.cpu(), trainer)
        if settings.self_training_steps:
            model, more = learn_boundaries(name, model.streams, TEACHER_THRESHOLDS, network, trainer, early=True)
            figures |= more
            if settings.unit_steps:
                model, more = learn_units(model, trainer, settings)
                figures |= more
    return _finish(model, name, training_set, settings, figures)


def adapt(
    model: Segmenter,
    recordings: Place | Iterable[Place],
    *,
    settings: AdaptationSettings = ADAPTATION,
    name: str = "adapted",
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> Segmenter:
    """Go on training a model on recordings of one's own language, speakers or microphone; see `train`.

    What its boundary network is sure of in these recordings is what that network learns from; a network of units stays
    as it is. settings: as for `train`, of which the encoder and the steps of contrastive training, and all about units,
    play no part.

    Raises TrainingError if the model has no boundary network, as when it was trained without self-training.
    """
    network = deepcopy(model.streams[0].encoder)
    if not isinstance(network, BoundaryNetwork):
        raise TrainingError(f"adapt: the model {model.name} has no boundary network. Train one with self-training.")
    training_set, trainer = _prepare(
        recordings, settings, network.grid.sample_rate, checkpoint, progress, base=model.digest
    )
    with torch.random.fork_rng():
        own, beside = model.streams[:1], model.streams[1:]
        adapted, figures = learn_boundaries(name, own, Thresholds(), network, trainer, early=False, beside=beside)
    return _finish(adapted, name, training_set, settings, figures)


def _prepare(
    recordings: Place | Iterable[Place],
    settings: AdaptationSettings,
    sample_rate: int,
    checkpoint: str | Path | None,
    progress: bool,
    base: str,
) -> tuple[TrainingSet, Trainer]:
    """Find, read and split the recordings."""
    if checkpoint and not Path(checkpoint).parent.is_dir():
        raise OutputError(f"{checkpoint}: there is no folder {Path(checkpoint).parent}. Make it first.")
    places = [recordings] if isinstance(recordings, (str, os.PathLike)) else list(recordings)
    training_set = scan_items(find_recordings(places), sample_rate, settings.crop_seconds, progress=progress)
    if training_set.left_out:
        some = "\n  ".join(list(training_set.left_out.values())[:10])
        message = f"{len(training_set.left_out)} recordings are left out of training, among them:\n  {some}"
        warnings.warn(message, PhonsegWarning, stacklevel=3)
    by_path = {item.path: item for item in training_set.items}
    generator = np.random.default_rng(settings.seed)
    training, held_out = split(list(by_path), [Path(place) for place in places], settings.held_out, generator)
    told = json.dumps([asdict(settings), base, [[str(m.path), m.duration, m.level] for m in training_set.items]])
    trainer = Trainer(
        settings,
        [by_path[path] for path in training],
        [by_path[path] for path in held_out],
        Path(checkpoint) if checkpoint else None,
        hashlib.sha256(told.encode()).hexdigest(),
        progress,
    )
    return training_set, trainer


def _finish(
    model: Segmenter,
    name: str,
    training_set: TrainingSet,
    settings: AdaptationSettings,
    figures: dict[str, float],
) -> Segmenter:
    """The model with a summary of its training."""
    training: dict[str, object] = {
        "recordings": len(training_set.items),
        "hours": round(sum(item.duration for item in training_set.items) / 3600, 3),
        "left_out": len(training_set.left_out),
        "settings": asdict(settings),
        **{figure: round(value, 5) for figure, value in figures.items()},
    }
    return Segmenter(name, model.streams, model.operating_point, training)
