"""`phonseg adapt`: a trained model and recordings -> the model, trained further on these recordings."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, add_command, add_training_options, train_and_save

EXAMPLES = """
  phonseg adapt default recordings/ -o mine.safetensors
  phonseg adapt mine.safetensors more/ -o both.safetensors
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "adapt", run, "train a model further on recordings of your own", EXAMPLES)
    parser.add_argument("model", metavar="MODEL", help="a model file, or 'default' for phonseg's own model")
    add_training_options(parser)


def run(options: Options) -> int:
    """Adapts, saves, and prints what the model was trained on."""
    from phonseg.model.segmenter import load
    from phonseg.training.train import ADAPTATION, adapt

    return train_and_save(options, ADAPTATION, lambda *places, **how: adapt(load(options.model), *places, **how))
