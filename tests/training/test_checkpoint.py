"""The state of a training run on disk."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import network_segmenter
from hypothesis import HealthCheck, given, settings, strategies as st
from safetensors.torch import save_file
from torch import nn

from phonseg.errors import ModelError, OutputError
from phonseg.model.model_file import digest
from phonseg.training.checkpoint import Checkpoint, moments_of, read_checkpoint, restore_moments

NETWORK = {"layer.weight": torch.arange(6.0).reshape(2, 3), "seen": torch.tensor(7)}
MOMENTS = {"layer.weight/exp_avg": torch.full((2, 3), 0.5), "layer.weight/step": torch.tensor(3.0)}
FINISHED = {"one": {"a.weight": torch.ones(2)}, "another-one": {"a.weight": torch.zeros(3)}}
CHECKPOINT = Checkpoint("second", 250, "the run", FINISHED, NETWORK, MOMENTS)


def assert_equal(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(tensor, other[name]) and tensor.dtype == other[name].dtype for name, tensor in one.items())


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "run.checkpoint"
    CHECKPOINT.write(path)
    again = read_checkpoint(path, "the run")
    assert (again.stage, again.step, again.run) == ("second", 250, "the run")
    assert again.finished.keys() == FINISHED.keys()
    for stage, network in FINISHED.items():
        assert_equal(again.finished[stage], network)
    assert_equal(again.network, NETWORK)
    assert_equal(again.moments, MOMENTS)


def test_a_later_state_takes_the_place_of_an_earlier_one_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "run.checkpoint"
    CHECKPOINT.write(path)
    Checkpoint("", 0, "the run", FINISHED, {}, {}).write(path)
    again = read_checkpoint(path, "the run")
    assert (again.stage, again.step, again.network, again.moments) == ("", 0, {}, {})
    assert os.listdir(tmp_path) == ["run.checkpoint"]


def test_without_a_file_there_is_no_checkpoint(tmp_path):
    assert read_checkpoint(tmp_path / "run.checkpoint", "the run") is None


def test_that_of_another_run_is_refused(tmp_path):
    CHECKPOINT.write(tmp_path / "x")
    with pytest.raises(ModelError, match=r"x: belongs to a run with other settings, other recordings, another model"):
        read_checkpoint(tmp_path / "x", "another run")


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_that_was_cut_short_or_in_which_a_bit_has_flipped_is_refused(tmp_path, data):
    path = tmp_path / "x"
    CHECKPOINT.write(path)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[place:]
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"x: is .*damaged"):
        read_checkpoint(path, "the run")


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "x"
    path.write_text("text", "utf-8")
    with pytest.raises(ModelError, match="x: is not a checkpoint"):
        read_checkpoint(path, "the run")
    network_segmenter().save(path)
    with pytest.raises(ModelError, match="x: is not a checkpoint"):
        read_checkpoint(path, "the run")
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ModelError, match=r"is not a checkpoint, .*Delete it"):
            read_checkpoint(other, "the run")


STATE = {"stage": "second", "step": 250, "run": "the run"}


@pytest.mark.parametrize(
    "state",
    [
        [],
        {},
        {**STATE, "stage": 1},
        {**STATE, "step": "250"},
        {**STATE, "step": 250.0},
        {**STATE, "step": True},
        {**STATE, "run": None},
        {**STATE, "more": 1},
        {**STATE, "step": math.nan},
        "[" * 200_000,
    ],
)
def test_a_state_of_another_kind_is_refused_although_its_digest_is_right(tmp_path, state):
    told = state if isinstance(state, str) else json.dumps(state)
    save_file(NETWORK, tmp_path / "x", {"checkpoint": told, "digest": digest(state, NETWORK)})
    with pytest.raises(ModelError, match="x: is not a checkpoint"):
        read_checkpoint(tmp_path / "x", "the run")


# What fits a stage


def in_training(steps: int = 1) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """A network and its moments after some steps."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        network(torch.arange(6.0).reshape(2, 3)).square().sum().backward()
        optimiser.step()
    return network, moments_of(optimiser, network)


def without(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    return {other: tensor for other, tensor in tensors.items() if other != name}


def test_what_a_network_was_saved_with_fits_it():
    network, moments = in_training()
    Checkpoint("one", 2, "", {}, network.state_dict(), moments).check("one", network, 3)
    Checkpoint("", 0, "", {"one": network.state_dict()}, {}, {}).check("one", network, 3)
    CHECKPOINT.check("a stage that has not begun", network, 3)


@pytest.mark.parametrize(
    "change",
    [
        lambda network, moments: {"step": 0},
        lambda network, moments: {"step": 3},
        lambda network, moments: {"step": -1},
        lambda network, moments: {"network": without(network, "0.bias")},
        lambda network, moments: {"network": {**network, "0.bias": torch.zeros(5)}},
        lambda network, moments: {"network": {**network, "more": torch.zeros(5)}},
        lambda network, moments: {"moments": {}},
        lambda network, moments: {"moments": without(moments, "0.bias/step")},
        lambda network, moments: {"moments": {**moments, "0.bias/exp_avg": torch.zeros(1)}},
        lambda network, moments: {"moments": {**moments, "0.bias/step": torch.zeros(2)}},
        lambda network, moments: {"finished": {"one": without(network, "0.bias")}},
        lambda network, moments: {"finished": {"one": {}}},
    ],
)
def test_what_does_not_fit_the_network_of_a_stage_is_refused(change):
    network, moments = in_training()
    fitting = Checkpoint("one", 2, "", {}, network.state_dict(), moments)
    with pytest.raises(ValueError, match=r"its tensors do not fit|it has done -?\d of 3 steps"):
        replace(fitting, **change(network.state_dict(), moments)).check("one", network, 3)


def test_a_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    with pytest.raises(OutputError, match=r"missing.x: cannot be written"):
        CHECKPOINT.write(tmp_path / "missing" / "x")


def test_moments_are_restored_to_an_optimiser_of_the_same_parameters():
    def network() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))

    def step(module: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        optimiser.zero_grad()
        module(torch.arange(6.0).reshape(2, 3)).square().sum().backward()
        optimiser.step()

    first = network()
    ahead = torch.optim.AdamW(first.parameters(), lr=0.01)
    step(first, ahead)
    moments = {name: tensor.clone() for name, tensor in moments_of(ahead, first).items()}
    assert {name.rpartition("/")[0] for name in moments} == {name for name, _ in first.named_parameters()}

    second = network()
    second.load_state_dict(first.state_dict())
    behind = torch.optim.AdamW(second.parameters(), lr=0.01)
    restore_moments(behind, second, moments)
    before = {name: tensor.clone() for name, tensor in moments.items()}
    for module, optimiser in ((first, ahead), (second, behind)):
        step(module, optimiser)
    assert_equal(dict(second.state_dict()), dict(first.state_dict()))
    assert_equal(moments, before)  # the optimiser got copies
