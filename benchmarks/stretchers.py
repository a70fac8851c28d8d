"""Samples and a map of time -> the samples at another tempo, by phonseg and by others.

Each takes samples (n,) or (n, channels), their rate and a map whose times count from the first sample, and returns as
many samples as the map is long. Praat's overlap-add (PSOLA), by parselmouth, is given the map as a DurationTier.
librosa's phase vocoder and `sox tempo -s`, a program, change every moment alike: of the map they only see the factor.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import parselmouth
import soundfile
from parselmouth.praat import call

from phonseg.tempo.rendering.render import render
from phonseg.timeline.grid import Samples
from phonseg.timeline.time_map import TimeMap

RATE = 16_000  # Hz, at which recordings are read
PITCH_FLOOR, PITCH_CEILING = 75, 500  # Hz, for Praat

Stretch = Callable[[Samples, int, TimeMap], Samples]


@dataclass(frozen=True)
class Way:
    """A program with an even map, or with the one that phonseg finds (mapped)."""

    program: str
    stretch: Stretch
    mapped: bool

    @property
    def name(self) -> str:
        """The program and the map."""
        return f"{self.program}, {'mapped' if self.mapped else 'even'}"


def ways() -> list[Way]:
    """All of them but sox where it is not installed; phonseg's own are the first."""
    follow_maps = {"phonseg": own, "Praat": praat}
    found = [Way(program, stretch, mapped) for program, stretch in follow_maps.items() for mapped in (True, False)]
    found.append(Way("librosa", vocoder, False))
    return [*found, Way("sox", sox, False)] if shutil.which("sox") else found


def new_length(time_map: TimeMap, sample_rate: int) -> int:
    """How many samples the map is long."""
    return round((time_map.new[-1] - time_map.new[0]) * sample_rate)


def own(samples: Samples, sample_rate: int, time_map: TimeMap) -> Samples:
    """What phonseg renders."""
    columns = samples.reshape(len(samples), -1)
    blocks = render(lambda: iter([columns]), len(samples), sample_rate, time_map, new_length(time_map, sample_rate))
    return np.concatenate([np.zeros((0, columns.shape[1]), np.float32), *blocks]).reshape(-1, *samples.shape[1:])


def praat(samples: Samples, sample_rate: int, time_map: TimeMap) -> Samples:
    """What Praat resynthesizes by overlap-add, one channel after the other."""
    n_new = new_length(time_map, sample_rate)
    columns = [_praat_mono(column, sample_rate, time_map) for column in samples.reshape(len(samples), -1).T]
    return _cut(np.stack(columns, axis=1), n_new).reshape(-1, *samples.shape[1:])


def _praat_mono(samples: Samples, sample_rate: int, time_map: TimeMap) -> Samples:
    sound = parselmouth.Sound(samples.astype(float), sample_rate)
    manipulation = call(sound, "To Manipulation", 0.01, PITCH_FLOOR, PITCH_CEILING)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tempo.DurationTier"
        time_map.to_duration_tier(file)
        call([manipulation, parselmouth.read(str(file))], "Replace duration tier")
    resynthesis = call(manipulation, "Get resynthesis (overlap-add)")
    return np.asarray(resynthesis.values[0], dtype=np.float32)


def vocoder(samples: Samples, sample_rate: int, time_map: TimeMap) -> Samples:
    """What librosa's phase vocoder makes of it, with no option."""
    stretched = librosa.effects.time_stretch(np.ascontiguousarray(samples.T), rate=time_map.factor)
    return _cut(stretched.T, new_length(time_map, sample_rate))


def sox(samples: Samples, sample_rate: int, time_map: TimeMap) -> Samples:
    """What `sox tempo -s` makes of it, in 16 bits."""
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder) / "old.wav", Path(folder) / "new.wav"
        soundfile.write(old, samples, sample_rate)
        subprocess.run(["sox", "-D", old, new, "tempo", "-s", f"{time_map.factor:.9f}"], check=True)
        stretched, _ = soundfile.read(new, dtype="float32")
    return _cut(stretched, new_length(time_map, sample_rate))


def _cut(samples: Samples, n: int) -> Samples:
    """The first n samples, with zeros after them where there are fewer."""
    missing = max(0, n - len(samples))
    return np.asarray(np.pad(samples[:n], [(0, missing), *[(0, 0)] * (samples.ndim - 1)]), dtype=np.float32)
