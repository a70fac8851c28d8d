"""There and back: python benchmarks/there_and_back.py FOLDER [N].

Recordings, which need no labels, are made slower or faster and brought back: how far are they then from themselves? The
map of the way back is that of the way there, reversed. N of them take part (default: 20), spread over all. Markdown
tables give the mean error with an even map and with the one that phonseg finds, and the mean difference (mapped - even)
with the 95 % interval of a bootstrap over recordings.

The error is the mean absolute difference of the log-mel spectra, as in `tempo_measures`; also PESQ (ITU-T P.862.2,
wide band, 1 to 4.6, higher is better) where the package `pesq` is installed. The way back can undo what the way there
did, so this is a test, and no score of quality.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from markdown_table import table
from numpy.typing import NDArray
from stretchers import RATE, Way, ways
from tempo_measures import FACTORS, Sound, mapped_mel, mean_of_numbers, spread
from tqdm import tqdm

from phonseg.audio.find import find_recordings
from phonseg.audio.recording import read
from phonseg.errors import PhonsegError
from phonseg.timeline.time_map import TimeMap

RESAMPLES = 2000

Score = Callable[[Sound, Sound], float]
Errors = NDArray[np.float64]  # (N,) one for each recording


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Print how far recordings are from themselves, there and back.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of recordings; they need no labels")
    parser.add_argument("count", type=int, nargs="?", default=20, metavar="N", help="how many of them (default: 20)")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("N must be at least 1")
    try:
        paths = spread(find_recordings(options.folder), options.count)
        print(report([Sound(read(path, sample_rate=RATE)[0], RATE) for path in paths], ways()))
    except PhonsegError as error:
        parser.exit(1, f"{error}\n")


def report(sounds: Sequence[Sound], taking_part: Sequence[Way]) -> str:
    """A table for each score."""
    scores: dict[str, Score] = {"error, dB": mel_error}
    if find_spec("pesq"):
        scores["PESQ"] = pesq_score
    found = {factor: there_and_back(sounds, factor, taking_part, scores) for factor in FACTORS}
    parts = [f"There and back, {len(sounds)} recordings."]
    parts += [
        table(
            ["program", "factor", f"{score}: even", "mapped", "mapped - even"],
            [
                [
                    program,
                    f"{factor:g}",
                    *cells(errors.get((program, False, score)), errors.get((program, True, score))),
                ]
                for program in dict.fromkeys(way.program for way in taking_part)
                for factor, errors in found.items()
            ],
        )
        for score in scores
    ]
    return "\n\n".join(parts if "PESQ" in scores else [*parts, "The package pesq is not installed."])


def there_and_back(
    sounds: Sequence[Sound], factor: float, taking_part: Sequence[Way], scores: Mapping[str, Score]
) -> dict[tuple[str, bool, str], Errors]:
    """The scores of all recordings, by program, whether it is mapped, and the name of the score."""
    found: dict[tuple[str, bool, str], list[float]] = {}
    for old in tqdm(sounds, desc=f"{factor:g} and back", unit="file", disable=None):
        maps = {mapped: old.time_map(factor, mapped=mapped) for mapped in (False, True)}
        for way in taking_part:
            back = Sound(trip(old.samples, old.sample_rate, maps[way.mapped], way), old.sample_rate)
            for name, score in scores.items():
                found.setdefault((way.program, way.mapped, name), []).append(score(old, back))
    return {key: np.array(values) for key, values in found.items()}


def trip(samples: NDArray[np.float32], sample_rate: int, time_map: TimeMap, way: Way) -> NDArray[np.float32]:
    """The samples changed by a map, and back."""
    return way.stretch(way.stretch(samples, sample_rate, time_map), sample_rate, time_map.reversed)


def mel_error(old: Sound, back: Sound) -> float:
    """Decibels."""
    return mapped_mel(old, back, TimeMap.even(old.duration, 1))


def pesq_score(old: Sound, back: Sound) -> float:
    """PESQ in wide band, of sounds at 16 kHz; NaN where it finds no speech."""
    import pesq

    try:
        return float(pesq.pesq(RATE, old.samples, back.samples, "wb"))
    except pesq.NoUtterancesError:
        return np.nan


def cells(even: Errors | None, mapped: Errors | None) -> list[str]:
    """Both means, and their difference; "-" where a program has no errors of a kind."""
    means = ["-" if errors is None else f"{mean_of_numbers(errors):.2f}" for errors in (even, mapped)]
    if even is None or mapped is None:
        return [*means, "-"]
    mean, low, high = difference(mapped, even)
    return [*means, f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"]


def difference(mapped: Errors, even: Errors) -> tuple[float, float, float]:
    """The mean difference of pairs, and the 95 % interval of its bootstrap; pairs with NaN are left out.

    All are NaN if no pair is left.
    """
    differences = mapped - even
    differences = differences[~np.isnan(differences)]
    if not differences.size:
        return np.nan, np.nan, np.nan
    draws = np.random.default_rng(0).integers(differences.size, size=(RESAMPLES, differences.size))
    low, high = np.percentile(differences[draws].mean(axis=1), [2.5, 97.5])
    return float(differences.mean()), float(low), float(high)


if __name__ == "__main__":
    main()
