"""`phonseg train`: a model from recordings alone."""

from __future__ import annotations

from phonseg.commands.learning import learn_and_save
from phonseg.commands.options import Commands, Options, add_command, add_learning

EXAMPLES = """
  phonseg train recordings/ -o mine.safetensors    the same once more goes on where it was stopped
  phonseg train recordings/ more/ -o mine.safetensors --config train.toml
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    purpose = "train a model on folders of recordings; no labels are needed or used"
    add_learning(add_command(commands, "train", run, purpose, EXAMPLES))


def run(options: Options) -> int:
    """Train, save, and print what the model was trained on."""
    from phonseg.training import DEFAULTS, train

    return learn_and_save(options, DEFAULTS, train)
