"""How well is told who speaks when: python benchmarks/diarization.py SET... [--resemblyzer PYTHON] [--json FILE].

A SET is a folder of conversations, each with an RTTM file of the same name beside it. Where names tell what was done to
the voices (room_2spk_1, phone_4spk_3), each variant has its own rows. A table in Markdown gives, for every variant and
system, the diarization error rate without a collar and with one, what it consists of, the number of speakers, the
changes of speaker, and the seconds of processor time of one core for an hour of sound. "phonseg" is what
`phonseg.diarize` gives with no option.

With --resemblyzer, Resemblyzer with spectralcluster is shown beside it, as PYTHON runs them: that of an environment for
them (pip install resemblyzer==0.1.4 spectralcluster==0.2.22 "setuptools<81"). It finds speech itself, or is given that
of phonseg or that of the reference, whose time then does not count.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diarizers import Resemblyzer, answers
from markdown_table import number, percent, table
from speed import keep_to_one_core
from tqdm import tqdm

import phonseg
from phonseg.annotation.turns.readers import read_turns
from phonseg.audio.find import find_recordings
from phonseg.diarization.options import DiarizeOptions
from phonseg.errors import AudioError, ConfigurationError, PhonsegError, TextGridError
from phonseg.evaluation.speakers.score import CorpusDiarizationScore, DiarizationScore, pooled
from phonseg.system.atomic_files import replacing

COLLAR = 0.25  # seconds on either side of an edge
ALL = "all"
TITLES = (
    *("variant", "system", "speech", "files", "DER", f"DER, collar {COLLAR:g} s"),
    *("missed", "false alarm", "confusion", "speakers exact", "within one", "turn precision", "turn recall"),
    *("s per hour", "times real time", "model, MB"),
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """A recording as one system heard it. hours: how long it is. seconds: of processor time."""

    name: str
    score: DiarizationScore
    hours: float
    seconds: float
    megabytes: float


Heard = dict[tuple[str, str, str], list[Scored]]  # by variant, system, and whose speech it was given


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of every set. The process keeps to one thread and one core from then on."""
    parser = argparse.ArgumentParser(description="Print how well is told who speaks when.")
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="a folder of conversations with RTTM files")
    peer = "also score Resemblyzer with spectralcluster, which this Python runs"
    parser.add_argument("--resemblyzer", type=Path, metavar="PYTHON", help=peer)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to a file")
    options = parser.parse_args(arguments)
    try:
        run(options)
    except PhonsegError as error:
        parser.exit(1, f"{error}\n")


