"""`phonseg train`: recordings -> a model."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, add_command, add_training_options, train_and_save

EXAMPLES = """
  phonseg train recordings/ -o mine.safetensors    if interrupted, the same command resumes
  phonseg train recordings/ more/ -o mine.safetensors --config train.toml
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    purpose = "train a model on recordings; no labels are needed or used"
    add_training_options(add_command(commands, "train", run, purpose, EXAMPLES))


def run(options: Options) -> int:
    """Trains, saves, and prints what the model was trained on."""
    from phonseg.training.train import DEFAULTS, train

    return train_and_save(options, DEFAULTS, train)
