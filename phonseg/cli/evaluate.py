"""`phonseg evaluate`: references and predictions, or hypotheses of who speaks when -> scores, and a figure of them."""

from __future__ import annotations

import json

from phonseg.cli.options import Commands, Options, add_command, add_tiers, picked_or
from phonseg.cli.turn_options import add_turns, compares_turns, with_advice
from phonseg.errors import ConfigurationError, printable

EXAMPLES = """
  phonseg evaluate references/ textgrids/          all files of the same name, summed
  phonseg evaluate corrected.TextGrid interview.TextGrid
                                                   how much was changed by hand
  phonseg evaluate both.TextGrid both.TextGrid --prediction-tier auto
                                                   two tiers of one file
  phonseg evaluate references/ textgrids/ --tolerance 0.01 --lenient
  phonseg evaluate references/ textgrids/ --figure errors.png --recordings recordings/
  phonseg evaluate reference.rttm interview.rttm   who speaks when: the diarization error rate
  phonseg evaluate references/ diarized/ --turns --collar 0.25
"""

# The options that are for boundaries alone.
BOUNDARIES = (
    *("tier", "reference_tier", "prediction_tier", "sample_rate", "tolerance", "labelled_only", "lenient"),
    *("figure", "recordings", "model"),
)


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(commands, "evaluate", run, "score TextGrids or RTTM files against references", EXAMPLES)
    what = "a label file such as a TextGrid or RTTM file (see README for the kinds), or a folder of them"
    parser.add_argument("references", metavar="REFERENCES", help=what)
    parser.add_argument("predictions", metavar="PREDICTIONS", help="the file to score, or a folder of files")
    add_tiers(parser, "reference", "prediction")
    what = "largest distance of a hit in seconds (default: 0.02)"
    parser.add_argument("--tolerance", type=float, metavar="S", help=what)
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
    parser.add_argument("--model", metavar="M", help=what)
    add_turns(parser)
    what = "seconds on either side of the start and the end of each reference turn that are not scored (default: 0)"
    parser.add_argument("--collar", type=float, metavar="S", help=what)


def run(options: Options) -> int:
    """Prints the score; returns 1 if any file could not be scored."""
    if compares_turns(options, options.references, options.predictions, boundaries=BOUNDARIES, turns=["collar"]):
        return _score_turns(options)

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
    how = picked_or(options, tolerance=0.020)
    check_tolerance("tolerance", how["tolerance"])
    asked = options.tier is not None or options.prediction_tier is not None
    others = picked_or(options, sample_rate=16_000, labelled_only=False)
    reading = Reading.of(options.tier, options.reference_tier, options.prediction_tier, asked=asked, **others)
    read = with_advice(options, lambda: read_comparisons(options.references, options.predictions, reading))
    read.warn()
    score = score_all(read, **how, lenient=options.lenient)
    print(json.dumps(score.to_dict(), indent=2) if options.json else score)
    if options.figure:
        from phonseg.display.score_plots import draw_score

        figure = draw_score(read, options.references, **how, **picked_or(options, recordings=None, model="default"))
        save_figure(figure, options.figure)
        if not options.json:
            print(printable(f"{options.figure} written."))
    return 1 if isinstance(score, CorpusScore) and score.failed else 0


def _score_turns(options: Options) -> int:
    from phonseg.evaluation.speakers.evaluate import evaluate_diarization
    from phonseg.evaluation.speakers.score import CorpusDiarizationScore

    score = evaluate_diarization(options.references, options.predictions, **picked_or(options, collar=0.0))
    print(json.dumps(score.to_dict(), indent=2) if options.json else score)
    return 1 if isinstance(score, CorpusDiarizationScore) and score.failed else 0