def run(options: argparse.Namespace) -> None:
    """Diarize and score all sets, print the tables, and write the figures to the JSON file."""
    core = keep_to_one_core()
    model = DiarizeOptions().speaker_model()
    systems = {"phonseg": f"model {model.name}, SHA-256 {model.digest[:12]}, trained without labels"}
    print(f"# Who speaks when, by phonseg {phonseg.__version__}\n")
    print(f"Percent; seconds and counts are summed over recordings. DER: {DiarizationScore().conditions}.")
    print(f"Processor time of one thread, {core}, {platform.machine()}.\n")
    with Resemblyzer(options.resemblyzer) if options.resemblyzer else nullcontext() as peer:
        if peer is not None:
            systems[peer.name] = (
                f"{peer.versions}; trained with names of speakers; its best clusterer by labelled scores"
            )
        print("\n".join(f"- {name}: {origin}" for name, origin in systems.items()))
        reports = [report(folder, peer) for folder in options.sets]
    if options.json:
        found = {"version": phonseg.__version__, "systems": systems, "sets": reports}
        with replacing(options.json) as partial:
            partial.write_text(json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def report(folder: Path, peer: Resemblyzer | None) -> dict[str, object]:
    """Print the table of one set, and return the same figures in JSON types."""
    heard, failed = hear(folder, peer)
    rows = [row(*key, scored) for key, scored in heard.items()]
    n = len({one.name for scored in heard.values() for one in scored})
    print(f"\n## {folder.resolve().name}\n\n{n} recordings; not scored: {len(failed)}")
    print("".join(f"- {reason}\n" for reason in failed.values()))
    print(table(TITLES, [cells(one) for one in rows], words=3))
    return {"name": folder.resolve().name, "failed": failed, "rows": rows}


def hear(folder: Path, peer: Resemblyzer | None) -> tuple[Heard, dict[str, str]]:
    """Every recording by every system, variant after variant; and why a recording is not scored, by name.

    Raises ConfigurationError if no recording is left, or the peer fails.
    """
    heard: Heard = defaultdict(list)
    failed: dict[str, str] = {}
    recordings = find_recordings(folder)
    for recording in recordings[:1]:
        with suppress(AudioError, TextGridError):
            score("", recording, peer)  # what is loaded at the first use does not count
    for recording in tqdm(recordings, desc=folder.resolve().name, unit="file", disable=None):
        name = str(recording.relative_to(folder))
        try:
            for key, scored in score(name, recording, peer):
                heard[variant(recording.stem), *key].append(scored)
        except (AudioError, TextGridError) as error:
            failed[name] = str(error)
    if not heard:
        raise ConfigurationError(f"{folder}: has no recording with an RTTM file. {' '.join(list(failed.values())[:3])}")
    if len({variant for variant, *_ in heard}) > 1:
        for (_, *key), some in list(heard.items()):
            heard[ALL, *key] += some
    return heard, failed


def score(name: str, recording: Path, peer: Resemblyzer | None) -> list[tuple[tuple[str, str], Scored]]:
    """One recording by every system: (system, whose speech it was given), and how well."""
    reference = read_turns(recording.with_suffix(".rttm"))
    found = []
    for answer in answers(recording, reference, peer):
        how_well = phonseg.evaluate_diarization(reference, answer.turns, collar=COLLAR)
        hours = answer.turns.duration / 3600
        found.append(((answer.system, answer.speech), Scored(name, how_well, hours, answer.seconds, answer.megabytes)))
    return found


def variant(stem: str) -> str:
    """What was done to the voices, as the name of a recording tells: room_2spk_1 -> room."""
    told = re.match(r"([a-z-]+)_\d+spk", stem)
    return told[1] if told else "unnamed"


def row(variant: str, system: str, speech: str, scored: Sequence[Scored]) -> Row:
    """The figures of one line of the table, in JSON types."""
    files = {one.name: one.score for one in scored}
    whole = CorpusDiarizationScore(**vars(pooled(list(files.values()))), files=files, failed={})
    hours, seconds = (math.fsum(getattr(one, name) for one in scored) for name in ("hours", "seconds"))
    assert whole.without_collar is not None
    return {
        **dict(zip(TITLES, (variant, system, speech, len(files)), strict=False)),
        **whole.without_collar.to_dict(),
        "with_collar": whole.to_dict()["total"],
        "count_exact": whole.count_exact,
        "count_within_one": whole.count_within_one,
        "hours": hours,
        "seconds_per_hour": seconds / hours,
        "megabytes": None if math.isnan(scored[0].megabytes) else scored[0].megabytes,
    }


def cells(figures: Mapping[str, Any]) -> list[str]:
    """A line of the table."""
    shares = ("missed", "false_alarm", "confusion", "count_exact", "count_within_one", "turn_precision", "turn_recall")
    return [
        *(str(figures[name]) for name in ("variant", "system", "speech", "files")),
        *(percent(figures["error_rate"]), percent(figures["with_collar"]["error_rate"])),
        *(percent(figures[name]) for name in shares),
        number(figures["seconds_per_hour"]),
        number(3600 / figures["seconds_per_hour"]),
        number(figures["megabytes"]),
    ]


if __name__ == "__main__":
    main()
