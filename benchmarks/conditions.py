"""The conditions under which a recording is heard: as it is, and made harder in ways that are the same every time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import degradation
import numpy as np
from systems import drawn

from phonseg.audio.channels import Samples
from phonseg.audio.find import find_recordings
from phonseg.audio.level import active_power
from phonseg.audio.recording import read
from phonseg.augmentation.noise import white_noise
from phonseg.errors import ConfigurationError

RATE = 16_000
CLEAN = "as recorded"
RATIOS = (20, 10, 5)  # decibels from the noise up to the active speech
TALKERS = 6  # in a babble
ROOM = {"t60": 0.5, "direct_to_reverberant": 0.0}  # seconds, decibels
# What a table of these conditions must say.
TOLD = (
    "Decibels are from the mean power of the noise up to that of the active speech (the stretches of 20 ms less than "
    f"20 dB below the loud ones). A babble has {TALKERS} talkers. The room has a T60 of {ROOM['t60']:g} s, and direct "
    f"sound {ROOM['direct_to_reverberant']:g} dB over its reverberation. The telephone: 300 to 3400 Hz, 8 kHz, mu-law."
)
# Recordings that the talkers of all babbles are drawn from: enough that none is heard often.
POOL = 120

Change = Callable[[Samples, np.random.Generator], Samples]


def harder(folder: Path) -> dict[str, Change]:
    """Each condition with the function that makes a recording at `RATE` so. folder: recordings of other talkers.

    Raises ConfigurationError if the folder holds none, AudioError if one of them cannot be read.
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


def heard(name: str, path: Path, conditions: Mapping[str, Change]) -> dict[str, tuple[Samples, int]]:
    """A recording under each condition, as samples with their rate. name: of the recording, which seeds the noise."""
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
