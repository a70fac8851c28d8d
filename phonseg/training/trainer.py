"""Recordings -> a run of training; its learning stages -> their trained networks, with the state of the run on disk."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from torch import Tensor

from phonseg.audio.find import Places, search, unique
from phonseg.errors import ModelError, OutputError, PhonsegWarning
from phonseg.model.segmenter import VERSION
from phonseg.training.checkpoint import REMEDY, Checkpoint, read_checkpoint
from phonseg.training.crops import SplitItems, TrainingSet, scan_items
from phonseg.training.held_out import split
from phonseg.training.loop import Batch, LearningStage, optimise
from phonseg.training.settings import CheckedSettings, Settings

# Whoever takes a run with some settings also takes one whose settings are more.
Kind = TypeVar("Kind", bound=CheckedSettings, covariant=True)


@dataclass
class Trainer(Generic[Kind]):
    """One run of training: its settings, its training items, and its checkpoint on disk.

    Attributes:
        settings: of training.
        items: the recordings that networks learn from, and those held out.
        path: of the checkpoint; None for none.
        identity: a digest of the version, the settings, the model to start from and the recordings. A checkpoint with
            another one is refused.
        progress: whether to show progress bars.
        figures: held-out losses (nats) and accuracies (0 to 1) of the stages that have been learnt, by their names.

    Raises:
        ModelError: if the checkpoint is damaged, or belongs to another run.
    """

    settings: Kind
    items: SplitItems
    path: Path | None
    identity: str
    progress: bool
    figures: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._saved = read_checkpoint(self.path, self.identity) if self.path else None
        self._finished = dict(self._saved.finished) if self._saved else {}

    def learn(self, stage: LearningStage[Batch]) -> None:
        """Trains the network of a stage, or takes it from the checkpoint, and adds the figures of the stage.

        A stage that the checkpoint holds in part goes on from there.

        Args:
            stage: the network, its batches, its loss and its schedule.

        Raises:
            ModelError: if what the checkpoint holds of the stage does not fit its network.
            TrainingError: if the loss becomes infinite or not a number, if the stage finds (at the end or at a
                checkpoint) that it has learnt nothing, or if a recording cannot be read any more.
            OutputError: if the checkpoint cannot be written.
        """
        network = stage.network
        if self._saved:
            try:
                self._saved.check(stage.name, network, stage.schedule.steps)
            except ValueError as error:
                raise ModelError(f"{self.path}: does not fit this run ({error}). {REMEDY}") from error

        def keep(done: int, weights: dict[str, Tensor], moments: dict[str, Tensor]) -> None:
            stage.validate()
            network.train()
            self._write(stage.name, done, weights, moments)

        if stage.name in self._finished:
            network.load_state_dict(dict(self._finished[stage.name]))
            network.eval()
        else:
            start = self._saved if self._saved and self._saved.stage == stage.name else None
            optimise(stage, start=start, keep=keep, progress=self.progress)
            self._finished[stage.name] = {name: tensor.clone() for name, tensor in network.state_dict().items()}
            self._write("", 0, {}, {})
        self.figures |= stage.validate()

    def _write(self, stage: str, done: int, weights: dict[str, Tensor], moments: dict[str, Tensor]) -> None:
        if self.path:
            Checkpoint(stage, done, self.identity, self._finished, weights, moments).write(self.path)


def start_run(
    recordings: Places,
    settings: Settings,
    checkpoint: str | Path | None,
    *,
    sample_rate: int,
    shortest: float,
    base: str,
    progress: bool,
) -> tuple[TrainingSet, Trainer[Settings]]:
    """Finds, reads and splits the recordings of a run.

    Args:
        recordings: a folder, a file, or several.
        settings: of training.
        checkpoint: the file of the checkpoint; None for none.
        sample_rate: samples per second at which levels are measured.
        shortest: seconds; shorter recordings are left out.
        base: what the run starts from, such as the digest of a model.
        progress: whether to show progress bars.

    Returns:
        What was found, and the run.

    Raises:
        AudioError: if a place does not exist.
        TrainingError: if no recording can be used.
        ModelError: if the checkpoint is damaged, or belongs to another run.
        OutputError: if the checkpoint has no folder.

    Warns:
        PhonsegWarning: of recordings that are left out.
    """
    if checkpoint and not Path(checkpoint).parent.is_dir():
        raise OutputError(f"{checkpoint}: there is no folder {Path(checkpoint).parent}. Make it first.")
    found = search(recordings)
    training_set = scan_items(unique(found), sample_rate, shortest, progress=progress)
    if training_set.left_out:
        some = "\n  ".join(list(training_set.left_out.values())[:10])
        message = f"{len(training_set.left_out)} recordings are left out of training, among them:\n  {some}"
        warnings.warn(message, PhonsegWarning, stacklevel=3)
    items = {item.path: item for item in training_set.items}
    generator = np.random.default_rng(settings.seed)
    sides = split(list(items), [one.place for one in found], settings.held_out, generator)
    split_items = SplitItems(*([items[path] for path in side] for side in sides))
    used = [[str(item.path), item.duration, item.level] for item in training_set.items]
    identity = hashlib.sha256(json.dumps([VERSION, asdict(settings), base, used]).encode()).hexdigest()
    path = Path(checkpoint) if checkpoint else None
    return training_set, Trainer(settings, split_items, path, identity, progress)


def summary_of(training_set: TrainingSet, trainer: Trainer[Settings]) -> dict[str, object]:
    """Returns what users may want to know of a run, in JSON types.

    Args:
        training_set: what was found.
        trainer: the run, when its stages have been learnt.
    """
    return {
        "recordings": len(training_set.items),
        "hours": round(sum(item.duration for item in training_set.items) / 3600, 3),
        "left_out": len(training_set.left_out),
        "settings": asdict(trainer.settings),
        **{figure: round(value, 5) for figure, value in trainer.figures.items()},
    }
