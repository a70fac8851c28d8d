"""A recording, its copy at another tempo, and the map of time between them -> how good the copy is.

Mapped mel: the mean absolute difference, in decibels, between the log-mel spectrum of the copy and that of the
recording read through the map (40 bands, 25 ms, every 10 ms, nothing lower than 60 dB below the loudest). Attack: the
largest rise within 4 ms of the level above 1.5 kHz near the burst of a stop; as much of it is lost as it is smaller in
the copy. F0 is Praat's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import librosa
import numpy as np
import parselmouth
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from scipy.signal import butter, get_window, sosfiltfilt

import phonseg
from phonseg.evaluation.matching import SLACK, most_pairs
from phonseg.timeline.grid import Samples, Times
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap

FACTORS = (0.5, 0.66, 1.33, 2.0)
FRAME = 0.01  # seconds from one frame of the spectrum to the next
WINDOW = 512  # samples of the Fourier transform
RANGE = 60  # dB; what lies further below the loudest band does not count
STOPS = frozenset("bdgptk")
LEAST_RISE = 12  # dB within 4 ms; a burst that rises less has no attack that could be lost
PITCH_STEP = 0.005  # seconds
DENSE = 2000  # moments at which a map is read

Levels = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Sound:
    """Mono samples (n,) and what is measured in them, each once."""

    samples: Samples
    sample_rate: int

    @property
    def source(self) -> tuple[Samples, int]:
        """As phonseg takes it."""
        return self.samples, self.sample_rate

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.sample_rate

    @cached_property
    def mel(self) -> Levels:
        """(T, 40) decibels; frame i has its middle at (i + 0.5) * FRAME."""
        rate = self.sample_rate
        padded = np.pad(self.samples, (round(0.0075 * rate), int(0.075 * rate)))
        frames = sliding_window_view(padded, WINDOW)[:: rate // 100]
        window = get_window("hann", int(0.025 * rate))
        before, odd = divmod(WINDOW - len(window), 2)
        shape = np.pad(window, (before, before + odd))
        filters = librosa.filters.mel(sr=rate, n_fft=WINDOW, n_mels=40, fmax=8000)
        power = filters @ np.square(np.abs(np.fft.rfft(frames * shape))).T
        levels = 10 * np.log10(power + 1e-8).T[: int(np.ceil(self.duration / FRAME - 1e-9))]
        return np.asarray(np.maximum(levels, levels.max() - RANGE))

    @cached_property
    def high_level(self) -> Levels:
        """(T,) decibels above 1.5 kHz, in 3 ms, every millisecond."""
        high = sosfiltfilt(butter(4, 1500, "high", fs=self.sample_rate, output="sos"), self.samples)
        power = np.convolve(high**2, np.ones(48) / 48, "same")[:: self.sample_rate // 1000]
        return np.asarray(10 * np.log10(power + 1e-10))

    @cached_property
    def pitch(self) -> tuple[Times, Levels]:
        """Times, and the fundamental frequency in Hz then, 0 where there is none."""
        sound = parselmouth.Sound(self.samples.astype(float), self.sample_rate)
        pitch = sound.to_pitch_ac(PITCH_STEP, 75, pitch_ceiling=500)
        return pitch.xs(), pitch.selected_array["frequency"]

    @cached_property
    def segmentation(self) -> Segmentation:
        """What phonseg finds with no option."""
        return phonseg.segment(self.source)

    def time_map(self, factor: float, *, mapped: bool) -> TimeMap:
        """The map of phonseg (mapped), or the even one."""
        return phonseg.time_map(self.source, factor, even=not mapped, segmentation=self.segmentation)


@dataclass(frozen=True)
class Measures:
    """How good a copy is.

    mel: decibels. lost, shifts: decibels and milliseconds, one for each burst with an attack. cents: NaN if there is no
    voice. boundary_f1: of the boundaries found in it against the mapped ones. drift: milliseconds between the map and
    one that changes every moment alike, where they are furthest apart.
    """

    mel: float
    lost: Sequence[float]
    shifts: Sequence[float]
    cents: float
    boundary_f1: float
    drift: float


def measure(old: Sound, new: Sound, time_map: TimeMap, factor: float, bursts: Times) -> Measures:
    """Measure a copy that is `factor` times as fast. bursts: seconds in the old recording, where stops are released.

    The map is read at DENSE moments, and straight between them.
    """
    dense = np.linspace(0, old.duration, DENSE)
    read = TimeMap(dense, time_map(dense))
    attacks = list(attack_changes(old, new, read, bursts))
    return Measures(
        mel=mapped_mel(old, new, read),
        lost=[lost for lost, _ in attacks],
        shifts=[shift for _, shift in attacks],
        cents=pitch_error(old, new, read),
        boundary_f1=boundary_f1(old, new, read, 0.02 * max(1, 1 / factor)),
        drift=1000 * float(np.abs(read.new - dense / factor).max()),
    )


def mapped_mel(old: Sound, new: Sound, time_map: TimeMap) -> float:
    """Decibels, over all frames of the copy."""
    middles = time_map.inverse((np.arange(len(new.mel)) + 0.5) * FRAME) / FRAME - 0.5
    before = np.clip(np.floor(middles).astype(int), 0, len(old.mel) - 2)
    share = np.clip(middles - before, 0, 1)[:, None]
    expected = old.mel[before] * (1 - share) + old.mel[before + 1] * share
    return float(np.abs(new.mel - expected).mean())


def attack_changes(old: Sound, new: Sound, time_map: TimeMap, bursts: Times) -> Iterator[tuple[float, float]]:
    """For each burst with an attack: the decibels that it lost, and by how many milliseconds it lies off the map."""
    for burst in bursts:
        rise, when = steepest_rise(old.high_level, burst, reach=15)
        if not rise > LEAST_RISE:
            continue
        expected = time_map(when)
        rise_left, place = steepest_rise(new.high_level, expected, reach=20)
        yield rise - rise_left, 1000 * abs(place - expected)


def steepest_rise(level: Levels, time: float, reach: int) -> tuple[float, float]:
    """The largest rise within 4 ms, in decibels, at most `reach` ms from a time, and when; NaN if there is no room."""
    middle = round(time * 1000)
    first, last = max(0, middle - reach), min(len(level) - 5, middle + reach)
    if last <= first:
        return np.nan, np.nan
    rises = level[first + 4 : last + 4] - level[first:last]
    steepest = int(np.argmax(rises))
    return float(rises[steepest]), (first + steepest + 2) / 1000


def pitch_error(old: Sound, new: Sound, time_map: TimeMap) -> float:
    """The median, in cents, where both have a voice; NaN where they never have."""
    (times, expected), (new_times, found) = old.pitch, new.pitch
    nearest = np.round((time_map.inverse(new_times) - times[0]) / PITCH_STEP).astype(int)
    expected = expected[np.clip(nearest, 0, len(expected) - 1)]
    voiced = (expected > 0) & (found > 0)
    cents = np.abs(1200 * np.log2(found[voiced] / expected[voiced]))
    return float(np.median(cents)) if len(cents) else np.nan


def boundary_f1(old: Sound, new: Sound, time_map: TimeMap, tolerance: float) -> float:
    """F1 of the boundaries found in the copy against the mapped ones, within `tolerance` seconds."""
    expected, found = time_map(old.segmentation.boundaries), new.segmentation.boundaries
    return 2 * most_pairs(expected, found, tolerance + SLACK) / max(1, len(expected) + len(found))


def bursts_of(reference: Segmentation) -> Times:
    """Seconds at which a stop is released, by TIMIT's symbols: where b d g p t k follow a closure."""
    labels = list(reference.labels or ())
    released = [own in STOPS and before.endswith("cl") for before, own in pairwise(labels)]
    return reference.boundaries[np.array(released, bool)]


def summary(measures: Sequence[Measures]) -> Mapping[str, float]:
    """The figures of several recordings: means; a burst, not a recording, is the unit of attacks."""
    lost = np.array([decibels for one in measures for decibels in one.lost])
    shifts = np.array([shift for one in measures for shift in one.shifts])
    return {
        "mel": float(np.mean([one.mel for one in measures])),
        "attack": float(lost.mean()) if lost.size else np.nan,
        "over 6 dB": float((lost > 6).mean()) if lost.size else np.nan,
        "shift": float(shifts.mean()) if shifts.size else np.nan,
        "F0": mean_of_numbers([one.cents for one in measures]),
        "F1": float(np.mean([one.boundary_f1 for one in measures])),
        "drift": float(np.mean([one.drift for one in measures])),
    }


def mean_of_numbers(values: ArrayLike) -> float:
    """The mean of those that are not NaN; NaN if there are none."""
    numbers = np.asarray(values, np.float64)
    kept = numbers[~np.isnan(numbers)]
    return float(kept.mean()) if kept.size else np.nan


def spread(items: Sequence[T], count: int) -> Sequence[T]:
    """Up to `count` items, spread over all."""
    return items[:: max(1, len(items) // count)][:count]
