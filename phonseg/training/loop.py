"""The training loop: seeded batch after seeded batch, a checkpoint now and then, and a stop when things go wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from phonseg.errors import TrainingError
from phonseg.training.checkpoint import Checkpoint, moments_of, restore_moments

Batch = TypeVar("Batch")

# Share of the steps in which the learning rate rises; it then falls along a half cosine (Smith and Topin, 2019).
RISE = 0.3


@dataclass(frozen=True)
class LearningStage(Generic[Batch]):
    """What there is to learn.

    name: of the stage, for people and for checkpoints. draw: a step's number -> its batch, the same whenever it is
    asked (called in another thread). loss: a batch -> scalar. seconds: of audio in a batch.
    """

    name: str
    draw: Callable[[int], Batch]
    loss: Callable[[Batch], Tensor]
    seconds: float


@dataclass(frozen=True)
class Schedule:
    """steps: in all. learning_rate: the highest. weight_decay: as in AdamW. checkpoint_every: steps."""

    steps: int
    learning_rate: float
    weight_decay: float
    checkpoint_every: int = 250

    def rate(self, step: int) -> float:
        """The learning rate of a step: from a 25th of the highest up to it, and down to nearly nothing."""
        turn = max(1.0, RISE * self.steps)
        low, high, end = self.learning_rate / 25, self.learning_rate, self.learning_rate / 250_000
        if step < turn:
            return low + (high - low) * (1 - math.cos(math.pi * step / turn)) / 2
        return end + (high - end) * (1 + math.cos(math.pi * (step - turn) / max(1.0, self.steps - turn))) / 2


def optimise(
    network: nn.Module,
    stage: LearningStage[Batch],
    schedule: Schedule,
    *,
    start: Checkpoint | None = None,
    keep: Callable[[int, dict[str, Tensor], dict[str, Tensor]], None] = lambda step, network, moments: None,
    progress: bool = True,
) -> None:
    """Train `network` in place with AdamW, one batch a step, gradients clipped to length 1.

    start: a checkpoint of this stage to go on from. keep: called with (steps done, weights, moments) now and then.

    Raises TrainingError as soon as the loss is not a finite number.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    first = 0
    if start is not None:
        network.load_state_dict(dict(start.network))
        restore_moments(optimiser, network, start.moments)
        first = start.step
    network.train()
    bar = tqdm(total=schedule.steps, initial=first, desc=stage.name, unit="step", disable=not progress)
    mean = math.nan
    with bar:
        for step, batch in _prefetched(stage.draw, range(first, schedule.steps)):
            torch.manual_seed(step)  # for dropout; the caller's own random state is put back by `training`
            loss = stage.loss(batch)
            if not torch.isfinite(loss):
                raise TrainingError(
                    f"{stage.name}: the loss became {loss.item()} at step {step}. Lower learning_rate "
                    f"(it is {schedule.learning_rate}) and look for recordings that hold no sound."
                )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            for group in optimiser.param_groups:
                group["lr"] = schedule.rate(step)
            optimiser.step()
            mean = loss.item() if math.isnan(mean) else 0.98 * mean + 0.02 * loss.item()
            done = step + 1
            bar.update()
            speed = stage.seconds * (bar.format_dict["rate"] or 0.0)
            bar.set_postfix_str(f"loss {mean:.4f}, {speed:.0f} s of audio per s", refresh=False)
            if done % schedule.checkpoint_every == 0 and done < schedule.steps:
                keep(done, network.state_dict(), moments_of(optimiser, network))
    network.eval()


def _prefetched(draw: Callable[[int], Batch], steps: range) -> Iterator[tuple[int, Batch]]:
    """(step, batch) in turn; the next batch is read from disk while this one is learnt from."""
    if not steps:
        return
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming: Future[Batch] = reader.submit(draw, steps[0])
        for step in steps:
            batch = coming.result()
            if step + 1 < steps.stop:
                coming = reader.submit(draw, step + 1)
            yield step, batch
