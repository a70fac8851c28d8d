"""`phonseg diarize`: recordings -> who speaks when, as TextGrids, RTTM and other files."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from phonseg.cli.batches import add_batch_options, add_places, report, run_on_files, where
from phonseg.cli.options import Commands, Options, add_channel, add_command, add_formats, picked
from phonseg.timeline.turns import MOST_SPEAKERS, SpeakerRange, Speakers

if TYPE_CHECKING:
    from phonseg.batch.records.record import Record

EXAMPLES = """
  phonseg diarize interview.wav                    interview.TextGrid and interview.rttm beside it
  phonseg diarize recordings/ -o speakers/         a folder and the folders inside it
  phonseg diarize interview.wav -o two/ --speakers 2
                                                   if you know how many there are
  phonseg diarize interview.wav -o few/ --speakers 2-4
                                                   or the least and the largest number
  phonseg diarize interview.wav -o both/ --phones  a tier of speech sounds below the speakers
  phonseg diarize interview.wav -o tables/ --format rttm,csv,json
                                                   three files, beside each other
  phonseg diarize interview.wav --into interview.TextGrid
                                                   a tier for each speaker, all else unchanged
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "diarize", run, "find who speaks when in recordings", EXAMPLES)
    add_places(parser, "the tiers of the speakers")
    add_formats(parser, "textgrid,rttm", "textgrid, rttm, csv and json")
    what = "how many speakers, such as 2, or the least and the largest number, such as 2-4 (default: phonseg decides)"
    parser.add_argument("--speakers", type=_speakers, metavar="N", help=what)
    what = "also find speech sounds with phonseg's own model, in a tier named phones below the speakers"
    parser.add_argument("--phones", action="store_true", help=what)
    add_batch_options(parser, "diarize", "diarized")
    what = "a model file of train-speakers (default: phonseg's own model)"
    parser.add_argument("--model", default="default", metavar="M", help=what)
    add_channel(parser)


def run(options: Options) -> int:
    """Diarizes, and prints what was done, with the failures last; returns 1 if any recording failed."""
    from phonseg.batch.diarize_files import diarize_files

    how = picked(options, "model", "speakers", "channel", "formats", "phones")
    return report(run_on_files(options, diarize_files, **how), partial(_totals, options=options))


def _totals(written: Sequence[Record], options: Options) -> str:
    """How many turns and speakers were found, and where they were written."""
    turns = sum(record.turns or 0 for record in written)
    seconds = sum(record.seconds or 0.0 for record in written)
    numbers = sorted({record.speakers or 0 for record in written} or {0})
    speakers = " to ".join(map(str, dict.fromkeys([numbers[0], numbers[-1]])))
    recordings = "1 recording" if len(written) == 1 else f"{len(written)} recordings"
    found = f"{turns} {'turn' if turns == 1 else 'turns'} of {speakers} {'speaker' if numbers == [1] else 'speakers'}"
    return f"{recordings} diarized{where(options)}: {found} in {seconds:.1f} s of audio."


def _speakers(text: str) -> Speakers:
    """The number, or the least and the largest number, that a text such as 2 or 2-4 gives."""
    if found := re.fullmatch(r"(\d+)(?:-(\d+))?", text):
        with suppress(ValueError):  # also if Python refuses to read so long a number
            least, most = int(found[1]), int(found[2] or found[1])
            SpeakerRange(least, most)
            return (least, most) if found[2] else least
    number = f"a number from 1 to {MOST_SPEAKERS}, such as 2"
    raise argparse.ArgumentTypeError(f"{text!r:.80} is neither {number}, nor a range, such as 2-4")
