"""The stages of training: the contrastive encoder, and networks of frames that are taught what is known by then."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phonseg.augmentation.speed import change_speed
from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.conv_network import ConvNetwork
from phonseg.errors import TrainingError
from phonseg.objectives.contrastive import OBJECTIVES, adjacent_frame_accuracy, adjacent_frame_loss, draw_negatives
from phonseg.objectives.supervision import Supervision
from phonseg.training.checkpoint import Checkpoint, read_checkpoint
from phonseg.training.crops import TrainingItem, draw_crops
from phonseg.training.loop import Batch, LearningStage, Schedule, optimise
from phonseg.training.settings import AdaptationSettings, TrainingSettings

# Held-out crops that the validation loss is measured on, and negatives for each of their frames.
VALIDATION_CROPS, VALIDATION_NEGATIVES = 64, 8
# Read speech is slow: crops are sped up by up to this factor, a new one in each step of self-training.
HIGHEST_SPEED = 1.25
# Nats by which the held-out loss must lie under that of an encoder that tells no frame from another.
LEAST_GAIN = 0.01


class Trainer:
    """One run of training: its settings, what it trains on, and its checkpoint on disk (or none, for path None).

    training, held_out: the materials of either side. identity: of settings and recordings; a checkpoint of a run with
    another one is refused (ModelError).
    """

    def __init__(
        self,
        settings: AdaptationSettings,
        training: Sequence[TrainingItem],
        held_out: Sequence[TrainingItem],
        path: Path | None,
        identity: str,
        progress: bool,
    ) -> None:
        self.settings, self.training, self.held_out = settings, training, held_out
        self.device = settings.torch_device()
        self.progress = progress
        self._path, self._identity = path, identity
        self._saved = read_checkpoint(path, identity) if path else None
        self._finished: dict[str, Mapping[str, Tensor]] = dict(self._saved.finished) if self._saved else {}

    def contrastive(self, encoder: TorchEncoder, settings: TrainingSettings) -> dict[str, float]:
        """Train `encoder` in place towards the objective of the settings; returns held-out figures.

        Whatever the objective, these tell how well it tells the adjacent frame from a random one.

        Raises TrainingError if it ends up (or is, at a checkpoint) unable to do so on recordings held out.
        """
        rate = encoder.grid.sample_rate
        n_samples = round(settings.crop_seconds * rate)
        n_frames = encoder.grid.count(n_samples)

        def draw(step: int) -> tuple[Tensor, torch.Generator]:
            generator = np.random.default_rng([settings.seed, 1, step])
            crops = draw_crops(self.training, settings.crops, n_samples, rate, generator)
            return torch.from_numpy(crops.samples), _torch_generator(generator)

        def loss(batch: tuple[Tensor, torch.Generator]) -> Tensor:
            return OBJECTIVES[settings.objective](encoder(batch[0].to(self.device)), batch[1])

        generator = np.random.default_rng([settings.seed, 2])
        crops = draw_crops(self.held_out or self.training, VALIDATION_CROPS, n_samples, rate, generator)
        fixed = draw_negatives(VALIDATION_CROPS, n_frames, VALIDATION_NEGATIVES, _torch_generator(generator))

        def validate() -> dict[str, float]:
            frames = torch.stack([torch.from_numpy(encoder.encode(crop)) for crop in crops.samples])
            figures = {
                "held_out_loss": float(adjacent_frame_loss(frames, fixed)),
                "held_out_accuracy": float(adjacent_frame_accuracy(frames, fixed)),
            }
            if not figures["held_out_loss"] < math.log(1 + VALIDATION_NEGATIVES) - LEAST_GAIN:
                raise TrainingError(
                    f"contrastive training: the encoder has collapsed: on recordings held out its loss is "
                    f"{figures['held_out_loss']:.3f}, no better than chance. Lower learning_rate, or look for "
                    "recordings without speech."
                )
            return figures

        stage = LearningStage("contrastive", draw, loss, settings.crops * settings.crop_seconds)
        self._learn(encoder, stage, Schedule(settings.steps, settings.learning_rate, 1e-4), validate)
        return validate()

    def fit(self, network: ConvNetwork, supervision: Supervision, steps: int) -> dict[str, float]:
        """Train `network` in place on what the lesson wants of every recording; returns the held-out loss."""
        settings, grid = self.settings, network.grid
        inner = network.features.grid
        n_samples = round(settings.crop_seconds * grid.sample_rate)
        all_frames = inner.count(n_samples)

        def batch(
            items: Sequence[TrainingItem], n_crops: int, speed: float, generator: np.random.Generator
        ) -> tuple[Tensor, list[Tensor]]:
            crops = draw_crops(items, n_crops, n_samples, grid.sample_rate, generator)
            with torch.no_grad():
                power = network.features.power(torch.from_numpy(crops.samples).to(self.device))
            n_frames = round((all_frames - 1) / speed) + 1
            # Where on the original frames lies what the network judges.
            judged = np.arange(n_frames - 2 * network.reach) + network.reach + supervision.offset
            places = judged * (all_frames - 1) / (n_frames - 1)
            times = [start + inner.centre(places) for start in crops.starts]
            targets = supervision.batch([items[place].path for place in crops.which], times)
            return change_speed(power, n_frames).cpu(), targets

        def on_device(power: Tensor, targets: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
            return power.to(self.device), [part.to(self.device) for part in targets]

        def draw(step: int) -> tuple[Tensor, list[Tensor]]:
            generator = np.random.default_rng([settings.seed, supervision.seed, step])
            speed = generator.uniform(1.0, HIGHEST_SPEED)
            power, targets = batch(self.training, settings.self_training_crops, speed, generator)
            return on_device(*supervision.augment(power, targets, _torch_generator(generator)))

        generator = np.random.default_rng([settings.seed, supervision.seed + 1])
        fixed = on_device(*batch(self.held_out or self.training, VALIDATION_CROPS, 1.0, generator))

        def loss(drawn: tuple[Tensor, list[Tensor]]) -> Tensor:
            return supervision.loss(network.scores(drawn[0]), *drawn[1])

        def validate() -> dict[str, float]:
            network.eval()
            with torch.inference_mode():
                return {supervision.figure: float(loss(fixed))}

        stage = LearningStage(supervision.name, draw, loss, settings.self_training_crops * settings.crop_seconds)
        self._learn(network, stage, Schedule(steps, settings.learning_rate, 1e-2), validate)
        return validate()

    def _learn(
        self,
        network: TorchEncoder,
        stage: LearningStage[Batch],
        schedule: Schedule,
        validate: Callable[[], dict[str, float]],
    ) -> None:
        """Take the stage from the checkpoint if it is finished there; else train, or go on training, and check."""
        network.to(self.device)
        if stage.name in self._finished:
            network.load_state_dict(dict(self._finished[stage.name]))
            network.eval()
            return

        def keep(done: int, weights: dict[str, Tensor], moments: dict[str, Tensor]) -> None:
            validate()
            network.train()
            if self._path:
                Checkpoint(stage.name, done, self._identity, self._finished, weights, moments).write(self._path)

        start = self._saved if self._saved and self._saved.stage == stage.name else None
        optimise(network, stage, schedule, start=start, keep=keep, progress=self.progress)
        self._finished[stage.name] = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if self._path:
            Checkpoint("", 0, self._identity, self._finished, {}, {}).write(self._path)


def _torch_generator(generator: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(generator.integers(2**62)))
