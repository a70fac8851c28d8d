"""The stages of training."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from conftest import RATE, mel_segmenter
from torch import Tensor, nn

from phonseg.audio.recording import open_recording
from phonseg.encoders.base import TorchEncoder
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.contrastive_encoders import LogMelNetwork
from phonseg.errors import TrainingError
from phonseg.model.analysis import analyse
from phonseg.model.speech_peaks import speech_peaks
from phonseg.objectives.pseudo_labels import Peaks, Thresholds, boundary_supervision
from phonseg.objectives.supervision import Supervision
from phonseg.timeline.grid import FrameGrid, Times
from phonseg.training import stage_batches as stages
from phonseg.training.crops import SplitItems, TrainingItem, scan_items
from phonseg.training.settings import CHOICES, TrainingSettings
from phonseg.training.stage_batches import VALIDATION_NEGATIVES, contrastive_stage, supervised_stage
from phonseg.training.trainer import Trainer

SETTINGS = TrainingSettings(steps=6, crops=3, crop_seconds=0.8, self_training_crops=3, device="cpu")
CONFIDENCE = Thresholds(sure=0.6, doubtful=0.1)


@pytest.fixture(scope="module")
def items(recordings: Path) -> list[TrainingItem]:
    return list(scan_items(sorted(recordings.iterdir()), RATE, 0.8, progress=False).items)


@pytest.fixture(scope="module")
def peaks(items: list[TrainingItem]) -> dict[Path, Peaks]:
    streams = mel_segmenter().streams
    peaks = {found.path: speech_peaks(analyse(open_recording(found.path), streams)) for found in items}
    return {path: Peaks(found.times, found.prominences) for path, found in peaks.items()}


@pytest.fixture(autouse=True)
def few_validation_crops():
    with patch.object(stages, "VALIDATION_CROPS", 8):
        yield


def run_on(items: list[TrainingItem], settings: TrainingSettings = SETTINGS) -> Trainer:
    return Trainer(settings, SplitItems(items[1:], items[:1]), None, "a run", progress=False)


def contrast(trainer: Trainer, encoder: TorchEncoder, settings: TrainingSettings = SETTINGS) -> dict[str, float]:
    trainer.learn(contrastive_stage(encoder, trainer.items, settings))
    return trainer.figures


def fit(trainer: Trainer, network: Any, supervision: Supervision, steps: int) -> dict[str, float]:
    trainer.learn(supervised_stage(network, supervision, trainer.items, trainer.settings, steps))
    return trainer.figures


def seeded(make: Any, seed: int = 0) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make(bands=12, width=8)


# Contrastive


@pytest.mark.parametrize("objective", CHOICES["objective"])
def test_an_encoder_learns_to_tell_the_adjacent_frame_from_others(items, objective):
    encoder, settings = seeded(LogMelNetwork), replace(SETTINGS, objective=objective)
    before = contrast(run_on(items, settings), seeded(LogMelNetwork), replace(settings, learning_rate=1e-7))
    after = contrast(run_on(items, settings), encoder, replace(settings, steps=30))
    assert after["held_out_loss"] < before["held_out_loss"] < math.log(1 + VALIDATION_NEGATIVES)
    assert 0.8 < after["held_out_accuracy"] <= 1
    assert not encoder.training


class Numb(TorchEncoder):
    """An encoder whose frames are all alike."""

    name = "numb"

    def __init__(self) -> None:
        super().__init__()
        self.grid = FrameGrid(RATE, 160, 512)
        self.register_buffer("nothing", torch.zeros(1))
        self.vector = nn.Parameter(torch.ones(4))

    def settings(self) -> dict[str, int | float]:
        return {}

    def forward(self, samples: Tensor) -> Tensor:
        return self.vector.expand(len(samples), self.grid.count(samples.shape[1]), 4)


def test_an_encoder_that_tells_no_frame_from_another_has_collapsed(items):
    with pytest.raises(
        TrainingError,
        match=r"the encoder has collapsed \(its loss on held-out recordings is 2\.197, no better than chance",
    ):
        contrast(run_on(items), Numb())


# Self-training


def test_a_network_learns_from_what_is_known(items, peaks):
    supervision = boundary_supervision(peaks, CONFIDENCE)
    network = seeded(BoundaryNetwork)
    before = fit(run_on(items), seeded(BoundaryNetwork), supervision, steps=0)
    after = fit(run_on(items), network, supervision, steps=40)
    assert after["held_out_boundary_loss"] < 0.7 * before["held_out_boundary_loss"]
    assert not network.training


@pytest.mark.parametrize("offset", [-0.5, 0.0])
def test_a_network_is_asked_about_the_moments_of_its_own_grid(items, offset):
    crops_drawn, asked_of, times_asked = [], [], []

    def drawing(*arguments: Any) -> Any:
        crops_drawn.append(draw_crops(*arguments))
        return crops_drawn[-1]

    def targets(path: Path, times: Times) -> tuple[np.ndarray]:
        asked_of.append(path)
        times_asked.append(times)
        return (np.zeros(len(times), dtype=np.float32),)

    def loss(scores: Tensor, targets: Tensor) -> Tensor:
        assert scores.shape == (*targets.shape, 1)
        return scores.square().mean()

    def augment(power: Tensor, targets: list[Tensor], generator: torch.Generator) -> tuple[Tensor, list[Tensor]]:
        return power, targets

    draw_crops = stages.draw_crops
    network = seeded(BoundaryNetwork)
    with patch.object(stages, "draw_crops", drawing):
        fit(run_on(items), network, Supervision("x", "loss", targets, loss, augment, offset, 3), steps=4)
    starts = np.concatenate([crops.starts for crops in crops_drawn])
    n_fixed = len(crops_drawn[0].starts)
    assert asked_of[:n_fixed] == [items[0].path] * n_fixed
    own = network.grid.centre(np.arange(network.grid.count(round(0.8 * RATE))) + offset)
    for start, times in zip(starts[:n_fixed], times_asked[:n_fixed], strict=True):  # to validate, at its own tempo
        np.testing.assert_allclose(times, start + own)
    tempos = []
    for start, times in zip(starts[n_fixed:], times_asked[n_fixed:], strict=True):
        steps = np.diff(times) * RATE / network.grid.hop
        assert np.ptp(steps) < 1e-6
        # The middle of a crop stays in the middle; the first and the last frame are as far from its ends.
        inner = network.features.grid
        middle = start + inner.centre((inner.count(round(0.8 * RATE)) - 1) / 2 + offset)
        assert (times[0] + times[-1]) / 2 == pytest.approx(middle, abs=0.006 * steps[0])
        tempos.append(steps[0])
    assert 1 <= min(tempos) < max(tempos) <= stages.HIGHEST_SPEED * 1.02


# Both


def learn(trainer: Trainer, stage: str, peaks: dict[Path, Peaks]) -> tuple[dict[str, float], dict[str, Tensor]]:
    network = seeded(LogMelNetwork if stage == "contrastive" else BoundaryNetwork)
    if stage == "contrastive":
        return contrast(trainer, network, trainer.settings), network.state_dict()
    return fit(trainer, network, boundary_supervision(peaks, CONFIDENCE), steps=6), network.state_dict()


both = pytest.mark.parametrize("stage", ["contrastive", "self-training"])


@both
def test_held_out_recordings_are_only_validated_on(items, peaks, stage):
    drawn = []

    def drawing(chosen: list[TrainingItem], *rest: Any) -> Any:
        drawn.append([found.path for found in chosen])
        return draw_crops(chosen, *rest)

    draw_crops = stages.draw_crops
    with patch.object(stages, "draw_crops", drawing):
        learn(run_on(items), stage, peaks)
    training, held_out = [found.path for found in items[1:]], [items[0].path]
    assert drawn == [held_out] + [training] * 6  # once to validate, then in every step


@both
def test_the_same_run_learns_the_same_and_another_seed_something_else(items, peaks, stage):
    (one, first), (two, second) = (learn(run_on(items), stage, peaks) for _ in range(2))
    assert one == two
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
    _, other = learn(run_on(items, replace(SETTINGS, seed=1)), stage, peaks)
    assert not all(torch.equal(tensor, other[name]) for name, tensor in first.items())


@both
@pytest.mark.parametrize("killed_at", [5, 7])  # in step 3 or 5, after the draw to validate
def test_killed_and_started_again_a_run_learns_the_same(items, peaks, stage, killed_at, tmp_path):
    path, drawn = tmp_path / "run.checkpoint", []

    def drawing(*arguments: Any) -> Any:
        drawn.append(1)
        if len(drawn) == killed_at:
            raise KeyboardInterrupt
        return draw_crops(*arguments)

    def trainer() -> Trainer:
        return Trainer(SETTINGS, SplitItems(items[1:], items[:1]), path, "a run", progress=False)

    draw_crops = stages.draw_crops
    with patch.object(stages, "Schedule", partial(stages.Schedule, checkpoint_every=2)):
        expected = learn(run_on(items), stage, peaks)
        with patch.object(stages, "draw_crops", drawing), pytest.raises(KeyboardInterrupt):
            learn(trainer(), stage, peaks)
        assert path.exists()
        found = learn(trainer(), stage, peaks)
    assert found[0] == expected[0]
    assert all(torch.equal(tensor, found[1][name]) for name, tensor in expected[1].items())
