"""Settings and training items -> the two kinds of learning stages: contrastive, and supervised by pseudo-labels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from phonseg.augmentation.speed import change_speed
from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.conv_network import ConvNetwork
from phonseg.errors import TrainingError
from phonseg.objectives.barlow_twins import barlow
from phonseg.objectives.contrastive import adjacent_frame_accuracy, adjacent_frame_loss, draw_negatives, nce
from phonseg.objectives.supervision import SupervisedBatch, Supervision
from phonseg.timeline.grid import Times
from phonseg.training.crops import SplitItems, TrainingItem, draw_crops
from phonseg.training.loop import LearningStage, Schedule
from phonseg.training.settings import AdaptationSettings, TrainingSettings

# Crops that a stage is validated on, and random frames that each of their frames is compared with.
VALIDATION_CROPS, VALIDATION_NEGATIVES = 64, 8
# Weight decay of AdamW in contrastive and in supervised stages.
CONTRASTIVE_DECAY, SUPERVISED_DECAY = 1e-4, 1e-2
# Read speech is slow: crops are sped up by up to this factor, drawn anew in each step of a supervised stage.
HIGHEST_SPEED = 1.25
# Nats by which the held-out loss must lie below that of an encoder whose frames are all alike.
LEAST_GAIN = 0.01

OBJECTIVES = {"nce": nce, "barlow": barlow}

Items = Sequence[TrainingItem]
ContrastiveBatch = tuple[Tensor, torch.Generator]


def contrastive_stage(
    encoder: TorchEncoder, items: SplitItems, settings: TrainingSettings
) -> LearningStage[ContrastiveBatch]:
    """Returns the stage in which an encoder learns to make adjacent frames alike.

    A batch is (B, N) samples at level 1, and the generator of whatever the objective draws. Whatever the objective, the
    figures are those of telling the adjacent frame from random ones: `held_out_loss` in nats, and `held_out_accuracy`
    from 0 to 1. Validation raises TrainingError if the loss is no better than chance.

    Args:
        encoder: what is trained; it is moved to the device of the settings.
        items: what crops are drawn from.
        settings: of training.

    Returns:
        The stage.

    Raises:
        TrainingError: if a recording cannot be read any more.
    """
    encoder, device = encoder.to(settings.torch_device()), settings.torch_device()

    def crops_of(chosen: Items, n_crops: int, generator: np.random.Generator) -> Tensor:
        rate = encoder.grid.sample_rate
        return torch.from_numpy(draw_crops(chosen, n_crops, settings.crop_seconds, rate, generator).samples)

    def draw(step: int) -> ContrastiveBatch:
        generator = np.random.default_rng([settings.seed, 1, step])
        return crops_of(items.training, settings.crops, generator), _torch_generator(generator)

    def loss(batch: ContrastiveBatch) -> Tensor:
        samples, generator = batch
        return OBJECTIVES[settings.objective](encoder(samples.to(device)), generator)

    generator = np.random.default_rng([settings.seed, 2])
    validation_crops = crops_of(items.validation, VALIDATION_CROPS, generator)
    n_frames = encoder.grid.count(validation_crops.shape[1])
    negatives = draw_negatives(VALIDATION_CROPS, n_frames, VALIDATION_NEGATIVES, _torch_generator(generator))

    def validate() -> dict[str, float]:
        frames = torch.stack([torch.from_numpy(encoder.encode(crop)) for crop in validation_crops.numpy()])
        return _contrastive_figures(frames, negatives)

    schedule = Schedule(settings.steps, settings.learning_rate, CONTRASTIVE_DECAY)
    seconds = settings.crops * settings.crop_seconds
    return LearningStage("contrastive", encoder, schedule, seconds, draw, loss, validate)


def _contrastive_figures(frames: Tensor, negatives: Tensor) -> dict[str, float]:
    """Returns loss and accuracy; raises TrainingError if the loss is no better than chance."""
    loss = float(adjacent_frame_loss(frames, negatives))
    if not loss < math.log(1 + VALIDATION_NEGATIVES) - LEAST_GAIN:
        raise TrainingError(
            f"contrastive training: the encoder has collapsed (its loss on held-out recordings is {loss:.3f}, "
            "no better than chance). Lower learning_rate, or check for recordings without speech."
        )
    return {"held_out_loss": loss, "held_out_accuracy": float(adjacent_frame_accuracy(frames, negatives))}


def supervised_stage(
    network: ConvNetwork, supervision: Supervision, items: SplitItems, settings: AdaptationSettings, steps: int
) -> LearningStage[SupervisedBatch]:
    """Returns the stage in which a network learns what a supervision says of every frame.

    A batch is (B, T + 2 * reach, bands) mel-band power at level 1, and the targets of the frames, (B, T) each. Crops to
    learn from are sped up and augmented, those to validate on are not. The figure is the loss in nats.

    Args:
        network: what is trained; it is moved to the device of the settings.
        supervision: the targets and the loss.
        items: what crops are drawn from.
        settings: of training or adapting.
        steps: how many, 0 or more.

    Returns:
        The stage.

    Raises:
        TrainingError: if a recording cannot be read any more.
    """
    network, device = network.to(settings.torch_device()), settings.torch_device()
    inner, n_crops = network.features.grid, settings.self_training_crops

    def crops_of(chosen: Items, n_crops: int, speed: float, generator: np.random.Generator) -> SupervisedBatch:
        crops = draw_crops(chosen, n_crops, settings.crop_seconds, inner.sample_rate, generator)
        with torch.no_grad():
            power = network.features.power(torch.from_numpy(crops.samples).to(device))
        n_frames, places = _sped_up(power.shape[1], speed, network.reach, supervision.offset)
        times = [start + inner.centre(places) for start in crops.starts]
        targets = supervision.batch([chosen[place].path for place in crops.which], times)
        return change_speed(power, n_frames).cpu(), targets

    def draw(step: int) -> SupervisedBatch:
        generator = np.random.default_rng([settings.seed, supervision.seed, step])
        speed = generator.uniform(1.0, HIGHEST_SPEED)
        return supervision.augment(*crops_of(items.training, n_crops, speed, generator), _torch_generator(generator))

    def loss(batch: SupervisedBatch) -> Tensor:
        power, targets = batch
        return supervision.loss(network.scores(power.to(device)), *(part.to(device) for part in targets))

    generator = np.random.default_rng([settings.seed, supervision.seed + 1])
    validation_batch = crops_of(items.validation, VALIDATION_CROPS, 1.0, generator)

    def validate() -> dict[str, float]:
        network.eval()
        with torch.inference_mode():
            return {supervision.figure: float(loss(validation_batch))}

    schedule, seconds = Schedule(steps, settings.learning_rate, SUPERVISED_DECAY), n_crops * settings.crop_seconds
    return LearningStage(supervision.name, network, schedule, seconds, draw, loss, validate)


def _sped_up(n_frames: int, speed: float, reach: int, offset: float) -> tuple[int, Times]:
    """Returns how many frames remain, and where those that a network judges lay among the frames as they were."""
    remaining = round((n_frames - 1) / speed) + 1
    judged = np.arange(remaining - 2 * reach) + reach + offset
    return remaining, judged * (n_frames - 1) / (remaining - 1)


def _torch_generator(generator: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(generator.integers(2**62)))
