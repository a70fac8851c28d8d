"""Command-line arguments -> an exit code; errors and warnings are printed in one line each."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import NoReturn

from phonseg.cli import adapt, changes, check, convert, evaluate, export, plot, praat, segment, train
from phonseg.cli.options import Options
from phonseg.errors import ConfigurationError, ModelError, OutputError, PhonsegError, PhonsegWarning

# In the order of the help.
COMMANDS = (segment, plot, praat, evaluate, changes, export, check, train, adapt, convert)

# The exit codes of errors; any other error of phonseg is about an input and has exit code 1.
EXIT_CODES: tuple[tuple[type[PhonsegError], int], ...] = ((ConfigurationError, 2), (ModelError, 3), (OutputError, 4))

EXAMPLES = """examples:
  phonseg segment interview.wav                    interview.TextGrid beside it
  phonseg segment recordings/ -o textgrids/        a folder and the folders inside it
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
    try:
        options = _parser().parse_args(given)
    except SystemExit as stopped:
        if stopped.code and (name := _file_with_dash(given)):
            advice = f"phonseg: if {name} is the name of a file or folder, write ./{name} (or -- before all names)."
            print(advice, file=sys.stderr)
        raise
    run: Callable[[Options], int] = options.run
    for stream in (sys.stdout, sys.stderr):  # file names may hold bytes that are no characters
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings(action="always", category=PhonsegWarning), _stopped_by_sigterm():
        warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
        try:
            return run(options)
        except PhonsegError as error:
            if options.debug:
                raise
            print(f"phonseg: {error}", file=sys.stderr)
            return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)
        except BrokenPipeError:
            # The reader of our output, such as head, has ended. Nothing more may be written when the interpreter ends.
            sys.stdout = None
            return 0
        except KeyboardInterrupt as stop:
            print("phonseg: stopped.", file=sys.stderr)
            return 143 if isinstance(stop, _Terminated) else 130


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
    parser = argparse.ArgumentParser(
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


class _Version(argparse.Action):
    """Reads the version only when it is printed, since that takes time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from phonseg import __version__

        print(f"phonseg {__version__}")
        parser.exit()
