"""Random crops of recordings of any length, straight from disk, at level 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from phonseg.audio.channels import Channel, Samples, one_channel
from phonseg.audio.recording import open_recording
from phonseg.errors import AudioError, TrainingError
from phonseg.model.analysis import measure_level


@dataclass(frozen=True)
class TrainingItem:
    """One recording to train on.

    Attributes:
        path: of its file.
        duration: seconds.
        level: power of its loud frames.
        channel: "mix", or the number of one, counted from 1.
    """

    path: Path
    duration: float
    level: float
    channel: Channel


@dataclass(frozen=True)
class TrainingSet:
    """materials: what can be trained on. left_out: path -> why it cannot."""

    items: tuple[TrainingItem, ...]
    left_out: dict[str, str]


def scan_items(paths: Iterable[Path], sample_rate: int, shortest: float, *, progress: bool = True) -> TrainingSet:
    """Read every recording once, for its level and for what is wrong with it.

    shortest: seconds; recordings under it are left out. Raises TrainingError if none is left.
    """
    items, left_out = [], {}
    for path in tqdm(list(paths), desc="reading", unit="file", disable=not progress):
        try:
            recording = open_recording(path)
            level = measure_level(recording, sample_rate)
        except AudioError as error:
            left_out[str(path)] = str(error)
            continue
        if not _seekable(path, recording.n_samples):
            left_out[str(path)] = (
                f"{path}: cannot be read from the middle, since its format does not allow it, or its header does not "
                "say truly how long it is (it may have been cut short). Convert it to WAV or FLAC."
            )
        elif level == 0:
            left_out[str(path)] = f"{path}: is digital silence."
        elif recording.duration < shortest:
            left_out[str(path)] = f"{path}: lasts {recording.duration:.2f} s, less than a crop ({shortest:.2f} s)."
        else:
            items.append(TrainingItem(path, recording.duration, level, recording.channel))
    if not items:
        reasons = " ".join(list(left_out.values())[:3]) or "No sound file was found."
        raise TrainingError(
            f"training: none of {len(left_out)} recordings can be used. {reasons} "
            "Give a folder of recordings with speech; shorter crops (setting crop_seconds) admit shorter recordings."
        )
    return TrainingSet(tuple(items), left_out)


def _seekable(path: Path, n_samples: int) -> bool:
    """Whether libsndfile can go to any place in the file, which is when it knows its true length."""
    try:
        return bool(soundfile.info(path).frames == n_samples)
    except soundfile.LibsndfileError:  # PyAV has read it
        return False


@dataclass(frozen=True)
class Crops:
    """which: (B,) places in the list of materials. starts: (B,) seconds. samples: (B, N) at level 1."""

    which: NDArray[np.int64]
    starts: NDArray[np.float64]
    samples: NDArray[np.float32]


def draw_crops(
    items: Sequence[TrainingItem], n_crops: int, n_samples: int, sample_rate: int, generator: np.random.Generator
) -> Crops:
    """Draw crops of `n_samples` samples; every stretch of audio in the materials is about equally likely."""
    durations = np.array([item.duration for item in items])
    which = generator.choice(len(items), size=n_crops, p=durations / durations.sum())
    starts = generator.uniform(0, 1, n_crops) * np.maximum(0, durations[which] - n_samples / sample_rate)
    samples = [crop(items[place], start, n_samples, sample_rate) for place, start in zip(which, starts, strict=True)]
    return Crops(which, starts, np.stack(samples))


def crop(item: TrainingItem, start: float, n_samples: int, sample_rate: int) -> Samples:
    """(n_samples,) mono samples at `sample_rate` and level 1 from `start` seconds on.

    Raises TrainingError if the recording cannot be read any more, or has become too short.
    """
    try:
        with soundfile.SoundFile(item.path) as file:
            first = min(round(start * file.samplerate), file.frames)
            # A little more than needed, since resampling rounds the length.
            needed = -(-n_samples * file.samplerate // sample_rate) + 2
            file.seek(max(0, min(first, file.frames - needed)))
            samples = one_channel(file.read(needed, dtype="float32", always_2d=True), item.channel)
            if file.samplerate != sample_rate:
                samples = soxr.resample(samples, file.samplerate, sample_rate, quality="HQ")
    except (soundfile.LibsndfileError, OSError) as error:
        raise TrainingError(f"{item.path}: cannot be read any more ({error}). Take it out of the folder.") from error
    short = n_samples - len(samples)
    if short > 8:
        raise TrainingError(f"{item.path}: is shorter than when training began. Take it out of the folder.")
    samples = np.pad(samples, (0, max(0, short)))[:n_samples]
    return np.asarray(samples / np.sqrt(item.level), dtype=np.float32)
