"""Command-line arguments -> an exit code; errors and warnings are printed in one line each."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from phonseg.cli import (
    adapt,
    changes,
    check,
    convert,
    diarize,
    evaluate,
    export,
    plot,
    praat,
    segment,
    tempo,
    train,
    train_speakers,
)
from phonseg.cli.options import Options
from phonseg.errors import ConfigurationError, ModelError, OutputError, PhonsegError, PhonsegWarning, printable
from phonseg.system.folders import is_name
from phonseg.system.standard_streams import standard_streams

# In the order of the help.
COMMANDS = (
    *(segment, diarize, tempo, plot, praat, evaluate, changes, export, check),
    *(train, adapt, train_speakers, convert),
)

# The exit codes of errors; any other error of phonseg is about an input and has exit code 1.
EXIT_CODES: tuple[tuple[type[PhonsegError], int], ...] = ((ConfigurationError, 2), (ModelError, 3), (OutputError, 4))

NOT_PATHS = (
    "tier",
    "formats",
    "labels",
    "channel",
    "factor",
)  # the other texts among the options are names of files or folders

EXAMPLES = """examples:
  phonseg segment interview.wav                    interview.TextGrid beside it
  phonseg segment recordings/ -o textgrids/        a folder and the folders inside it
  phonseg diarize recordings/ -o speakers/         who speaks when
  phonseg tempo interview.wav --factor 0.8 -o slow.wav
                                                   slower speech
  phonseg plot interview.wav --start 1 --end 3 -o closer.png
  phonseg praat install                            to segment from within Praat
  phonseg evaluate references/ textgrids/          how well they agree
  phonseg COMMAND --help                           more examples

exit codes: 0 all done; 1 some inputs failed (listed last); 2 wrong usage; 3 model file cannot be used;
4 output cannot be written; 130 stopped by Ctrl-C; 143 stopped by SIGTERM."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs phonseg as from the command line.

    Args:
        arguments: the command and its options; None for those of the process.

    Returns:
        The exit code, as listed at the end of the help.

    Raises:
        SystemExit: with code 2 if the arguments are wrong, or code 0 after printing the help or the version.
        PhonsegError: with the option --debug only; otherwise errors of phonseg are printed.
    """
    given = sys.argv[1:] if arguments is None else arguments
    with standard_streams():
        try:
            return _run(given)
        except BrokenPipeError:  # the reader of our output, such as head, has ended
            return 0


def _run(given: Sequence[str]) -> int:
    """Runs a command and returns its exit code."""
    debug = False
    with warnings.catch_warnings(), _stopped_by_sigterm():
        if sys.warnoptions:  # such as PYTHONWARNINGS=error, which libraries do not survive
            warnings.simplefilter("ignore")
        warnings.simplefilter("always", PhonsegWarning)
        warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
        try:
            options = _options(given)
            debug = options.debug
            code: int = options.run(options)
            sys.stdout.flush()
            return code
        except PhonsegError as error:
            if debug:
                raise
            print(f"phonseg: {error}", file=sys.stderr)
            return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)
        except KeyboardInterrupt as stop:
            print("phonseg: stopped.", file=sys.stderr)
            return 143 if isinstance(stop, _Terminated) else 130
        except Exception as error:
            if debug or isinstance(error, BrokenPipeError):
                raise
            advice = "This is a mistake of phonseg's: report it, with what --debug prints."
            print(f"phonseg: {error!r}. {advice}", file=sys.stderr)
            return 1


def _options(given: Sequence[str]) -> Options:
    """The command and its options."""
    parser = _parser()
    try:
        options = parser.parse_args(given)
    except SystemExit as stopped:
        if stopped.code and (name := _file_with_dash(given)):
            name = printable(name)
            advice = f"phonseg: if {name} is the name of a file or folder, write ./{name} (or -- before all names)."
            print(advice, file=sys.stderr)
        raise
    for name, value in vars(options).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and name not in NOT_PATHS and not is_name(text):
                parser.error(f"{name}: {text!r} cannot be the name of a file or folder")
    _check_current_folder()
    return options


def _check_current_folder() -> None:
    """Checks that there is one: libraries end the process if there is none, without a word about it."""
    try:
        os.getcwd()
    except OSError:
        raise ConfigurationError("The current folder does not exist any more. Change to another one.") from None


def _file_with_dash(arguments: Sequence[str]) -> str | None:
    """The first argument that was taken for an option, but may be the name of a file."""
    for argument in arguments:
        if argument == "--":
            break
        if re.fullmatch(r"-[^=]*\.[A-Za-z]\w*", argument) or (argument.startswith("-") and os.path.lexists(argument)):
            return argument
    return None


class _Terminated(KeyboardInterrupt):
    """SIGTERM has come, from a cluster or a shutdown; it ends a command just as Ctrl-C does."""


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """In the block, SIGTERM raises `_Terminated`."""

    def stop(*_: object) -> NoReturn:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="phonseg",
        description="Find where one speech sound ends and the next begins, without labels or transcripts.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        sys.stdout.flush()  # the help may not have been written yet
        super().exit(status, message)


class _Version(argparse.Action):
    """Reads the version only when it is printed, since that takes time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from phonseg import __version__

        print(f"phonseg {__version__}")
        parser.exit()
