"""Clean training items -> the stage in which a speech network learns to hear speech in hard places.

In a clean recording loudness shows where speech is. The network hears pieces of such recordings as conversations in
noise, in rooms, over the telephone and so on (see `phonseg.augmentation.conversations`), and learns where loudness had
found speech before. No label is involved.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from phonseg.audio.level import SILENT_SHARE
from phonseg.augmentation.conversations import Piece, draw_conversation
from phonseg.detection.speech_activity import Region, joined, within
from phonseg.encoders.speech_network import SAMPLE_RATE, STEP_FRAMES, SpeechNetwork
from phonseg.errors import PhonsegWarning
from phonseg.model.segmenter import Segmenter
from phonseg.model.speech import level_and_speech, overview
from phonseg.training.crops import TrainingItem, crop
from phonseg.training.loop import LearningStage, Schedule
from phonseg.training.own_state import seed_random_numbers
from phonseg.training.settings import AdaptationSettings
from phonseg.training.stage_batches import SUPERVISED_DECAY
from phonseg.training.trainer import Trainer

# In a clean recording, a twentieth of the sound is fainter than the loud frames by this many decibels or more.
CLEAN_DECIBELS, FAINT_PERCENT = 30.0, 5
# Conversations that are learnt from (fewer if there are fewer crops to draw) and held out, and how long each is.
CONVERSATIONS, HELD_OUT_CONVERSATIONS, CONVERSATION_SECONDS = 800, 80, 20.0
# A piece lasts 2 s (median; the standard deviation of its logarithm is 0.75), within these limits; its ends are faded.
SHORTEST_PIECE, LONGEST_PIECE, PIECE_FADE = 0.4, 8.0, 0.005
CROP_STEPS = 150  # 6 s
# Standard deviations of a smooth equaliser at its knots and of the level of a crop, in nats.
EQUALISER, EQUALISER_KNOTS, LEVEL = 0.6, 5, 0.4

# (B, S, bands) power of steps at level 1, and (B, S) the share of each step that is speech.
SpeechBatch = tuple[Tensor, Tensor]


def learn_speech(model: Segmenter, trainer: Trainer[AdaptationSettings], steps: int) -> Segmenter:
    """Gives a model a speech network, which learns from the recordings of the run. Nothing else of the model changes.

    Args:
        model: the segmenter.
        trainer: the run.
        steps: how many, 1 or more.

    Returns:
        The segmenter with the network; the model itself if no recording is clean.

    Raises:
        TrainingError: if learning fails, or a recording cannot be read any more.
        OutputError: if the checkpoint cannot be written.

    Warns:
        PhonsegWarning: if no recording is clean.
    """
    seed_random_numbers(trainer.settings.seed, torch.device("cpu"))  # whatever has been drawn so far
    network = SpeechNetwork()
    stage = speech_stage(trainer, network, steps)
    if stage is None:
        problem = "no recording is clean enough to learn from"
        remedy = "The model has no speech network. Add clean recordings, or set speech_steps to 0."
        warnings.warn(f"speech: {problem}. {remedy}", PhonsegWarning, stacklevel=4)
        return model
    trainer.learn(stage)
    return replace(model, speech=network.cpu())


def speech_stage(
    trainer: Trainer[AdaptationSettings], network: SpeechNetwork, steps: int
) -> LearningStage[SpeechBatch] | None:
    """Returns the stage in which a speech network learns. The figure is its loss in nats on held-out conversations.

    Args:
        trainer: the run.
        network: what is trained; it is moved to the device of the settings.
        steps: how many, 1 or more; each is on `settings.self_training_crops` crops.

    Returns:
        The stage; None if no recording is clean.

    Raises:
        TrainingError: if a recording cannot be read any more.
    """
    settings, items, crops = trainer.settings, trainer.items, trainer.settings.self_training_crops
    network, device = network.to(settings.torch_device()), settings.torch_device()
    training, held_out = _Speakers(items.training, trainer.progress), _Speakers(items.validation, trainer.progress)
    if not (training.items and held_out.items):
        return None
    n_training, n_held_out = (min(most, steps * crops) for most in (CONVERSATIONS, HELD_OUT_CONVERSATIONS))
    power, targets = _conversations(training, n_training, settings.seed, 9, trainer.progress)
    held_out_batch = _conversations(held_out, n_held_out, settings.seed, 10, trainer.progress)

    def draw(step: int) -> SpeechBatch:
        generator = np.random.default_rng([settings.seed, 11, step])
        which = generator.integers(len(power), size=crops)
        firsts = generator.integers(power.shape[1] - CROP_STEPS + 1, size=crops)
        places = which[:, None], firsts[:, None] + np.arange(CROP_STEPS)
        gains = torch.from_numpy(_gains(crops, network.bands, generator))
        return power[places] * gains[:, None], targets[places]

    def loss(batch: SpeechBatch) -> Tensor:
        power, targets = (part.to(device) for part in batch)
        judged = targets[:, network.reach : -network.reach]
        return functional.binary_cross_entropy_with_logits(network.scores(power), judged)

    def validate() -> dict[str, float]:
        network.eval()
        with torch.inference_mode():
            return {"held_out_speech_loss": float(loss(held_out_batch))}

    seconds = crops * CROP_STEPS * STEP_FRAMES / 100
    schedule = Schedule(steps, trainer.settings.learning_rate, SUPERVISED_DECAY)
    return LearningStage("speech", network, schedule, seconds, draw, loss, validate)


class _Speakers:
    """Draws pieces of clean recordings; every stretch of audio is about equally likely."""

    def __init__(self, items: Sequence[TrainingItem], progress: bool) -> None:
        self.items: list[TrainingItem] = []
        self.speech: list[tuple[Region, ...]] = []
        for item in tqdm(items, desc="listening", unit="file", disable=not progress):
            recording = item.open()
            length = recording.length(SAMPLE_RATE)
            level, speech, loudness = level_and_speech(recording.blocks(SAMPLE_RATE), length, SAMPLE_RATE)
            below = loudness.values - 10 * np.log10(level)
            active = below[below > 10 * np.log10(SILENT_SHARE)]
            if np.percentile(active, FAINT_PERCENT) <= -CLEAN_DECIBELS:
                self.items.append(item)
                self.speech.append(speech)
        self.ends = np.array(list(accumulate(item.duration for item in self.items)))

    def piece(self, generator: np.random.Generator, source: int | None) -> Piece:
        if source is None:
            source = int(np.searchsorted(self.ends, generator.uniform(0, self.ends[-1]), side="right"))
        item = self.items[source]
        wanted = 2 * np.exp(0.75 * generator.standard_normal())
        seconds = min(max(SHORTEST_PIECE, wanted), LONGEST_PIECE, item.duration)
        start, n = generator.uniform(0, item.duration - seconds), int(seconds * SAMPLE_RATE)
        samples = crop(item, start, n, SAMPLE_RATE)
        places = np.arange(n)
        samples *= np.minimum(1, np.minimum(places, places[::-1]) / (PIECE_FADE * SAMPLE_RATE))
        inside = [Region(max(0.0, a - start), min(seconds, b - start)) for a, b in self.speech[source]]
        return Piece(samples, [region for region in inside if region.end > region.start], source)


def _conversations(speakers: _Speakers, n: int, seed: int, own: int, progress: bool) -> SpeechBatch:
    """Power and targets of whole conversations; each has random numbers of its own."""
    powers, targets = [], []
    for number in tqdm(range(n), desc="conversations", disable=not progress):
        generator = np.random.default_rng([seed, own, number])
        samples, speech = draw_conversation(speakers.piece, CONVERSATION_SECONDS, SAMPLE_RATE, generator)
        seen = overview([samples], len(samples), SAMPLE_RATE)
        regions = joined(*np.reshape(speech, (-1, 2)).T)
        is_speech = within(seen.grid.centre(np.arange(STEP_FRAMES * len(seen.steps))), regions, 0.0)
        powers.append(seen.steps / np.float32(seen.level or 1))
        targets.append(is_speech.reshape(-1, STEP_FRAMES).mean(axis=1, dtype=np.float32))
    return torch.from_numpy(np.stack(powers)), torch.from_numpy(np.stack(targets))


def _gains(crops: int, bands: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """(B, bands) factors: another microphone and another level for each crop."""
    knots = generator.normal(0, EQUALISER, (crops, EQUALISER_KNOTS)) + generator.normal(0, LEVEL, (crops, 1))
    places = np.linspace(0, EQUALISER_KNOTS - 1, bands)
    nats = np.stack([np.interp(places, np.arange(EQUALISER_KNOTS), row) for row in knots])
    return np.asarray(np.exp(nats), dtype=np.float32)
