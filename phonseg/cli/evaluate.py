"""`phonseg evaluate`: how well TextGrids agree with references."""

from __future__ import annotations

import json

from phonseg.cli.options import Commands, Options, add_command
from phonseg.errors import ConfigurationError

EXAMPLES = """
  phonseg evaluate references/ textgrids/          all files of the same name, added up
  phonseg evaluate corrected.TextGrid interview.TextGrid
                                                   what was changed by hand
  phonseg evaluate references/ textgrids/ --tolerance 0.01 --lenient
  phonseg evaluate references/ textgrids/ --figure errors.png --recordings recordings/
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(commands, "evaluate", run, "score TextGrids against references", EXAMPLES)
    parser.add_argument(
        "references",
        metavar="REFERENCES",
        help="a TextGrid, .phn, .phones, .lab, .eaf or .csv file, or a folder of them",
    )
    parser.add_argument("predictions", metavar="PREDICTIONS", help="of one of these kinds too; a folder for a folder")
    parser.add_argument("--tier", default="phones", help="interval tier to read (default: phones)")
    parser.add_argument("--tolerance", type=float, default=0.020, metavar="S", help="seconds (default: 0.02)")
    parser.add_argument("--lenient", action="store_true", help="also show the lenient score (many to one)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--figure",
        metavar="PICTURE",
        help="draw the score over tolerances and the errors in time, as a .png, .svg or .pdf file",
    )
    parser.add_argument(
        "--recordings",
        metavar="FOLDER",
        help="of the references: --figure then shows precision and recall as sensitivity moves, too. TextGrids do not "
        "hold what that needs, so the recordings are segmented afresh",
    )
    parser.add_argument(
        "--model", default="default", metavar="M", help="what segments them (default: the model that ships)"
    )


def run(options: Options) -> int:
    """Print the score; 1 if something could not be scored."""
    from phonseg.evaluation.evaluate import evaluate
    from phonseg.evaluation.score import CorpusScore

    if options.figure:
        from phonseg.display.figure import check_kind

        check_kind(options.figure)  # before anything takes time
    elif options.recordings:
        raise ConfigurationError("evaluate: --recordings is for the figure. Say also where it goes: --figure FILE.")
    score = evaluate(
        options.references,
        options.predictions,
        tolerance=options.tolerance,
        lenient=options.lenient,
        tier=options.tier,
    )
    print(json.dumps(score.to_dict(), indent=2) if options.json else score)
    if options.figure:
        _draw(options)
    return 1 if isinstance(score, CorpusScore) and score.failed else 0


def _draw(options: Options) -> None:
    from phonseg.display.figure import save_figure
    from phonseg.display.score_plots import plot_score

    figure = plot_score(
        options.references,
        options.predictions,
        tolerance=options.tolerance,
        tier=options.tier,
        recordings=options.recordings,
        model=options.model,
    )
    save_figure(figure, options.figure)
    if not options.json:
        print(f"{options.figure} written.")
