from __future__ import annotations

import argparse

import pytest
from hypothesis import given, strategies as st

from phonseg.cli.batches import array_shard
from phonseg.cli.segment import add
from phonseg.errors import ConfigurationError


def environment(**numbers: int) -> dict[str, str]:
    return {f"SLURM_ARRAY_TASK_{name}": str(number) for name, number in numbers.items()}


@given(st.integers(0, 9), st.integers(1, 4), st.integers(1, 9))
def test_the_tasks_of_an_array_are_its_parts(first: int, step: int, count: int) -> None:
    numbers = range(first, first + step * count, step)
    parts = [array_shard(environment(ID=number, COUNT=count, MIN=first, STEP=step)) for number in numbers]
    assert parts == [(i + 1, count) for i in range(count)]


def test_outside_of_an_array_there_are_no_parts() -> None:
    assert array_shard({}) is None
    assert array_shard({"SLURM_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": ""}) is None
    assert array_shard(environment(ID=0, COUNT=4)) == (1, 4)  # older SLURMs do not tell the first


@pytest.mark.parametrize(("number", "step"), [(7, 1), (0, 1), (2, 2)])
def test_an_array_with_gaps_is_refused(number: int, step: int) -> None:
    with pytest.raises(ConfigurationError, match=f"SLURM_ARRAY_TASK_ID is {number}, .* has gaps"):
        array_shard(environment(ID=number, COUNT=3, MIN=1, STEP=step))


@pytest.mark.parametrize("name", ["ID", "COUNT", "MIN", "STEP"])
@pytest.mark.parametrize("value", ["x", "1.5", "-7"])
def test_an_array_of_other_numbers_is_refused(name: str, value: str) -> None:
    numbers = environment(ID=1, COUNT=3, MIN=1, STEP=1) | {f"SLURM_ARRAY_TASK_{name}": value}
    if (name, value) != ("STEP", "-7"):  # of the first task nothing shows the step
        with pytest.raises(ConfigurationError, match="has gaps"):
            array_shard(numbers)
    with pytest.raises(ConfigurationError, match="steps of 0"):
        array_shard(environment(ID=1, COUNT=3, MIN=1, STEP=0))


@pytest.mark.parametrize("text", ["1", "1/", "a/b", "1/2/3", "-1/2", "1.0/2"])
def test_a_shard_is_two_numbers(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    assert parser.parse_args(["segment", "x.wav", "--shard", "2/3"]).shard == (2, 3)
    with pytest.raises(SystemExit):
        parser.parse_args(["segment", "x.wav", f"--shard={text}"])
    assert f"'{text}' is not I/N, such as 1/8" in capsys.readouterr().err
