"""`phonseg train`: a model from recordings alone."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from phonseg.errors import ConfigurationError, OutputError

if TYPE_CHECKING:
    from phonseg.model.segmenter import Segmenter
    from phonseg.training.settings import AdaptationSettings


from phonseg.cli.options import Commands, Options, add_command, add_learning

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
    from phonseg.training.train import DEFAULTS, train

    return learn_and_save(options, DEFAULTS, train)


def learn_and_save(options: Options, defaults: AdaptationSettings, learn: Callable[..., Segmenter]) -> int:
    """Train by `learn`, save the model where the options say, and print what it was trained on."""
    from phonseg.training.settings import read_settings

    settings = read_settings(options.config, defaults) if options.config else defaults
    name, checkpoint = model_name(options.output), f"{options.output}.checkpoint"
    model = learn(options.recordings, settings=settings, name=name, checkpoint=checkpoint)
    model.save(options.output)
    os.unlink(checkpoint)
    print(json.dumps(dict(model.training), indent=2))
    use = f"phonseg segment ... --model {shlex.quote(options.output)}"
    print(f"{options.output} written. To use it: {use}", file=sys.stderr)  # apart from the JSON
    return 0


def model_name(path: str) -> str:
    """The stem of the file, which must say that it is a safetensors file."""
    stem, suffix = os.path.splitext(os.path.basename(path))
    if suffix != ".safetensors":
        raise ConfigurationError(f"{path}: a model is a .safetensors file. Give it that suffix.")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise OutputError(f"{path}: there is no folder {os.path.dirname(path)}. Make it first.")
    return stem
