"""`phonseg plot`: a picture of a recording and its boundaries."""

from __future__ import annotations

from phonseg.cli.options import Commands, Options, add_choosing, add_command

EXAMPLES = """
  phonseg plot interview.wav -o interview.png      the whole recording, up to 30 s
  phonseg plot interview.wav --start 1 --end 3 -o closer.pdf
  phonseg plot interview.wav --start 1 --end 3 --reference corrected.TextGrid -o compared.svg
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(commands, "plot", run, "draw a recording, its curve and its boundaries", EXAMPLES)
    parser.add_argument(
        "recording", metavar="RECORDING", help="what to segment and draw; over 30 s, with --start and --end"
    )
    parser.add_argument("-o", "--output", required=True, metavar="PICTURE", help="a .png, .svg or .pdf file")
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="seconds (default: 0)")
    parser.add_argument("--end", type=float, metavar="S", help="seconds (default: the end; needed above 30 s)")
    parser.add_argument(
        "--reference", metavar="FILE", help="a reference to compare with: TextGrid, .phn, .phones, .lab, .eaf or .csv"
    )
    parser.add_argument("--tier", default="phones", help="interval tier of the reference (default: phones)")
    add_choosing(parser)


def run(options: Options) -> int:
    """Segment the recording and save the picture."""
    from phonseg.annotation.readers import read_reference
    from phonseg.display.figure import check_kind, save_figure
    from phonseg.model.segmenter import segment

    check_kind(options.output)  # before anything takes time
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
