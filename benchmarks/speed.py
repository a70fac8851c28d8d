"""How fast recordings are segmented: python benchmarks/speed.py RECORDINGS [--model NAME=FILE] [--runs N].

Recordings are joined into WAV files of 16 kHz, and each is segmented from file to TextGrid by one thread on one core,
several times in this process after a first time that does not count; loading the model is not counted either. A
Markdown table gives medians: seconds of audio per second, by the clock and, since others may use the core, by the time
that the processor gave to this process; and in milliseconds of processor time the whole and its stages. These are timed
one by one, on samples that were read before; what the whole takes beyond them is the rest.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from long_recording import RATE, join
from markdown_table import number, table
from systems import System, add_models, models

from phonseg.audio.find import find_recordings
from phonseg.audio.recording import open_recording
from phonseg.errors import PhonsegError
from phonseg.model.analysis import analyse, measure_level
from phonseg.timeline.candidates import Choice

STAGES = ("reading", "level and speech", "encoder", "peaks", "writing")

WorkerResult = TypeVar("Result")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table. The process keeps to one thread and one core from then on."""
    parser = argparse.ArgumentParser(description="Print how fast recordings are segmented, by one thread on one core.")
    parser.add_argument("recordings", nargs="+", metavar="RECORDINGS", help="recordings, or folders, to be joined")
    add_models(parser)
    parser.add_argument("--runs", type=int, default=5, help="how often everything is timed (default: 5)")
    lengths = "of the joined recordings (default: 4 60 600)"
    parser.add_argument("--seconds", type=float, nargs="+", default=[4.0, 60.0, 600.0], help=lengths)
    options = parser.parse_args(arguments)
    if options.runs < 1 or min(options.seconds) < 0.1:
        parser.error("--runs must be at least 1, and --seconds at least 0.1")
    try:
        run(options)
    except PhonsegError as error:
        parser.exit(1, f"{error}\n")


def run(options: argparse.Namespace) -> None:
    """Join, time and print."""
    core = keep_to_one_core()
    systems, recordings = models(options.model), find_recordings(options.recordings)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds in options.seconds:
            path = Path(folder) / "joined.wav"
            join(recordings, seconds / 3600, path)
            rows += [_cells(system, seconds, path, options.runs) for system in systems]
    machine = f"{platform.machine()} ({torch.backends.cpu.get_cpu_capability()}), torch {torch.__version__}"
    print(f"One thread, {core}, {machine}; medians of {options.runs} runs.")
    print("Seconds of audio per second; then milliseconds of processor time.\n")
    print("\n".join(f"- {system.name}: {system.origin}" for system in systems), end="\n\n")
    print(table(["system", "audio, s", "by the clock", "by processor", "whole, ms", *STAGES, "rest"], rows))


def keep_to_one_core() -> str:
    """Let this process use one thread and, where the system can be told so, one core; returns what holds."""
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
    """Seconds of processor time of each stage by itself."""
    segmenter = system.segmenter
    reading, blocks = timed(lambda: list(open_recording(path).blocks(RATE)))
    recording = open_recording((np.concatenate(blocks), RATE))
    level, _ = timed(lambda: measure_level(recording, RATE))
    analysis, heard = timed(lambda: analyse(recording, segmenter.streams, segmenter.analysis_settings))
    peaks, _ = timed(lambda: segmenter.candidates(heard, recording.duration).chosen(Choice(0.5)))
    segmentation = segmenter.segment(path)
    writing, _ = timed(lambda: segmentation.to_textgrid(path.with_suffix(".TextGrid")))
    return dict(zip(STAGES, (reading, level, analysis - level, peaks, writing), strict=True))


def timed(call: Callable[[], WorkerResult]) -> tuple[float, WorkerResult]:
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
    return [system.name, f"{seconds:g}", f"{seconds / clock:.0f}", f"{seconds / whole:.0f}", *milliseconds]


if __name__ == "__main__":
    main()
