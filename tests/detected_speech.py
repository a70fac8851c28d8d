"""Samples -> their power in mel bands, their regions of speech and the audible parts of these."""

from __future__ import annotations

import numpy as np
import torch
from conftest import RATE, Samples

from phonseg.audio.level import loud_level
from phonseg.detection.audible_parts import AudiblePart, audible_parts
from phonseg.detection.speech_activity import Region, broad_band_decibels, speech_regions
from phonseg.encoders.log_mel import LogMel
from phonseg.timeline.grid import Curve

SPECTRA = LogMel(window=256)
GRID = SPECTRA.grid.moved(-RATE // 10)


def powers(samples: Samples) -> np.ndarray:
    """(T, 40) mel-band power of a recording between 100 ms of silence on either side."""
    silence = np.zeros(RATE // 10, np.float32)
    with torch.inference_mode():
        return SPECTRA.power(torch.from_numpy(np.concatenate([silence, samples, silence]))[None])[0].numpy()


def regions(samples: Samples) -> list[Region]:
    """The regions of speech, at the times of the samples."""
    bands = powers(samples)
    power = bands.mean(axis=1)
    return speech_regions(broad_band_decibels(bands), power, loud_level(power), GRID)


def regions_and_audible_parts(samples: Samples) -> tuple[list[Region], list[AudiblePart]]:
    """The regions of speech and their audible parts, at the times of the samples."""
    power = powers(samples).mean(axis=1)
    loudness, found = Curve(10 * np.log10(np.maximum(power, 1e-30)), GRID), regions(samples)
    return found, audible_parts(loudness, loud_level(power), found)


def in_noise(sound: Samples, start: float, background: Samples) -> Samples:
    """The sound from `start` seconds on in a background."""
    mixed = background.copy()
    mixed[round(start * RATE) : round(start * RATE) + len(sound)] += sound
    return mixed
