"""How well the tempo of speech is changed: python benchmarks/tempo.py FOLDER [N].

FOLDER holds recordings with references beside them, labelled with TIMIT's symbols; N of them (default: 20), spread over
all, are made slower and faster. Tables in Markdown give what `tempo_measures` defines, for phonseg and other programs,
with an even map and with the one that phonseg finds ("mapped"), and which of the bars in `tempo_bars` they miss; then
how far recordings are from themselves there and back (`there_and_back`), how well the maps tell the timing of another
speaker (`natural_timing`), and what becomes of the time between two channels (`stereo`).

"phonseg" is what `phonseg.change_tempo` gives. Praat's overlap-add takes the maps as DurationTiers. librosa and sox can
only change every moment alike; sox is left out where the program is not installed. Speeds are those of one core, in
seconds of the old recording for a second of processor time: of the rendering alone, and of phonseg with its map.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from markdown_table import table
from natural_timing import natural_timing
from speed import keep_to_one_core
from stereo import report as stereo_report
from stretchers import RATE, Way, own, ways
from tempo_bars import bars, missed
from tempo_measures import FACTORS, Measures, Sound, bursts_of, measure, spread, summary
from there_and_back import report as there_and_back_report
from tqdm import tqdm

import phonseg
from phonseg.annotation.readers import read_reference
from phonseg.audio.find import find_recordings
from phonseg.audio.recording import read
from phonseg.errors import PhonsegError
from phonseg.evaluation.pairs.pairing import pair
from phonseg.timeline.segmentation import Segmentation

TITLES = (
    *("way", "factor", "mapped mel, dB", "attack lost, dB", "over 6 dB, %", "burst shift, ms", "F0, cents"),
    *("boundaries, F1 %", "drift, ms", "rendering", "whole", "misses"),
)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Labelled:
    """A recording, and where its phones are."""

    sound: Sound
    reference: Segmentation


@dataclass
class Found:
    """One way at one factor. Seconds of sound, of processor time to render, and of phonseg with its map."""

    measures: list[Measures] = field(default_factory=list)
    sound: float = 0.0
    rendering: float = 0.0
    whole: float = 0.0

    def figures(self) -> dict[str, float]:
        """What the bars are held to."""
        speeds = {"rendering": self.rendering, "whole": self.whole}
        return {**summary(self.measures), **{name: self.sound / taken for name, taken in speeds.items() if taken}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables. The process keeps to one thread and one core from then on."""
    parser = argparse.ArgumentParser(description="Print how well the tempo of speech is changed.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of recordings with references")
    parser.add_argument("count", type=int, nargs="?", default=20, metavar="N", help="how many of them (default: 20)")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("N must be at least 1")
    try:
        core = keep_to_one_core()
        print(f"# The tempo of speech, changed by phonseg {phonseg.__version__}\n")
        print(f"Processor time of one thread, {core}, {platform.machine()}.\n")
        for part in report(options.folder, options.count):
            print(part, end="\n\n", flush=True)
    except PhonsegError as error:
        parser.exit(1, f"{error}\n")


def report(folder: Path, count: int) -> Iterator[str]:
    """The parts of what is printed, as they are ready."""
    files = pair(folder, folder, find=find_recordings).pairs
    labelled = {
        name: Labelled(Sound(read(recording, sample_rate=RATE)[0], RATE), read_reference(reference))
        for name, (reference, recording) in files.items()
    }
    chosen = spread(list(labelled.values()), count)
    sounds, taking_part = [one.sound for one in chosen], ways()
    if not any(way.program == "sox" for way in taking_part):
        yield "sox is not installed, and is left out."
    yield f"{len(chosen)} recordings of {folder.resolve().name}. {exactness(sounds)}"
    found = {factor: change_all(chosen, factor, taking_part) for factor in FACTORS}
    yield table(TITLES, [cells(way, factor, found[factor][way]) for way in taking_part for factor in FACTORS])
    yield bars()
    yield there_and_back_report(sounds, taking_part)
    references = {name: one.reference for name, one in labelled.items()}
    yield natural_timing(references, lambda name, factor: labelled[name].sound.time_map(factor, mapped=True)).told()
    yield stereo_report(sounds, taking_part)


def exactness(sounds: Sequence[Sound]) -> str:
    """How many copies by phonseg have a wrong length, and how many differ at factor 1."""
    wrong = changed = 0
    for sound in sounds:
        lengths = [len(phonseg.change_tempo(sound.source, factor).samples) for factor in FACTORS]
        wrong += sum(n != round(len(sound.samples) / factor) for n, factor in zip(lengths, FACTORS, strict=True))
        changed += not np.array_equal(phonseg.change_tempo(sound.source, 1.0).samples, sound.samples)
    return f"Of another length than round(n / factor): {wrong}; of other samples at factor 1: {changed}."


def change_all(chosen: Sequence[Labelled], factor: float, taking_part: Sequence[Way]) -> dict[Way, Found]:
    """All recordings changed in every way."""
    found = {way: Found() for way in taking_part}
    first = chosen[0].sound
    for way in taking_part:  # what is loaded at the first use does not count
        way.stretch(first.samples, first.sample_rate, first.time_map(factor, mapped=False))
    for one in tqdm(chosen, desc=f"{factor:g}", unit="file", disable=None):
        for mapped in (True, False):
            change = timed(lambda one=one, even=not mapped: phonseg.change_tempo(one.sound.source, factor, even=even))
            for way in taking_part:
                if way.mapped == mapped:
                    add(found[way], way, one, factor, change)
    return found


def add(found: Found, way: Way, one: Labelled, factor: float, change: tuple[float, phonseg.TempoChange]) -> None:
    """Render a recording by a map, and measure. change: what phonseg made of it, and how long that took."""
    whole, copy = change
    old = one.sound
    rendering, samples = timed(lambda: way.stretch(old.samples, old.sample_rate, copy.time_map))
    if way.stretch is own:
        samples = copy.samples
        found.whole += whole
    found.rendering += rendering
    found.sound += old.duration
    new = Sound(samples, old.sample_rate)
    found.measures.append(measure(old, new, copy.time_map, factor, bursts_of(one.reference)))


def cells(way: Way, factor: float, found: Found) -> list[str]:
    """A line of the table."""
    figures = found.figures()
    percents = [f"{100 * figures[name]:.1f}" for name in ("over 6 dB", "F1")]
    return [
        *(way.name, f"{factor:g}", f"{figures['mel']:.2f}", f"{figures['attack']:.2f}", percents[0]),
        *(f"{figures['shift']:.2f}", f"{figures['F0']:.1f}", percents[1], f"{figures['drift']:.1f}"),
        *(f"{figures[name]:.0f}" if name in figures else "-" for name in ("rendering", "whole")),
        ", ".join(missed(figures, factor)) or "none",
    ]


def timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds of processor time that a call takes, with those of programs that it runs, and what it returns."""
    begin, before = time.process_time(), os.times()
    result = call()
    spent, after = time.process_time() - begin, os.times()
    programs = after.children_user + after.children_system - before.children_user - before.children_system
    return spent + programs, result


if __name__ == "__main__":
    main()
