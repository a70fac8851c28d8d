"""Whatever a program has set in PyTorch, NumPy or Python, phonseg computes the same, and leaves it set."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import checkpoint
from conftest import RATE, speech_like
from numeric_states import STATES, default_dtype, settings_of_the_process

from phonseg.model.segmenter import Segmenter, load
from phonseg.timeline.segmentation import Segmentation

SAMPLES = speech_like(5)[0]


every_state = pytest.mark.parametrize("name", STATES)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("models")
    return [checkpoint(folder / "x.ckpt"), checkpoint(folder / "old.ckpt", "in a row")]


def found(model: Segmenter) -> Segmentation:
    return model.segment((SAMPLES, RATE), sensitivity=0.8)


@pytest.fixture(scope="module")
def expected(files: list[Path]) -> list[Segmentation]:
    return [found(load(path)) for path in ["default", *files]]


def assert_same(one: Segmentation, other: Segmentation) -> None:
    for name in ("boundaries", "scores"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert np.array_equal(one.curve.values, other.curve.values)
    assert one.curve.values.dtype == np.float32
    assert one.provenance == other.provenance


@every_state
def test_models_are_loaded_segment_and_are_saved_as_ever(name, files, expected, tmp_path):
    with STATES[name]():
        before = settings_of_the_process()
        for path, at_first in zip(["default", *files], expected, strict=True):
            model = load(path)
            assert_same(found(model), at_first)
            assert model.save(tmp_path / "again.safetensors").digest == at_first.provenance.digest
        assert settings_of_the_process() == before
    for path, at_first in zip(["default", *files], expected, strict=True):
        assert_same(found(load(path)), at_first)


def test_a_model_that_was_loaded_elsewhere_segments_the_same_in_every_state(files, expected):
    with torch.inference_mode(), default_dtype(torch.float64):
        models = [load(path) for path in ["default", *files]]
    for state in (nullcontext, *STATES.values()):
        with state():
            for model, at_first in zip(models, expected, strict=True):
                assert_same(found(model), at_first)


def test_another_thread_keeps_its_state(files, expected):
    with STATES["autocast"](), STATES["numeric errors"]():
        model = load(files[0])
        results: list[Segmentation] = []
        thread = threading.Thread(target=lambda: results.append(found(model)))
        thread.start()
        found(model)
        thread.join()
    assert_same(results[0], expected[1])
