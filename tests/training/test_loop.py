"""The training loop, its learning rate, and how it goes on after a kill."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor, nn

from phonseg.errors import TrainingError
from phonseg.training.checkpoint import Checkpoint
from phonseg.training.loop import RISE, LearningStage, Schedule, optimise

SCHEDULE = Schedule(steps=12, learning_rate=0.01, weight_decay=0.1, checkpoint_every=3)


def new_network(seed: int = 0) -> nn.Module:
    """A network with all that has a state: weights, running means, and dropout."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))


def draw(step: int) -> Tensor:
    return torch.randn(16, 4, generator=torch.Generator().manual_seed(step))


def stage_of(network: nn.Module, draw: Callable[[int], Tensor] = draw) -> LearningStage[Tensor]:
    def loss(batch: Tensor) -> Tensor:
        return (network(batch) - batch[:, :1]).square().mean()

    return LearningStage("a stage", network, SCHEDULE, 1.0, draw, loss, validate=dict)


def learn(stage: LearningStage[Tensor], start: Checkpoint | None = None, keep: Any = lambda *state: None) -> None:
    optimise(stage, start=start, keep=keep, progress=False)


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def trained(**options: Any) -> dict[str, Tensor]:
    network = new_network()
    learn(stage_of(network), **options)
    return weights_of(network)


def assert_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


class Kept(dict[int, Checkpoint]):
    """Keeps a checkpoint for every number of steps done, and is killed after some."""

    def __init__(self, killed_after: float = math.inf) -> None:
        self.killed_after = killed_after

    def __call__(self, done: int, network: dict[str, Tensor], moments: dict[str, Tensor]) -> None:
        copies = ({name: tensor.clone() for name, tensor in tensors.items()} for tensors in (network, moments))
        self[done] = Checkpoint("a stage", done, "run", {}, *copies)
        if done >= self.killed_after:
            raise KeyboardInterrupt


# Schedule


@given(steps=st.integers(1, 10_000), highest=st.floats(1e-6, 1))
def test_the_learning_rate_rises_from_a_25th_to_the_highest_and_falls_to_nearly_nothing(steps, highest):
    schedule = Schedule(steps, highest, weight_decay=0)
    turn = max(1.0, RISE * steps)
    assert schedule.rate(0) == pytest.approx(highest / 25)
    assert schedule.rate(turn) == pytest.approx(highest)
    if steps > 1:
        assert schedule.rate(steps) == pytest.approx(highest / 250_000)
    rates = [schedule.rate(step) for step in range(0, steps, max(1, steps // 50))]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_the_learning_rate_is_that_of_one_cycle_in_torch():
    schedule = Schedule(steps=1000, learning_rate=0.1, weight_decay=0)
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    # Torch turns a step earlier, and needs one step more to come to the end.
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, total_steps=1001, pct_start=301 / 1001)
    for step in range(1000):
        assert schedule.rate(step) == pytest.approx(cycle.get_last_lr()[0], rel=0.01)
        optimiser.step()
        cycle.step()


# optimise


def test_every_step_is_one_of_adamw_with_clipped_gradients_at_its_learning_rate():
    network = new_network().train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=123, weight_decay=SCHEDULE.weight_decay)
    for step in range(SCHEDULE.steps):
        torch.manual_seed(step)
        optimiser.zero_grad()
        stage_of(network).loss(draw(step)).backward()
        gradients = [weights.grad for weights in network.parameters()]
        length = math.sqrt(sum(float(gradient.square().sum()) for gradient in gradients))
        for gradient in gradients:
            gradient *= min(1.0, 1.0 / length)
        optimiser.param_groups[0]["lr"] = SCHEDULE.rate(step)
        optimiser.step()
    for name, tensor in trained().items():
        torch.testing.assert_close(tensor, network.state_dict()[name], rtol=1e-4, atol=1e-6)


def test_it_learns():
    network = nn.Linear(4, 1)
    learn(replace(stage_of(network), schedule=Schedule(300, 0.1, weight_decay=0)))
    torch.testing.assert_close(network.weight.detach(), torch.tensor([[1.0, 0, 0, 0]]), rtol=0, atol=0.01)


def test_batches_are_drawn_once_each_in_turn_and_the_network_trains_and_then_rests():
    drawn, modes = [], []
    network = new_network()

    def drawing(step: int) -> Tensor:
        drawn.append(step)
        return draw(step)

    def loss(batch: Tensor) -> Tensor:
        modes.append(network.training)
        return network(batch).square().mean()

    learn(replace(stage_of(network.eval(), drawing), loss=loss))
    assert drawn == list(range(SCHEDULE.steps))
    assert all(modes)
    assert not any(module.training for module in network.modules())


def test_the_same_again_is_the_same():
    assert_equal(trained(), trained())


def test_a_state_is_kept_now_and_then_but_not_at_the_end():
    kept = Kept()
    trained(keep=kept)
    assert list(kept) == [3, 6, 9]


@pytest.mark.parametrize("killed_after", [3, 6, 9])
def test_after_a_kill_it_goes_on_as_if_nothing_had_happened(killed_after):
    kept = Kept(killed_after)
    with pytest.raises(KeyboardInterrupt):
        trained(keep=kept)
    torch.manual_seed(99)  # the random state of another process
    assert_equal(trained(start=kept[killed_after]), trained())


@pytest.mark.parametrize("fails_at", [1, 5, 11])
def test_after_a_recording_that_could_not_be_read_too(fails_at):
    def drawing(step: int) -> Tensor:
        if step == fails_at:
            raise TrainingError("x.wav: cannot be read any more")
        return draw(step)

    network, kept = new_network(), Kept()
    with pytest.raises(TrainingError, match="cannot be read any more"):
        learn(stage_of(network, drawing), keep=kept)
    assert list(kept) == [done for done in (3, 6, 9) if done <= fails_at]
    start = kept[max(kept)] if kept else None
    assert_equal(trained(start=start), trained())


def test_what_was_kept_goes_on_more_than_once():
    kept = Kept()
    trained(keep=kept)
    assert_equal(trained(start=kept[6]), trained(start=kept[6]))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_stops_at_once_and_leaves_the_weights_as_they_were(value):
    network, seen = new_network(), []

    def loss(batch: Tensor) -> Tensor:
        seen.append(weights_of(network))
        return network(batch).square().mean() * (value if len(seen) == 5 else 1.0)

    with pytest.raises(TrainingError, match=r"a stage: the loss became (nan|-?inf) at step 4[.] Lower learning_rate"):
        learn(replace(stage_of(network), loss=loss))
    assert len(seen) == 5
    for name, parameter in network.named_parameters():
        assert torch.equal(parameter, seen[4][name])
