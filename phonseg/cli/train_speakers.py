"""`phonseg train-speakers`: recordings -> a model of speakers."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, add_command, add_training_options, train_and_save

EXAMPLES = """
  phonseg train-speakers recordings/ -o speakers.safetensors
                                                   if interrupted, the same command resumes
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    purpose = "train a model of speakers on recordings; no labels are needed or used"
    add_training_options(add_command(commands, "train-speakers", run, purpose, EXAMPLES), example="")


def run(options: Options) -> int:
    """Trains, saves, and prints what the model was trained on."""
    from phonseg.diarization.training import DEFAULTS, train_speakers

    return train_and_save(options, DEFAULTS, train_speakers, use="diarize")
