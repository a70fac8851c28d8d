"""Stretches of speech -> the stage in which a network learns that two windows of one recording are alike."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phonseg.audio.level import ACTIVE_DECIBELS
from phonseg.augmentation.channel import change_channel
from phonseg.diarization.embedding.window_network import SCALE, WindowNetwork
from phonseg.diarization.embedding.windows import FEATURES, FRAMES_PER_SECOND
from phonseg.diarization.learning.settings import SpeakerTrainingSettings
from phonseg.diarization.learning.stretches import Stretch, Stretches, draw_group, torch_generator
from phonseg.errors import TrainingError
from phonseg.objectives.window_contrast import window_accuracy, window_barlow, window_nce
from phonseg.training.loop import LearningStage, Schedule

# Frames of the windows of a batch, and how often each length is drawn.
LENGTHS, LENGTH_SHARES = (75, 100, 150, 200), (0.2, 0.2, 0.4, 0.2)
# Frames from the end of one window of a recording to the beginning of the other, at most.
FARTHEST = FRAMES_PER_SECOND
DRAWS = 4  # pairs of windows of which the one with the most speech and the least overlap is taken
OWN_EQUALISER = 0.5  # nats
WEIGHT_DECAY = 1e-4
VALIDATION_BATCHES, VALIDATION_LENGTH = 4, 150
# Nats by which the held-out loss must lie below that of a network whose vectors are all alike.
LEAST_GAIN = 0.05

OBJECTIVES = {"nce": window_nce, "barlow": window_barlow}

Batch = tuple[Tensor, torch.Generator]


def network_stage(
    network: WindowNetwork, training: Stretches, validation: Stretches, settings: SpeakerTrainingSettings
) -> LearningStage[Batch]:
    """Returns the stage in which a network learns that windows up to a second apart are of one speaker.

    A batch is (G, N, 2, T, bands) power at level 1, two windows of each of N recordings in G groups, and a generator.
    All windows of a group are heard through one channel, so that it cannot tell the recordings apart; and each has a
    weak equaliser of its own, so that the long-term spectrum alone cannot either. The figures are those of telling the
    other window of the recording among all of its group: `held_out_loss` in nats and `held_out_accuracy` from 0 to 1.
    Validation raises TrainingError if the loss is no better than chance.

    Args:
        network: what is trained; it is moved to the device of the settings.
        training: what batches are drawn from.
        validation: the stretches of other recordings.
        settings: of training.

    Returns:
        The stage.
    """
    device = settings.torch_device()
    network = network.to(device)

    def batch_of(stretches: Stretches, length: int, generator: np.random.Generator) -> Batch:
        n = min(settings.recordings, len(stretches))
        groups = [draw_group(stretches, n, generator) for _ in range(settings.groups)]
        windows = np.stack([[_two_windows(one, length, generator) for one in group] for group in groups])
        return torch.from_numpy(windows.astype(np.float32)), torch_generator(generator)

    def draw(step: int) -> Batch:
        generator = np.random.default_rng([settings.seed, 11, step])
        return batch_of(training, int(generator.choice(LENGTHS, p=LENGTH_SHARES)), generator)

    def vectors_of(batch: Batch) -> Tensor:
        power, generator = batch
        groups, n, _, length, bands = power.shape
        changed = change_channel(power.reshape(groups, 2 * n, length, bands), generator, own=OWN_EQUALISER)
        frames = _freed_of_channel(changed).to(device)
        vectors: Tensor = network(SCALE * frames.flatten(0, 1))
        return vectors.reshape(groups, n, 2, -1)

    def loss(batch: Batch) -> Tensor:
        return OBJECTIVES[settings.objective](vectors_of(batch), batch[1])

    generator = np.random.default_rng([settings.seed, 12])
    held_out = [batch_of(validation, VALIDATION_LENGTH, generator) for _ in range(VALIDATION_BATCHES)]
    states = [generator.get_state() for _, generator in held_out]

    def validate() -> dict[str, float]:
        network.eval()
        for (_, generator), state in zip(held_out, states, strict=True):
            generator.set_state(state)
        with torch.inference_mode():
            return _figures(torch.cat([vectors_of(batch).cpu() for batch in held_out]))

    schedule = Schedule(settings.steps, settings.learning_rate, WEIGHT_DECAY)
    seconds = settings.groups * settings.recordings * 2 * float(np.dot(LENGTHS, LENGTH_SHARES)) / FRAMES_PER_SECOND
    return LearningStage("speakers", network, schedule, seconds, draw, loss, validate)


def _figures(vectors: Tensor) -> dict[str, float]:
    """Returns loss and accuracy; raises TrainingError if the loss is no better than chance."""
    loss, chance = float(window_nce(vectors, torch.Generator())), math.log(2 * vectors.shape[1] - 1)
    if not loss < chance - LEAST_GAIN:
        raise TrainingError(
            f"training speakers: the network has collapsed (its loss on held-out recordings is {loss:.3f}, no better "
            "than chance). Lower learning_rate, or give more recordings with speech."
        )
    return {"held_out_loss": loss, "held_out_accuracy": float(window_accuracy(vectors))}


def _two_windows(stretch: Stretch, length: int, generator: np.random.Generator) -> NDArray[np.float16]:
    """(2, length, bands) power of two windows, mostly speech, near each other and, if there is room, apart."""
    n = len(stretch.power)
    last = max(0, n - length)
    first = generator.integers(0, last + 1, DRAWS)
    reach = length + FARTHEST
    second = np.clip(first + generator.integers(-reach, reach + 1, DRAWS), 0, last)
    sums = np.concatenate([[0], np.cumsum(stretch.is_speech)])
    speech = [sums[np.minimum(n, start + length)] - sums[start] for start in (first, second)]
    overlap = np.maximum(0, length - np.abs(first - second))
    best = int(np.argmax(speech[0] + speech[1] - overlap))
    windows = [stretch.power[start : start + length] for start in (first[best], second[best])]
    return np.stack([np.resize(window, (length, window.shape[1])) for window in windows])


def _freed_of_channel(power: Tensor) -> Tensor:
    """(G, N, T, bands) log-mel frames less their mean over the frames of each group that are not faint."""
    frames = torch.log(power + FEATURES.floor)
    audible = (power.mean(-1, keepdim=True) > 10 ** (-ACTIVE_DECIBELS / 10)).to(frames.dtype)
    total = audible.sum(dim=(1, 2), keepdim=True).clamp_min(1)
    return frames - (frames * audible).sum(dim=(1, 2), keepdim=True) / total
