"""How fast recordings are segmented: python benchmarks/speed.py RECORDINGS [--runs N] [--other CHECKOUT].

Recordings are joined into files of each format, rate and length, and each file is segmented, up to its TextGrid, by one
thread on one core. Times are medians of several runs after a first one that does not count; neither does loading the
model. A Markdown table gives seconds of audio per second, by the clock and, since other programs may use the core, of
processor time; and the processor time of the whole and of its stages in milliseconds. The stages are timed one by one,
on samples that were read before; the "rest" is what the whole takes beyond them.

With --other, two versions of phonseg segment the same files in turn, each in a process of its own: this one, and the
one in a folder CHECKOUT. The table gives the processor time of both, and their ratio.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from degradation import MP3_RATES
from long_recording import RATE, join
from markdown_table import number, table
from systems import System, add_models, models
from versions import Version

from phonseg.audio.find import find_recordings
from phonseg.audio.recording import open_recording
from phonseg.errors import PhonsegError
from phonseg.model.analysis import analyse
from phonseg.model.speech import measure_level
from phonseg.timeline.candidates import Choice

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("reading", "level and speech", "encoder", "peaks", "writing")
TITLES = ("format", "rate, Hz", "audio, s")

Result = TypeVar("Result")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table. The process keeps to one thread and one core from then on."""
    parser = argparse.ArgumentParser(description="Print how fast recordings are segmented, by one thread on one core.")
    parser.add_argument(
        "recordings", nargs="+", metavar="RECORDINGS", help="recordings to be joined, or folders of them"
    )
    add_models(parser)
    parser.add_argument("--runs", type=int, default=5, help="how often everything is timed (default: 5)")
    lengths = "of the joined recordings (default: 4 60 600)"
    parser.add_argument("--seconds", type=float, nargs="+", default=[4.0, 60.0, 600.0], help=lengths)
    formats, rates = "of the joined recordings (default: WAV)", "of the joined recordings, in Hz (default: 16000)"
    parser.add_argument("--formats", nargs="+", choices=("WAV", "FLAC", "MP3"), default=["WAV"], help=formats)
    parser.add_argument("--rates", type=int, nargs="+", choices=MP3_RATES, default=[RATE], metavar="RATE", help=rates)
    other = "a folder with another version of phonseg, to be compared with this one; each uses the model that it ships"
    parser.add_argument("--other", type=Path, metavar="CHECKOUT", help=other)
    options = parser.parse_args(arguments)
    if options.other and options.model:
        parser.error("--other compares the models that ship. Leave out --model.")
    if options.runs < 1 or min(options.seconds) < 0.1:
        parser.error("--runs must be at least 1, and --seconds at least 0.1")
    try:
        run(options)
    except PhonsegError as error:
        parser.exit(1, f"{error}\n")


def run(options: argparse.Namespace) -> None:
    """Join the recordings, time, and print the table."""
    core = keep_to_one_core()
    machine = f"{platform.machine()} ({torch.backends.cpu.get_cpu_capability()}), torch {torch.__version__}"
    print(f"One thread, {core}, {machine}; medians of {options.runs} runs.")
    with tempfile.TemporaryDirectory() as folder:
        print(compared(options, Path(folder)) if options.other else timed_systems(options, Path(folder)))


def timed_systems(options: argparse.Namespace, folder: Path) -> str:
    """The table of the shipped model and those of `--model`."""
    systems = models(options.model)
    rows = [
        [system.name, *place, *_cells(system, seconds, path, options.runs)]
        for place, seconds, path in joined(options, folder)
        for system in systems
    ]
    origins = "\n".join(f"- {system.name}: {system.origin}" for system in systems)
    titles = ["system", *TITLES, "by the clock", "by processor", "whole, ms", *STAGES, "rest"]
    note = "Seconds of audio per second; then milliseconds of processor time."
    return f"{note}\n\n{origins}\n\n{table(titles, rows, words=2)}"


def compared(options: argparse.Namespace, folder: Path) -> str:
    """The table of this version and the other, which take turns."""
    rows = []
    with Version(ROOT) as this, Version(options.other) as other:
        for place, _, path in joined(options, folder):
            runs = [(this.seconds(path), other.seconds(path)) for _ in range(1 + options.runs)][1:]
            own, others = (statistics.median(times) for times in zip(*runs, strict=True))
            rows.append([*place, number(1000 * own), number(1000 * others), f"{others / own:.2f}"])
    note = f"Milliseconds of processor time from file to TextGrid; the other version is {options.other.resolve().name}."
    return f"{note}\n\n{table([*TITLES, 'this, ms', 'other, ms', 'other / this'], rows)}"


def joined(options: argparse.Namespace, folder: Path) -> Iterator[tuple[list[str], float, Path]]:
    """Each joined file: the cells that say what it is, its seconds, and its path. The next one replaces it."""
    recordings = find_recordings(options.recordings)
    for file_format, rate, seconds in product(options.formats, options.rates, options.seconds):
        path = folder / f"joined.{file_format.lower()}"
        join(recordings, seconds / 3600, path, rate=rate, file_format=file_format)
        yield [file_format, f"{rate}", f"{seconds:g}"], seconds, path


def keep_to_one_core() -> str:
    """Keep this process to one thread and, if the system allows it, to one core; returns which cores it may use."""
    torch.set_num_threads(1)
    if not hasattr(os, "sched_setaffinity"):
        return f"any of {os.cpu_count()} cores"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return f"one of {os.cpu_count()} cores"


def time_whole(system: System, path: Path) -> tuple[float, float]:
    """Seconds from the recording's file to its TextGrid's: by the clock, and of processor time."""
    begin = time.perf_counter()
    processor, _ = timed(lambda: system.segmenter.segment(path).to_textgrid(path.with_suffix(".TextGrid")))
    return time.perf_counter() - begin, processor


def time_stages(system: System, path: Path) -> dict[str, float]:
    """Seconds of processor time of each stage."""
    segmenter = system.segmenter
    reading, blocks = timed(lambda: list(open_recording(path).blocks(RATE)))
    recording = open_recording((np.concatenate(blocks), RATE))
    level, _ = timed(lambda: measure_level(recording, RATE))
    analysis, found = timed(lambda: analyse(recording, segmenter.streams, segmenter.analysis_settings))
    peaks, _ = timed(lambda: segmenter.candidates(found, recording.duration).chosen(Choice(0.5)))
    segmentation = segmenter.segment(path)
    writing, _ = timed(lambda: segmentation.to_textgrid(path.with_suffix(".TextGrid")))
    return dict(zip(STAGES, (reading, level, analysis - level, peaks, writing), strict=True))


def timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds of processor time that a call takes, and what it returns."""
    begin = time.process_time()
    result = call()
    return time.process_time() - begin, result


def _cells(system: System, seconds: float, path: Path, runs: int) -> list[str]:
    time_whole(system, path)
    time_stages(system, path)
    clock, whole = (
        statistics.median(times) for times in zip(*(time_whole(system, path) for _ in range(runs)), strict=True)
    )
    every = [time_stages(system, path) for _ in range(runs)]
    stages = [statistics.median(run[stage] for run in every) for stage in STAGES]
    rest = whole - sum(stages)
    milliseconds = [number(1000 * value) for value in (whole, *stages, rest)]
    return [f"{seconds / clock:.0f}", f"{seconds / whole:.0f}", *milliseconds]


if __name__ == "__main__":
    main()
