"""The state of a training run on disk."""

from __future__ import annotations

import os

import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from safetensors.torch import save_file
from torch import nn

from phonseg.errors import ModelError, OutputError
from phonseg.model.model_file import write_model
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
    write_model(path, {}, NETWORK)
    with pytest.raises(ModelError, match="x: is not a checkpoint"):
        read_checkpoint(path, "the run")
    save_file(NETWORK, path, {"checkpoint": "[" * 200_000})
    with pytest.raises(ModelError, match="x: is not a checkpoint"):
        read_checkpoint(path, "the run")


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
