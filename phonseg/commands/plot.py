"""`phonseg plot`: a picture of a recording and its boundaries."""

from __future__ import annotations

from phonseg.commands.options import Commands, Options, add_choosing, add_command


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(commands, "plot", run, "draw a recording, its curve and its boundaries")
    parser.add_argument("recording", metavar="RECORDING")
    parser.add_argument("-o", "--output", required=True, metavar="PICTURE", help="a .png, .svg or .pdf file")
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="seconds (default: 0)")
    parser.add_argument("--end", type=float, metavar="S", help="seconds (default: the end; needed above 30 s)")
    parser.add_argument("--reference", metavar="FILE", help="a TextGrid or .phn file to compare with")
    parser.add_argument("--tier", default="phones", help="interval tier of the reference (default: phones)")
    add_choosing(parser)


def run(options: Options) -> int:
    """Segment the recording and save the picture."""
    from phonseg.picture import check_kind, save_figure
    from phonseg.segmenter import segment
    from phonseg.textgrid import read_reference

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
