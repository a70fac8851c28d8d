"""Training gives the same weights whatever a program has set, and leaves that set."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from numeric_states import STATES, settings_of_the_process

from phonseg.errors import TrainingError
from phonseg.training import speech_stage, stage_batches as stages
from phonseg.training.own_state import own_state
from phonseg.training.settings import TrainingSettings
from phonseg.training.train import adapt, train

SETTINGS = TrainingSettings(
    steps=3,
    crops=3,
    crop_seconds=0.8,
    self_training_steps=3,
    self_training_crops=3,
    unit_steps=3,
    units=4,
    speech_steps=3,
    device="cpu",
)


def digests(places: Path, folder: Path) -> list[str]:
    """Those of a model and of the model adapted, each of which goes on from a checkpoint half of the time."""
    often = partial(stages.Schedule, checkpoint_every=2)
    short = {"CONVERSATIONS": 3, "HELD_OUT_CONVERSATIONS": 1, "CONVERSATION_SECONDS": 7.0, "Schedule": often}
    with patch.multiple(stages, VALIDATION_CROPS=4, Schedule=often), patch.multiple(speech_stage, **short):
        kept = {"settings": SETTINGS, "progress": False, "checkpoint": folder / "run.checkpoint"}
        model = train(places, **kept).save(folder / "model.safetensors")
        assert train(places, **kept).save(folder / "again.safetensors").digest == model.digest
        adapted = adapt(model, places, settings=SETTINGS, progress=False)
        return [model.digest, adapted.save(folder / "adapted.safetensors").digest]


@pytest.fixture(scope="module")
def expected(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return digests(recordings, tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize(
    "names",
    [
        ("float64", "device meta", "autocast", "inference mode", "numeric errors"),
        ("float16", "within meta", "no gradients", "deterministic", "numeric calls", "print options"),
    ],
    ids=len,
)
def test_training_and_adapting_give_the_same_model_in_every_state(names, recordings, expected, tmp_path):
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(STATES[name]())
        before = settings_of_the_process()
        assert digests(recordings, tmp_path) == expected
        assert settings_of_the_process() == before


def test_random_numbers_come_from_the_seed_and_those_of_the_caller_stay():
    device = torch.device("cpu")
    before = torch.get_rng_state()
    drawn = []
    for seed in (1, 1, 2):
        with own_state(seed, device):
            drawn.append(torch.rand(3).tolist())
    assert drawn[0] == drawn[1] != drawn[2]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_full_memory_is_a_training_error():
    with (
        pytest.raises(TrainingError, match=r"training: the memory of cpu is full\. Lower crops"),
        own_state(0, torch.device("cpu")),
    ):
        raise torch.OutOfMemoryError
