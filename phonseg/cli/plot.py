"""`phonseg plot`: a recording -> a picture of it with its boundaries."""

from __future__ import annotations

from phonseg.cli.options import SEGMENT_OPTIONS, Commands, Options, add_command, add_segment_options, picked

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
    what = "a TextGrid, .phn, .phones, .lab, .eaf or .csv file to compare with"
    parser.add_argument("--reference", metavar="FILE", help=what)
    parser.add_argument("--tier", default="phones", help="interval tier of the reference (default: phones)")
    add_segment_options(parser)


def run(options: Options) -> int:
    """Segments the recording and saves the picture."""
    from phonseg.annotation.readers import read_reference
    from phonseg.display.figure import check_kind, save_figure
    from phonseg.model.segmenter import segment

    check_kind(options.output)  # before anything that takes time
    reference = read_reference(options.reference, tier=options.tier) if options.reference else None
    segmentation = segment(options.recording, **picked(options, *SEGMENT_OPTIONS))
    save_figure(segmentation.plot(options.start, options.end, reference=reference), options.output)
    print(f"{options.output} written.")
    return 0
