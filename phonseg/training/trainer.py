"""Learning stages -> their trained networks, with the state of the run on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic

from torch import Tensor

from phonseg.errors import ModelError
from phonseg.training.checkpoint import REMEDY, Checkpoint, read_checkpoint
from phonseg.training.crops import SplitItems
from phonseg.training.loop import Batch, LearningStage, optimise
from phonseg.training.settings import Settings


@dataclass
class Trainer(Generic[Settings]):
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

    settings: Settings
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
