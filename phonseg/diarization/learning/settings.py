"""The settings of learning what tells speakers apart."""

from __future__ import annotations

from dataclasses import dataclass

from phonseg.training.settings import CheckedSettings


@dataclass(frozen=True)
class SpeakerTrainingSettings(CheckedSettings):
    """Settings of `phonseg.train_speakers`, and those of all training.

    Attributes:
        objective: of the network, "nce" or "barlow" (see `phonseg.objectives.window_contrast`).
        steps: of the network, 1 or more; each is on two windows of `groups` times `recordings` recordings.
        groups: in each step, 1 to 256. The windows of a group are told from each other; all have the same simulated
            channel.
        recordings: in each group, 2 to 256.
        learning_rate: the peak learning rate (1e-7 to 1), reached after 30 % of the steps.

    Raises:
        ConfigurationError: if a value is out of its range.
    """

    objective: str = "nce"
    steps: int = 1200
    groups: int = 8
    recordings: int = 16
    learning_rate: float = 3e-3
