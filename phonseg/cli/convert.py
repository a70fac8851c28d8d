"""`phonseg convert`: a checkpoint of UnsupSeg -> a model file of phonseg."""

from __future__ import annotations

import json

from phonseg.cli.options import Commands, Options, add_command, model_name

EXAMPLES = """
  phonseg convert buckeye+_pretrained.ckpt -o buckeye.safetensors
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "convert", run, "convert a checkpoint of UnsupSeg into a model file", EXAMPLES)
    what = "a checkpoint, such as buckeye+_pretrained.ckpt; no code in it is run"
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help=what)
    parser.add_argument("-o", "--output", required=True, metavar="MODEL", help="the .safetensors file to write")


def run(options: Options) -> int:
    """Converts, and prints where the model comes from."""
    from phonseg.model.segmenter import load

    model_name(options.output)  # refuses what cannot be written before the checkpoint is read
    model = load(options.checkpoint).save(options.output)
    print(json.dumps({**model.training, "tuned_on_labels": model.tuned_on_labels}, indent=2))
    return 0
