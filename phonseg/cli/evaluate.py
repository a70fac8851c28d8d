"""`phonseg evaluate`: references and predictions -> scores, and a figure of them."""

from __future__ import annotations

import json

from phonseg.cli.options import Commands, Options, add_command, add_tiers, picked
from phonseg.errors import ConfigurationError, printable

EXAMPLES = """
  phonseg evaluate references/ textgrids/          all files of the same name, summed
  phonseg evaluate corrected.TextGrid interview.TextGrid
                                                   how much was changed by hand
  phonseg evaluate both.TextGrid both.TextGrid --prediction-tier auto
                                                   two tiers of one file
  phonseg evaluate references/ textgrids/ --tolerance 0.01 --lenient
  phonseg evaluate references/ textgrids/ --figure errors.png --recordings recordings/
"""


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "evaluate", run, "score TextGrids against references", EXAMPLES)
    what = "a label file such as a TextGrid (see README for the kinds), or a folder of them"
    parser.add_argument("references", metavar="REFERENCES", help=what)
    parser.add_argument("predictions", metavar="PREDICTIONS", help="the file to score, or a folder of files")
    add_tiers(parser, "reference", "prediction")
    what = "largest distance of a hit in seconds (default: 0.02)"
    parser.add_argument("--tolerance", type=float, default=0.020, metavar="S", help=what)
    what = "score only inside the stretches of the reference whose labels are not empty"
    parser.add_argument("--labelled-only", action="store_true", help=what)
    what = "also print the lenient score, in which one boundary may be hit several times"
    parser.add_argument("--lenient", action="store_true", help=what)
    parser.add_argument("--json", action="store_true", help="print JSON")
    what = "draw the score at many tolerances and the errors in time, into a .png, .svg or .pdf file"
    parser.add_argument("--figure", metavar="PICTURE", help=what)
    what = (
        "the recordings of the references: the figure then also shows precision and recall at every sensitivity. "
        "The recordings are segmented for this, since TextGrids do not contain the rejected candidates"
    )
    parser.add_argument("--recordings", metavar="FOLDER", help=what)
    what = "the model that segments the recordings (default: phonseg's own model)"
    parser.add_argument("--model", default="default", metavar="M", help=what)


def run(options: Options) -> int:
    """Prints the score; returns 1 if any file could not be scored."""
    from phonseg.display.figure import check_kind, save_figure
    from phonseg.evaluation.comparison import read_comparisons
    from phonseg.evaluation.evaluate import check_tolerance
    from phonseg.evaluation.score import CorpusScore
    from phonseg.evaluation.scoring import score_all
    from phonseg.evaluation.sides import Reading

    if options.figure:
        check_kind(options.figure)  # before anything that takes time
    elif options.recordings:
        raise ConfigurationError("evaluate: --recordings is for the figure. Give --figure PICTURE, too.")
    check_tolerance("tolerance", options.tolerance)
    asked = options.tier is not None or options.prediction_tier is not None
    others = picked(options, "sample_rate", "labelled_only")
    reading = Reading.of(options.tier, options.reference_tier, options.prediction_tier, asked=asked, **others)
    read = read_comparisons(options.references, options.predictions, reading)
    read.warn()
    score = score_all(read, options.tolerance, lenient=options.lenient)
    print(json.dumps(score.to_dict(), indent=2) if options.json else score)
    if options.figure:
        from phonseg.display.score_plots import draw_score

        figure = draw_score(read, options.references, **picked(options, "tolerance", "recordings", "model"))
        save_figure(figure, options.figure)
        if not options.json:
            print(printable(f"{options.figure} written."))
    return 1 if isinstance(score, CorpusScore) and score.failed else 0
