"""`phonseg plot`: a recording -> a picture of it with its boundaries, or with turns that were found before."""

from __future__ import annotations

from phonseg.cli.options import SEGMENT_OPTIONS, Commands, Options, add_command, add_segment_options, add_tiers, picked
from phonseg.errors import ConfigurationError, printable

# What only segmenting and reading its reference need, and what it is if it is not given.
OF_SEGMENTS = {
    "model": "default",
    "sensitivity": None,
    "rate": None,
    "channel": "mix",
    "tier": None,
    "sample_rate": 16_000,
}

EXAMPLES = """
  phonseg plot interview.wav -o interview.png      the whole of a recording of at most 30 s
  phonseg plot interview.wav --start 1 --end 3 -o closer.pdf
  phonseg plot interview.wav --start 1 --end 3 --reference corrected.TextGrid -o compared.svg
  phonseg plot interview.wav --turns interview.rttm -o turns.png      who speaks when, of any length
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    purpose = "draw a recording with its dissimilarity curve and its boundaries, or with who speaks when"
    parser = add_command(commands, "plot", run, purpose, EXAMPLES)
    parser.add_argument("recording", metavar="RECORDING", help="the recording to draw")
    parser.add_argument("-o", "--output", required=True, metavar="PICTURE", help="the .png, .svg or .pdf file to write")
    what = "start of the picture, in seconds (default: 0)"
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help=what)
    what = "end of the picture, in seconds (default: that of the recording; needed for segments of more than 30 s)"
    parser.add_argument("--end", type=float, metavar="S", help=what)
    what = "draw the turns in this file (.rttm, .TextGrid, ...), and segment nothing"
    parser.add_argument("--turns", metavar="FILE", help=what)
    what = "a label file such as a TextGrid to compare with (see README for the kinds); with --turns, a file of turns"
    parser.add_argument("--reference", metavar="FILE", help=what)
    add_tiers(parser)
    add_segment_options(parser)


def run(options: Options) -> int:
    """Draws the recording and saves the picture."""
    from phonseg.display.figure import check_kind

    check_kind(options.output)  # before anything that takes time
    (_draw_turns if options.turns else _draw_segments)(options)
    print(printable(f"{options.output} written."))
    return 0


def _draw_segments(options: Options) -> None:
    from phonseg.display.figure import save_figure
    from phonseg.display.plot import plot_segmentation
    from phonseg.evaluation.sides import Reading, read_side
    from phonseg.model.segmenter import segment

    reading = Reading.of(options.tier, None, None, sample_rate=options.sample_rate)
    reference = read_side(options.reference, reading, 0) if options.reference else None
    segmentation = segment(options.recording, **picked(options, *SEGMENT_OPTIONS))
    save_figure(plot_segmentation(segmentation, options.start, options.end, reference=reference), options.output)


def _draw_turns(options: Options) -> None:
    from phonseg.annotation.turns.readers import read_turns
    from phonseg.display.figure import save_figure
    from phonseg.display.turns.plot import plot_turns

    for name, default in OF_SEGMENTS.items():
        if getattr(options, name) != default:
            raise ConfigurationError(f"--{name.replace('_', '-')} is for segments. Leave it out, or --turns.")
    reference = read_turns(options.reference) if options.reference else None
    shown = {"reference": reference, "recording": options.recording}
    save_figure(plot_turns(read_turns(options.turns), options.start, options.end, **shown), options.output)
