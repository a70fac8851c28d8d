"""`phonseg adapt`: a trained model goes on learning from other recordings."""

from __future__ import annotations

from phonseg.commands.learning import learn_and_save
from phonseg.commands.options import Commands, Options, add_command, add_learning

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
    from phonseg.segmenter import load
    from phonseg.training import ADAPTATION, adapt

    return learn_and_save(options, ADAPTATION, lambda *places, **how: adapt(load(options.model), *places, **how))
