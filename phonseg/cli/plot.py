"""`phonseg plot`: a recording -> a picture of it with its boundaries."""

from __future__ import annotations

from phonseg.cli.options import SEGMENT_OPTIONS, Commands, Options, add_command, add_segment_options, add_tiers, picked
from phonseg.errors import printable

EXAMPLES = """
  phonseg plot interview.wav -o interview.png      the whole of a recording of at most 30 s
  phonseg plot interview.wav --start 1 --end 3 -o closer.pdf
  phonseg plot interview.wav --start 1 --end 3 --reference corrected.TextGrid -o compared.svg
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    purpose = "draw a recording with its dissimilarity curve and its boundaries"
    parser = add_command(commands, "plot", run, purpose, EXAMPLES)
    parser.add_argument("recording", metavar="RECORDING", help="the recording to segment and draw")
    parser.add_argument("-o", "--output", required=True, metavar="PICTURE", help="the .png, .svg or .pdf file to write")
    what = "start of the picture, in seconds (default: 0)"
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help=what)
    what = "end of the picture, in seconds (default: that of the recording; needed if more than 30 s remain)"
    parser.add_argument("--end", type=float, metavar="S", help=what)
    what = "a label file such as a TextGrid to compare with (see README for the kinds)"
    parser.add_argument("--reference", metavar="FILE", help=what)
    add_tiers(parser)
    add_segment_options(parser)


def run(options: Options) -> int:
    """Segments the recording and saves the picture."""
    from phonseg.display.figure import check_kind, save_figure
    from phonseg.display.plot import plot_segmentation
    from phonseg.evaluation.sides import Reading, read_side
    from phonseg.model.segmenter import segment

    check_kind(options.output)  # before anything that takes time
    reading = Reading.of(options.tier, None, None, sample_rate=options.sample_rate)
    reference = read_side(options.reference, reading, 0) if options.reference else None
    segmentation = segment(options.recording, **picked(options, *SEGMENT_OPTIONS))
    save_figure(plot_segmentation(segmentation, options.start, options.end, reference=reference), options.output)
    print(printable(f"{options.output} written."))
    return 0
