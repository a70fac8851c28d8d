"""A recording -> a harder one: among other talkers, in a room, over a telephone, as MP3, at another level.

Every function takes the mono samples of a recording, (n,), and returns (n,) float32 samples; no sound moves in time.
Random numbers come from the generator that is passed in. Samples are not clipped, except by the telephone. White noise
is in `phonseg.augmentation.white_noise`.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from phonseg.audio.level import active_power
from phonseg.augmentation.white_noise import with_noise
from phonseg.errors import ConfigurationError
from phonseg.timeline.grid import Samples

TELEPHONE_RATE, TELEPHONE_BAND = 8_000, (300, 3_400)  # Hz
COMPANDING, STEPS = 255, 127  # the mu of the mu-law of ITU-T G.711, and its steps on either side of 0
MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # Hz
# Samples by which encoding (576) and decoding (529) delay an MP3 file at any rate, if its header has no room to say so.
# If it has, the decoder removes the delay.
MP3_DELAY = 1_105


def babble(
    samples: Samples, sample_rate: int, generator: np.random.Generator, *, talkers: Sequence[Samples], snr: float
) -> Samples:
    """Add the voices of other people, all equally loud.

    talkers: the recordings of one person each, at the same sample rate; each starts at a random place and is repeated
    until the recording ends. snr: as for `phonseg.augmentation.white_noise.with_noise`.

    Raises ConfigurationError if there are no talkers, or one of them is silent.
    """
    powers = [active_power(talker, sample_rate) for talker in talkers]
    if not powers or min(powers) <= 0:
        raise ConfigurationError(f"babble: {len(powers)} talkers, of which {powers.count(0)} silent. Give some speech.")
    noise = np.zeros(len(samples))
    for talker, power in zip(talkers, powers, strict=True):
        places = (generator.integers(len(talker)) + np.arange(len(samples))) % len(talker)
        noise += talker[places] / np.sqrt(power)
    return with_noise(samples, sample_rate, noise, snr=snr)


def impulse_response(
    sample_rate: int, generator: np.random.Generator, *, t60: float = 0.5, direct_to_reverberant: float = 0.0
) -> Samples:
    """The response of a room (Polack, 1988), (1 + round(t60 * sample_rate),): the direct sound, 1, and decaying noise.

    t60: seconds in which the tail loses 60 dB. direct_to_reverberant: decibels from the energy of the tail up to that
    of the direct sound; at 0 both are equal.

    Raises ConfigurationError if `t60` is shorter than a sample.
    """
    n = round(t60 * sample_rate)
    if n < 1:
        raise ConfigurationError(f"t60 is {t60}. Give the seconds in which the room loses 60 dB, such as 0.5.")
    tail = generator.normal(size=n) * 10.0 ** (-3 * np.arange(1, n + 1) / n)
    tail *= np.sqrt(10 ** (-direct_to_reverberant / 10) / np.square(tail).sum())
    return np.concatenate([[1.0], tail]).astype(np.float32)


def room(
    samples: Samples,
    sample_rate: int,
    generator: np.random.Generator,
    *,
    t60: float = 0.5,
    direct_to_reverberant: float = 0.0,
) -> Samples:
    """Play the recording in a room; the direct sound is unchanged. See `impulse_response`."""
    from scipy.signal import fftconvolve

    response = impulse_response(sample_rate, generator, t60=t60, direct_to_reverberant=direct_to_reverberant)
    return np.asarray(fftconvolve(samples, response)[: len(samples)], dtype=np.float32)


def telephone(samples: Samples, sample_rate: int) -> Samples:
    """Send the recording over a telephone line: 300 to 3400 Hz, 8000 samples per second, 8-bit mu-law from -1 to 1.

    The band filter delays no frequency. Samples below -1 or above 1 are clipped.

    Raises ConfigurationError for a sample rate below 8000.
    """
    from scipy.signal import butter, sosfiltfilt

    if sample_rate < TELEPHONE_RATE:
        raise ConfigurationError(f"telephone: sample_rate is {sample_rate}. Give {TELEPHONE_RATE} or more.")
    band = butter(4, TELEPHONE_BAND, "bandpass", fs=sample_rate, output="sos")
    sent = soxr.resample(sosfiltfilt(band, samples, padtype=None), sample_rate, TELEPHONE_RATE, "HQ")
    received = soxr.resample(_mu_law(sent), TELEPHONE_RATE, sample_rate, "HQ")[: len(samples)]
    return np.pad(received, (0, len(samples) - len(received))).astype(np.float32)


def mp3(samples: Samples, sample_rate: int, *, kilobits: float = 32) -> Samples:
    """Compress the recording as MP3 and decode it again. kilobits: per second, constant.

    The delay is removed. Raises ConfigurationError for a sample rate that MP3 does not have, or a bit rate that it does
    not have at that sample rate.
    """
    # libsndfile's compression level runs evenly from the highest bit rate (0) to the lowest (1).
    highest, lowest = (320, 32) if sample_rate >= 32_000 else (160, 8) if sample_rate >= 16_000 else (64, 8)
    level = (highest - kilobits) / (highest - lowest)
    if not (sample_rate in MP3_RATES and 0 <= level < 1):
        raise ConfigurationError(
            f"mp3: cannot have {kilobits} kbit/s at {sample_rate} Hz. Give more than {lowest}, up to {highest}, "
            f"and one of the sample rates {', '.join(map(str, MP3_RATES))}."
        )
    file = BytesIO()
    soundfile.write(file, samples, sample_rate, format="MP3", compression_level=level, bitrate_mode="CONSTANT")
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    delay = MP3_DELAY if len(decoded) > len(samples) else 0
    return np.asarray(decoded[delay : delay + len(samples)], dtype=np.float32)


def gain(samples: Samples, *, decibels: float) -> Samples:
    """Make the recording louder (above 0) or quieter (below)."""
    return np.asarray(samples * 10 ** (decibels / 20), dtype=np.float32)


def _mu_law(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples rounded to 127 steps on either side of 0, on the logarithmic scale of the mu-law (ITU-T G.711)."""
    logarithm = np.log1p(COMPANDING * np.minimum(np.abs(samples), 1)) / np.log1p(COMPANDING)
    coded = np.round(logarithm * STEPS) / STEPS
    return np.asarray(np.sign(samples) * np.expm1(coded * np.log1p(COMPANDING)) / COMPANDING)
