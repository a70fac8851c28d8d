"""The command line: parse, call one function, print. Everything heavy is imported when a command runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from phonseg.errors import ConfigurationError, ModelError, OutputError, PhonsegError, PhonsegWarning

if TYPE_CHECKING:
    from phonseg.segmenter import Segmenter

# What the exit code says; any other error of phonseg's is about an input: 1.
EXIT_CODES: tuple[tuple[type[PhonsegError], int], ...] = ((ConfigurationError, 2), (ModelError, 3), (OutputError, 4))

Options = argparse.Namespace

EXAMPLES = """examples:
  phonseg segment interview.wav                     interview.TextGrid beside it
  phonseg segment recordings/ -o textgrids/         a whole folder, mirrored
  phonseg segment x.flac --sensitivity 0.7          more boundaries (0.5 is the default)
  phonseg evaluate references/ textgrids/           how well they agree
  phonseg plot x.flac --start 1 --end 4 -o x.png    look
  phonseg train recordings/ -o mine.safetensors     a model of your own, no labels needed

exit codes: 0 all done; 1 some inputs failed (listed last); 2 usage; 3 model file; 4 output cannot be written."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run phonseg with command-line arguments (those of the process if None) and return its exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[Options], int] = options.run
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        warnings.simplefilter("always", PhonsegWarning)
        try:
            return run(options)
        except PhonsegError as error:
            if options.debug:
                raise
            print(f"phonseg: {error}", file=sys.stderr)
            return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)
        except BrokenPipeError:
            # Whoever read our output has had enough. Nothing more may be written when the interpreter ends.
            sys.stdout = None
            return 0
        except KeyboardInterrupt:
            print("phonseg: stopped.", file=sys.stderr)
            return 130


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"phonseg: {message}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="phonseg",
        description="Find where one speech sound ends and the next begins, without labels or transcripts.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[Options], int], purpose: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=purpose, description=purpose.capitalize() + ".")
        made.set_defaults(run=run)
        made.add_argument("--debug", action="store_true", help="show where in the program an error arose")
        return made

    segment = command("segment", _segment, "find the boundaries in recordings and write TextGrids")
    segment.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings, or folders of them")
    segment.add_argument("-o", "--output", metavar="OUT", help="folder to write to; beside the recordings if left out")
    segment.add_argument("--overwrite", action="store_true", help="replace TextGrids that are there already")
    _choosing(segment)

    train = command("train", _train, "train a model on folders of recordings; no labels are needed or used")
    _learning(train)

    adapt = command("adapt", _adapt, "go on training a model on recordings of your own")
    adapt.add_argument("model", metavar="MODEL", help="'default', or a model file")
    _learning(adapt)

    evaluate = command("evaluate", _evaluate, "score TextGrids against references")
    evaluate.add_argument("references", metavar="REFERENCES", help="a TextGrid or .phn file, or a folder of them")
    evaluate.add_argument("predictions", metavar="PREDICTIONS", help="a TextGrid, or a folder of them")
    evaluate.add_argument("--tier", default="phones", help="interval tier to read (default: phones)")
    evaluate.add_argument("--tolerance", type=float, default=0.020, metavar="S", help="seconds (default: 0.02)")
    evaluate.add_argument("--lenient", action="store_true", help="also show the lenient score (many to one)")
    evaluate.add_argument("--json", action="store_true", help="print JSON")

    plot = command("plot", _plot, "draw a recording, its curve and its boundaries")
    plot.add_argument("recording", metavar="RECORDING")
    plot.add_argument("-o", "--output", required=True, metavar="PICTURE", help="a .png, .svg or .pdf file")
    plot.add_argument("--start", type=float, default=0.0, metavar="S", help="seconds (default: 0)")
    plot.add_argument("--end", type=float, metavar="S", help="seconds (default: the end)")
    plot.add_argument("--reference", metavar="FILE", help="a TextGrid or .phn file to compare with")
    plot.add_argument("--tier", default="phones", help="interval tier of the reference (default: phones)")
    _choosing(plot)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from phonseg import __version__

        print(f"phonseg {__version__}")
        parser.exit()


def _choosing(parser: argparse.ArgumentParser) -> None:
    """The options that say which model, which channel, and how many boundaries."""
    parser.add_argument("--model", default="default", metavar="M", help="a model file (default: the one that ships)")
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument("--sensitivity", type=float, metavar="S", help="0 (fewest) to 1 (most); default 0.5")
    how_many.add_argument("--rate", type=float, metavar="R", help="boundaries per second of speech")
    parser.add_argument("--channel", type=_channel, default="mix", metavar="C", help="mix (default), or 1, 2, ...")


