"""`phonseg convert`: a checkpoint of UnsupSeg's becomes a model file of phonseg's."""

from __future__ import annotations

import json

from phonseg.cli.options import Commands, Options, add_command
from phonseg.cli.train import model_name

EXAMPLES = """
  phonseg convert buckeye+_pretrained.ckpt -o buckeye.safetensors
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(commands, "convert", run, "write a checkpoint that others released as a model file", EXAMPLES)
    parser.add_argument(
        "checkpoint", metavar="CHECKPOINT", help="such as buckeye+_pretrained.ckpt; nothing in it is run"
    )
    parser.add_argument("-o", "--output", required=True, metavar="MODEL", help="the .safetensors file to write")


def run(options: Options) -> int:
    """Convert, and print where the model comes from."""
    from phonseg.model.segmenter import load

    model_name(options.output)  # what cannot be written is refused first
    model = load(options.checkpoint).save(options.output)
    print(json.dumps({**model.training, "tuned_on_labels": model.tuned_on_labels}, indent=2))
    return 0
