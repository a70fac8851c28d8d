"""Recordings -> training items, and random crops of these at level 1, read straight from disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from phonseg.audio.channels import Channel, one_channel
from phonseg.audio.recording import Recording, open_recording
from phonseg.errors import AudioError, TrainingError
from phonseg.model.speech import measure_level
from phonseg.timeline.grid import Samples

# Samples by which resampling may leave a crop short; they are filled up with zeros.
LENGTH_ROUNDING = 8


@dataclass(frozen=True)
class TrainingItem:
    """One recording to train on.

    Attributes:
        path: of its file.
        duration: seconds.
        level: power of its loud frames, above 0.
        channel: "mix", or the number of one, counted from 1.
    """

    path: Path
    duration: float
    level: float
    channel: Channel

    def open(self) -> Recording:
        """Opens the recording.

        Returns:
            The recording, with the channel of the item.

        Raises:
            AudioError: if it cannot be read any more.
        """
        return open_recording(self.path, channel=self.channel)


@dataclass(frozen=True)
class TrainingSet:
    """What was found in recordings.

    Attributes:
        items: the recordings that can be used, at least one.
        left_out: why each other recording cannot be used, by its path.
    """

    items: tuple[TrainingItem, ...]
    left_out: dict[str, str]


@dataclass(frozen=True)
class SplitItems:
    """The recordings of a run.

    Attributes:
        training: those that networks learn from, at least one.
        held_out: those used only to measure the validation loss.
    """

    training: Sequence[TrainingItem]
    held_out: Sequence[TrainingItem]

    @property
    def all(self) -> list[TrainingItem]:
        """Those that networks learn from, and then those held out."""
        return [*self.training, *self.held_out]

    @property
    def validation(self) -> Sequence[TrainingItem]:
        """Those held out; if there are none, those that networks learn from."""
        return self.held_out or self.training


def scan_items(paths: Iterable[Path], sample_rate: int, shortest: float, *, progress: bool = True) -> TrainingSet:
    """Reads every recording once, measures its level, and checks whether crops of it can be read.

    Args:
        paths: of the recordings.
        sample_rate: samples per second at which the level is measured.
        shortest: seconds; shorter recordings are left out.
        progress: whether to show a progress bar.

    Returns:
        The training items, in the order of their paths, and what is left out.

    Raises:
        TrainingError: if no recording can be used.
    """
    items, left_out = [], {}
    for path in tqdm(list(paths), desc="reading", unit="file", disable=not progress):
        try:
            items.append(_scan_item(path, sample_rate, shortest))
        except AudioError as error:
            left_out[str(path)] = str(error)
    if not items:
        reasons = f"none of {len(left_out)} recordings can be used. {' '.join(list(left_out.values())[:3])}"
        raise TrainingError(
            f"training: {reasons if left_out else 'no recordings were found.'} "
            f"Give a folder of recordings with speech, each of at least {shortest:g} s."
        )
    return TrainingSet(tuple(items), left_out)


def _scan_item(path: Path, sample_rate: int, shortest: float) -> TrainingItem:
    """Reads one recording. Raises AudioError with the reason if crops of it cannot be read."""
    recording = open_recording(path)
    level = measure_level(recording, sample_rate)
    if not _seekable(path, recording.n_samples):
        raise AudioError(
            f"{path}: cannot be read from the middle, since its format does not allow it, or its header does not give "
            "its true length (it may have been cut short). Convert it to WAV or FLAC."
        )
    if level == 0:
        raise AudioError(f"{path}: is digital silence.")
    if recording.duration < shortest:
        raise AudioError(f"{path}: lasts {recording.duration:.2f} s; at least {shortest:.2f} s are needed.")
    return TrainingItem(path, recording.duration, level, recording.channel)


def _seekable(path: Path, n_samples: int) -> bool:
    """Whether libsndfile can go to any place in the file, which it can if it knows the true length."""
    try:
        return bool(soundfile.info(path).frames == n_samples)
    except soundfile.LibsndfileError:  # PyAV has read it
        return False


@dataclass(frozen=True)
class Crops:
    """Crops of recordings.

    Attributes:
        which: (B,) the place of each crop's recording in the list of items.
        starts: (B,) seconds.
        samples: (B, N) mono, at level 1.
    """

    which: NDArray[np.int64]
    starts: NDArray[np.float64]
    samples: NDArray[np.float32]


def draw_crops(
    items: Sequence[TrainingItem], n_crops: int, seconds: float, sample_rate: int, generator: np.random.Generator
) -> Crops:
    """Draws random crops; every stretch of audio is about equally likely.

    Args:
        items: the recordings, at least one.
        n_crops: how many crops.
        seconds: length of a crop, at most that of the shortest recording.
        sample_rate: samples per second of the crops.
        generator: for the draw.

    Returns:
        The crops.

    Raises:
        TrainingError: if a recording cannot be read any more, or has become too short.
    """
    n_samples = round(seconds * sample_rate)
    durations = np.array([item.duration for item in items])
    which = generator.choice(len(items), size=n_crops, p=durations / durations.sum())
    starts = generator.uniform(0, 1, n_crops) * np.maximum(0, durations[which] - n_samples / sample_rate)
    samples = [crop(items[place], start, n_samples, sample_rate) for place, start in zip(which, starts, strict=True)]
    return Crops(which, starts, np.stack(samples))


def crop(item: TrainingItem, start: float, n_samples: int, sample_rate: int) -> Samples:
    """Reads a crop of a recording.

    Args:
        item: the recording.
        start: seconds. A crop at the very end may start up to two samples of the file earlier.
        n_samples: length of the crop at `sample_rate`.
        sample_rate: samples per second of the crop.

    Returns:
        (n_samples,) mono samples at level 1.

    Raises:
        TrainingError: if the recording cannot be read any more, or has become too short.
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
    if short > LENGTH_ROUNDING:
        raise TrainingError(f"{item.path}: is shorter than when training began. Take it out of the folder.")
    samples = np.pad(samples, (0, max(0, short)))[:n_samples]
    return np.asarray(samples / np.sqrt(item.level), dtype=np.float32)
