"""`phonseg adapt`: a trained model goes on learning from other recordings."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, add_command, add_learning
from phonseg.cli.train import learn_and_save

EXAMPLES = """
  phonseg adapt default recordings/ -o mine.safetensors
  phonseg adapt mine.safetensors more/ -o both.safetensors
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(commands, "adapt", run, "go on training a model on recordings of your own", EXAMPLES)
    parser.add_argument("model", metavar="MODEL", help="'default', or a model file")
    add_learning(parser)


def run(options: Options) -> int:
    """Adapt, save, and print what the model was trained on."""
    from phonseg.model.segmenter import load
    from phonseg.training.train import ADAPTATION, adapt

    return learn_and_save(options, ADAPTATION, lambda *places, **how: adapt(load(options.model), *places, **how))
