"""A recording -> the same recording in noise, in a room and so on; the same way in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import degradation
import numpy as np
from systems import drawn

from phonseg.audio.find import find_recordings
from phonseg.audio.level import active_power
from phonseg.audio.recording import read
from phonseg.augmentation.white_noise import white_noise
from phonseg.errors import ConfigurationError
from phonseg.timeline.grid import Samples

RATE = 16_000
CLEAN = "as recorded"
RATIOS = (20, 10, 5)  # decibels from the noise up to the active speech
TALKERS = 6  # in a babble
ROOM = {"t60": 0.5, "direct_to_reverberant": 0.0}  # seconds, decibels
# Printed above the tables of these conditions.
DEFINITIONS = (
    "Decibels are from the mean power of the noise up to that of the active speech (the stretches of 20 ms less than "
    f"20 dB below the loud ones). A babble has {TALKERS} talkers. The room has a T60 of {ROOM['t60']:g} s, and direct "
    f"sound {ROOM['direct_to_reverberant']:g} dB over its reverberation. The telephone: 300 to 3400 Hz, 8 kHz, mu-law."
)
POOL = 120  # recordings that the talkers of all babbles are drawn from; with so many, none recurs often

Change = Callable[[Samples, np.random.Generator], Samples]


def harder(folder: Path) -> dict[str, Change]:
    """The conditions by name, each a function that changes a recording at `RATE`. folder: recordings of other talkers.

    Raises ConfigurationError if the folder holds no speech, AudioError if a recording in it cannot be read.
    """
    pool = [read(path, sample_rate=RATE)[0] for path in drawn(find_recordings(folder), POOL)]
    pool = [talker for talker in pool if active_power(talker, RATE) > 0]
    if not pool:
        raise ConfigurationError(f"{folder}: holds no recording of a talker. Give another folder of recordings.")
    return {
        **{f"white noise, {snr} dB": _white_noise(snr) for snr in RATIOS},
        **{f"babble, {snr} dB": _babble(snr, pool) for snr in RATIOS},
        "room": lambda samples, generator: degradation.room(samples, RATE, generator, **ROOM),
        "telephone": lambda samples, _: degradation.telephone(samples, RATE),
        "MP3, 32 kbit/s": lambda samples, _: degradation.mp3(samples, RATE),
        "40 dB quieter": lambda samples, _: degradation.gain(samples, decibels=-40),
    }


def under_conditions(name: str, path: Path, conditions: Mapping[str, Change]) -> dict[str, tuple[Samples, int]]:
    """The recording under each condition: (samples, rate) by condition. name: of the recording; it seeds the noise."""
    if not conditions:
        return {}
    samples, _ = read(path, sample_rate=RATE)
    return {
        condition: (change(samples, _generator(f"{condition}: {name}")), RATE)
        for condition, change in conditions.items()
    }


def _white_noise(snr: float) -> Change:
    return lambda samples, generator: white_noise(samples, RATE, generator, snr=snr)


def _babble(snr: float, pool: Sequence[Samples]) -> Change:
    def change(samples: Samples, generator: np.random.Generator) -> Samples:
        places = generator.permutation(len(pool))[:TALKERS]
        talkers = [pool[place] for place in places]
        return degradation.babble(samples, RATE, generator, talkers=talkers, snr=snr)

    return change


def _generator(text: str) -> np.random.Generator:
    return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))
