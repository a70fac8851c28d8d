"""`phonseg evaluate`: how well TextGrids agree with references."""

from __future__ import annotations

import json

from phonseg.commands.options import Commands, Options, add_command

EXAMPLES = """
  phonseg evaluate references/ textgrids/          all files of the same name, added up
  phonseg evaluate corrected.TextGrid interview.TextGrid
                                                   what was changed by hand
  phonseg evaluate references/ textgrids/ --tolerance 0.01 --lenient
"""


def add(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = add_command(commands, "evaluate", run, "score TextGrids against references", EXAMPLES)
    parser.add_argument(
        "references",
        metavar="REFERENCES",
        help="a TextGrid, .phn, .phones, .lab, .eaf or .csv file, or a folder of them",
    )
    parser.add_argument("predictions", metavar="PREDICTIONS", help="a TextGrid, or a folder of them")
    parser.add_argument("--tier", default="phones", help="interval tier to read (default: phones)")
    parser.add_argument("--tolerance", type=float, default=0.020, metavar="S", help="seconds (default: 0.02)")
    parser.add_argument("--lenient", action="store_true", help="also show the lenient score (many to one)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: Options) -> int:
    """Print the score; 1 if something could not be scored."""
    from phonseg.evaluate import CorpusScore, evaluate

    score = evaluate(
        options.references,
        options.predictions,
        tolerance=options.tolerance,
        lenient=options.lenient,
        tier=options.tier,
    )
    print(json.dumps(score.to_dict(), indent=2) if options.json else score)
    return 1 if isinstance(score, CorpusScore) and score.failed else 0
