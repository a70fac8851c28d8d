"""Folders and paths of recordings -> a trained segmenter. There is no way to pass a label."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from phonseg.audio.find import Places
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.log_mel import LogMel
from phonseg.errors import TrainingError
from phonseg.model.segmenter import Segmenter
from phonseg.objectives.pseudo_labels import Thresholds
from phonseg.training.crops import TrainingSet
from phonseg.training.own_state import own_state
from phonseg.training.recipe import calibrated, learn_boundaries, train_from_scratch
from phonseg.training.settings import AdaptationSettings, Settings, TrainingSettings
from phonseg.training.speech_stage import learn_speech
from phonseg.training.trainer import Trainer, start_run, summary_of

DEFAULTS, ADAPTATION = TrainingSettings(), AdaptationSettings()


def train(
    recordings: Places,
    *,
    settings: TrainingSettings = DEFAULTS,
    name: str = "trained",
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> Segmenter:
    """Trains a segmenter on recordings alone.

    First a frame encoder learns to tell the adjacent frame from a random frame of the same recording (Kreuk, Keshet and
    Adi, 2020). Its contrast and those of three log-mel streams make a dissimilarity curve. Then a small network learns
    from the confident peaks of that curve, and another one learns the phone-like units that the segments between its
    peaks fall into; their curves are added. The operating point is set on the same recordings. At last a network
    learns to hear speech where loudness does not show it.

    Args:
        recordings: a folder, a file, or several; folders are searched for sound files. Files that are shorter than a
            crop (`settings.crop_seconds`), are digital silence, cannot be read, or cannot be read from their middle
            (m4a, wma, webm, and files that were cut short) are left out, with a warning.
        settings: of training.
        name: of the model, shown to users.
        checkpoint: a file to save the state of the run in. The same call goes on from there after an interruption, with
            the same result. Delete it once the model is saved. None for no checkpoint.
        progress: whether to show progress bars.

    Returns:
        The segmenter, with a summary of its training.

    Raises:
        AudioError: if a place does not exist.
        TrainingError: if there is nothing to learn from, or learning fails.
        ModelError: if the checkpoint is damaged or belongs to another run.
        OutputError: if the checkpoint cannot be written.

    Warns:
        PhonsegWarning: of recordings that are left out, of too few segments to learn units from, and of having no
            clean recording to learn speech from.

    References:
        Kreuk, Keshet and Adi (2020). Self-supervised contrastive learning for unsupervised phoneme segmentation.
        Interspeech.
    """
    with own_state(settings.seed, settings.torch_device()):
        training_set, trainer = start_run(
            recordings, settings, checkpoint, base="", **_how(settings), progress=progress
        )
        model = train_from_scratch(trainer, settings)
        return _summarised(model, name, training_set, trainer)


def adapt(
    model: Segmenter,
    recordings: Places,
    *,
    settings: AdaptationSettings = ADAPTATION,
    name: str = "adapted",
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> Segmenter:
    """Goes on training a model on recordings of one's own language, speakers or microphone.

    The boundary network learns from the boundaries it is sure of in these recordings. A unit network and a
    speech network stay unchanged.

    Args:
        model: a trained segmenter with a boundary network; it stays unchanged.
        recordings: as for `train`.
        settings: for adapting. `AdaptationSettings` has no settings of contrastive training and of units; those of a
            `TrainingSettings` are ignored.
        name: of the adapted model, shown to users.
        checkpoint: as for `train`.
        progress: whether to show progress bars.

    Returns:
        The adapted segmenter, with a summary of its training.

    Raises:
        TrainingError: if the model has no boundary network (it was trained without self-training), if there is nothing
            to learn from, or if learning fails.
        AudioError: if a place does not exist.
        ModelError: if the checkpoint is damaged or belongs to another run.
        OutputError: if the checkpoint cannot be written.

    Warns:
        PhonsegWarning: of recordings that are left out.
    """
    network = model.streams[0].encoder
    if not isinstance(network, BoundaryNetwork):
        raise TrainingError(f"adapt: the model {model.name} has no boundary network. Train one with self-training.")
    with own_state(settings.seed, settings.torch_device()):
        training_set, trainer = start_run(
            recordings, settings, checkpoint, base=model.digest, **_how(settings), progress=progress
        )
        boundary_stream = learn_boundaries(model.streams[:1], Thresholds(), deepcopy(network), trainer, early=False)
        adapted = replace(calibrated((boundary_stream, *model.streams[1:]), trainer), speech=model.speech)
        return _summarised(adapted, name, training_set, trainer)


def add_speech(
    model: Segmenter, recordings: Places, *, settings: TrainingSettings = DEFAULTS, progress: bool = True
) -> Segmenter:
    """Trains only the speech network of a model, the one that `train` would give it. Nothing else changes.

    Args:
        model: a trained segmenter; it stays unchanged.
        recordings: as for `train`.
        settings: of training. Those of other stages are ignored.
        progress: whether to show progress bars.

    Returns:
        The segmenter with a speech network, and with a summary of its training beside that of the model.

    Raises:
        AudioError: if a place does not exist.
        TrainingError: if there is nothing to learn from, or learning fails.

    Warns:
        PhonsegWarning: of recordings that are left out, and of having no clean recording to learn speech from.
    """
    with own_state(settings.seed, settings.torch_device()):
        training_set, trainer = start_run(
            recordings, settings, None, base=model.digest, **_how(settings), progress=progress
        )
        taught = learn_speech(model, trainer, settings.speech_steps)
        summary = _summarised(taught, model.name, training_set, trainer).training
        told = {**model.training, "settings": asdict(settings), "speech": summary}
        return replace(taught, training=told, digest="")


def _how(settings: AdaptationSettings) -> dict[str, Any]:
    """At which rate recordings are scanned, and how long they are at least."""
    return {"sample_rate": LogMel().grid.sample_rate, "shortest": settings.crop_seconds}


def _summarised(model: Segmenter, name: str, training_set: TrainingSet, trainer: Trainer[Settings]) -> Segmenter:
    """Returns the model with its name and a summary of its training."""
    summary = summary_of(training_set, trainer)
    return Segmenter(name, model.streams, model.operating_point, summary, speech=model.speech)