def _learning(parser: argparse.ArgumentParser) -> None:
    """What to learn from, how, and where the result goes."""
    parser.add_argument("recordings", nargs="+", metavar="DIR", help="recordings, or folders of them")
    parser.add_argument("-o", "--output", required=True, metavar="MODEL", help="the .safetensors file to write")
    parser.add_argument("--config", metavar="TOML", help="settings, such as: steps = 2500 (see README)")


def _channel(text: str) -> str | int:
    return text if text == "mix" else int(text)


def _segment(options: Options) -> int:
    from phonseg.batch import segment_files

    outcomes = segment_files(
        options.inputs,
        options.output,
        model=options.model,
        sensitivity=options.sensitivity,
        rate=options.rate,
        channel=options.channel,
        overwrite=options.overwrite,
        progress=sys.stderr.isatty(),
    )
    for outcome in outcomes:
        if outcome.status == "warned":
            print(f"warning: {outcome.message}", file=sys.stderr)
    made = [outcome for outcome in outcomes if outcome.boundaries is not None]
    skipped = sum(outcome.status == "skipped" for outcome in outcomes)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    boundaries = sum(outcome.boundaries or 0 for outcome in made)
    seconds = sum(outcome.seconds or 0.0 for outcome in made)
    where = f" in {options.output}" if options.output else ""
    print(f"{len(made)} TextGrids written{where}: {boundaries} boundaries in {seconds:.1f} s of audio.")
    if skipped:
        print(f"{skipped} skipped, since their TextGrids are there already (--overwrite replaces them).")
    for outcome in failed:
        print(f"failed: {outcome.message}", file=sys.stderr)
    return 1 if failed else 0


def _train(options: Options) -> int:
    from phonseg.training import DEFAULTS, train
    from phonseg.training_settings import read_settings

    settings = read_settings(options.config, DEFAULTS) if options.config else DEFAULTS
    name, checkpoint = _model_name(options.output), f"{options.output}.checkpoint"
    model = train(options.recordings, settings=settings, name=name, checkpoint=checkpoint)
    return _keep(model, options.output, checkpoint)


def _adapt(options: Options) -> int:
    from phonseg.segmenter import load
    from phonseg.training import ADAPTATION, adapt
    from phonseg.training_settings import read_settings

    settings = read_settings(options.config, ADAPTATION) if options.config else ADAPTATION
    name, checkpoint = _model_name(options.output), f"{options.output}.checkpoint"
    start = load(options.model)
    model = adapt(start, options.recordings, settings=settings, name=name, checkpoint=checkpoint)
    return _keep(model, options.output, checkpoint)


def _keep(model: Segmenter, path: str, checkpoint: str) -> int:
    model.save(path)
    os.unlink(checkpoint)
    print(json.dumps(dict(model.training), indent=2))
    return 0


def _model_name(path: str) -> str:
    """The stem of the file, which must say that it is a safetensors file."""
    stem, suffix = os.path.splitext(os.path.basename(path))
    if suffix != ".safetensors":
        raise ConfigurationError(f"{path}: a model is a .safetensors file. Give it that suffix.")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise OutputError(f"{path}: there is no folder {os.path.dirname(path)}. Make it first.")
    return stem


def _evaluate(options: Options) -> int:
    from phonseg.evaluate import CorpusScore, evaluate

    score = evaluate(
        options.references,
        options.predictions,
        tolerance=options.tolerance,
        lenient=options.lenient,
        tier=options.tier,
    )
    print(json.dumps(score.to_dict(), indent=2) if options.json else score)
    return 1 if isinstance(score, CorpusScore) and score.failed else 0


def _plot(options: Options) -> int:
    from phonseg.plot import save_figure
    from phonseg.segmenter import segment
    from phonseg.textgrid import read_reference

    reference = read_reference(options.reference, tier=options.tier) if options.reference else None
    segmentation = segment(
        options.recording,
        sensitivity=options.sensitivity,
        rate=options.rate,
        channel=options.channel,
        model=options.model,
    )
    save_figure(segmentation.plot(options.start, options.end, reference=reference), options.output)
    print(f"{options.output} written.")
    return 0
