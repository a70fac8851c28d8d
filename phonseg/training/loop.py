"""A learning stage -> its trained network: one seeded batch per step, with a checkpoint now and then."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from phonseg.errors import TrainingError
from phonseg.training.checkpoint import Checkpoint, moments_of, restore_moments
from phonseg.training.own_state import seed_random_numbers

Batch = TypeVar("Batch")
Keep = Callable[[int, dict[str, Tensor], dict[str, Tensor]], None]

# The learning rate rises during this share of the steps. It starts at the highest rate divided by the second number,
# and ends at the highest rate divided by the third.
RISE, START_DIVISOR, END_DIVISOR = 0.3, 25, 250_000
# Weight of the newest step in the running mean of the loss that the progress bar shows.
NEWEST_SHARE = 0.02
GRADIENT_NORM = 1.0  # longer gradients are scaled down to this length


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a stage learns.

    Attributes:
        steps: in all, 0 or more.
        learning_rate: the highest.
        weight_decay: of AdamW.
        checkpoint_every: steps from one checkpoint to the next, 1 or more.

    References:
        Smith and Topin (2019). Super-convergence: Very fast training of neural networks using large learning rates.
        Artificial Intelligence and Machine Learning for Multi-Domain Operations Applications, SPIE 11006.
    """

    steps: int
    learning_rate: float
    weight_decay: float
    checkpoint_every: int = 250

    def rate(self, step: int) -> float:
        """Returns the learning rate of a step: one cycle of two half cosines, up and down.

        Args:
            step: number of the step, from 0.

        Returns:
            The learning rate. It rises from a 25th of the highest to the highest, and then falls to nearly 0.
        """
        peak = max(1.0, RISE * self.steps)
        low, high, end = self.learning_rate / START_DIVISOR, self.learning_rate, self.learning_rate / END_DIVISOR
        if step < peak:
            return low + (high - low) * (1 - math.cos(math.pi * step / peak)) / 2
        return end + (high - end) * (1 + math.cos(math.pi * (step - peak) / max(1.0, self.steps - peak))) / 2


@dataclass(frozen=True)
class LearningStage(Generic[Batch]):
    """One stage of training: the network, its batches, its loss, and how it is validated.

    Attributes:
        name: of the stage, for the progress bar, messages and checkpoints.
        network: what is trained, in place.
        schedule: how long and how fast it learns.
        seconds: of audio in a batch.
        draw: returns the batch of a step from its number, counted from 0. The batch depends on nothing else, since it
            is called in another thread than `loss`.
        loss: returns the loss on a batch, a scalar with a gradient.
        validate: returns held-out figures by their names. It may leave the network in evaluation mode.
    """

    name: str
    network: nn.Module
    schedule: Schedule
    seconds: float
    draw: Callable[[int], Batch]
    loss: Callable[[Batch], Tensor]
    validate: Callable[[], dict[str, float]]


def optimise(stage: LearningStage[Batch], *, start: Checkpoint | None, keep: Keep, progress: bool) -> None:
    """Trains the network of a stage with AdamW, one batch per step, and leaves it in evaluation mode.

    Args:
        stage: the network, its batches, its loss and its schedule.
        start: a checkpoint of this stage to go on from; None to start with the first step.
        keep: called with (steps done, weights, moments of the optimiser) every `checkpoint_every` steps, but not after
            the last.
        progress: whether to show a progress bar.

    Raises:
        TrainingError: as soon as the loss is not a finite number; and any error that `stage.draw` raises.
    """
    network, schedule = stage.network, stage.schedule
    optimiser = torch.optim.AdamW(network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    first = start.step if start else 0
    if start:
        network.load_state_dict(dict(start.network))
        restore_moments(optimiser, network, start.moments)
    network.train()
    mean = math.nan
    with tqdm(total=schedule.steps, initial=first, desc=stage.name, unit="step", disable=not progress) as bar:
        for step, batch in _prefetched(stage.draw, range(first, schedule.steps)):
            loss = _take_step(optimiser, stage, step, batch)
            mean = loss if math.isnan(mean) else (1 - NEWEST_SHARE) * mean + NEWEST_SHARE * loss
            bar.update()
            speed = stage.seconds * (bar.format_dict["rate"] or 0.0)
            bar.set_postfix_str(f"loss {mean:.4f}, {speed:.0f} s of audio per s", refresh=False)
            done = step + 1
            if done % schedule.checkpoint_every == 0 and done < schedule.steps:
                keep(done, network.state_dict(), moments_of(optimiser, network))
    network.eval()


def _take_step(optimiser: torch.optim.Optimizer, stage: LearningStage[Batch], step: int, batch: Batch) -> float:
    """Updates the weights by the gradient of the loss on a batch, and returns the loss."""
    seed_random_numbers(step, next(stage.network.parameters()).device)  # for dropout
    loss = stage.loss(batch)
    if not torch.isfinite(loss):
        raise TrainingError(
            f"{stage.name}: the loss became {loss.item()} at step {step}. Lower learning_rate "
            f"(it is {stage.schedule.learning_rate}) and check for recordings that hold no sound."
        )
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    (group,) = optimiser.param_groups
    torch.nn.utils.clip_grad_norm_(group["params"], GRADIENT_NORM)
    group["lr"] = stage.schedule.rate(step)
    optimiser.step()
    return loss.item()


def _prefetched(draw: Callable[[int], Batch], steps: range) -> Iterator[tuple[int, Batch]]:
    """Yields (step, batch) in turn; the next batch is read from disk while the network learns from this one."""
    if not steps:
        return
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(draw, steps[0])
        for step in steps:
            batch = coming.result()
            if step + 1 < steps.stop:
                coming = reader.submit(draw, step + 1)
            yield step, batch
