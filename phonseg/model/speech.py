"""Recording -> its level, its loudness, and where its speech is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.level import loud_level
from phonseg.audio.recording import Recording
from phonseg.detection.noise_floor import Decibels
from phonseg.detection.speech_activity import (
    BROAD_BANDS,
    Region,
    broad_band_decibels,
    revise_regions,
    speech_regions,
)
from phonseg.encoders.chunks import chunk_grid, chunks, frame_count
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.speech_network import JOINED_BANDS, STEP_FRAMES, SpeechNetwork, add_to_steps
from phonseg.timeline.grid import Curve, FrameGrid, Samples

if TYPE_CHECKING:
    from phonseg.model.segmenter import Segmenter


class Overview(NamedTuple):
    """What one pass over the samples of a recording tells.

    Attributes:
        power: (T,) of each frame.
        decibels: (BROAD_BANDS, T) loudness of broad bands.
        steps: (T / STEP_FRAMES, bands) power of the steps of a speech network, rounded up.
        level: power of the loud frames; 0 for digital silence.
        grid: of the frames.
    """

    power: NDArray[np.float32]
    decibels: Decibels
    steps: NDArray[np.float32]
    level: float
    grid: FrameGrid


def overview(blocks: Iterable[Samples], n_samples: int, sample_rate: int) -> Overview:
    """Passes over a recording once.

    Args:
        blocks: mono samples, in blocks of any size.
        n_samples: how many samples there are in all.
        sample_rate: of the samples, in Hz.

    Returns:
        The overview.
    """
    spectra = _level_spectra(sample_rate)
    count = frame_count(spectra.grid, 0, n_samples)
    power, decibels = np.empty(count, np.float32), np.empty((BROAD_BANDS, count), np.float32)
    steps = np.zeros((-(-count // STEP_FRAMES), spectra.bands // JOINED_BANDS), np.float32)
    done = 0
    for chunk in chunks(blocks, spectra.grid, margin=0):
        mel = spectra.power_of(chunk).numpy()
        here = slice(done, done + len(mel))
        power[here], decibels[:, here] = mel.mean(axis=1), broad_band_decibels(mel)
        add_to_steps(steps, mel, done)
        done = here.stop
    return Overview(power, decibels, steps, loud_level(power), chunk_grid(spectra.grid, margin=0))


def level_and_speech(
    blocks: Iterable[Samples], n_samples: int, sample_rate: int, network: SpeechNetwork | None = None
) -> tuple[float, tuple[Region, ...], Curve]:
    """Finds the level of a recording, its speech, and its loudness.

    Args:
        blocks: mono samples, in blocks of any size.
        n_samples: how many samples there are in all.
        sample_rate: of the samples, in Hz.
        network: which revises what loudness shows; None for loudness alone.

    Returns:
        The level, the regions of speech, and the loudness, as in `phonseg.model.analysis.Analysis`.
    """
    power, decibels, steps, level, grid = overview(blocks, n_samples, sample_rate)
    probability = None if network is None or level == 0 else network.probability(steps, level)
    del steps  # which are the largest
    speech = speech_regions(decibels, power, level, grid) if level > 0 else []
    if probability is not None:
        speech = revise_regions(speech, np.repeat(probability, STEP_FRAMES)[: len(power)], grid)
    loudness = Curve(10 * np.log10(np.maximum(power, np.finfo(np.float32).tiny)), grid)
    return level, tuple(speech), loudness


def find_speech(recording: Recording, segmenter: Segmenter) -> tuple[float, tuple[Region, ...]]:
    """Finds the level and the speech of a recording in one pass, without its curve.

    Args:
        recording: the recording.
        segmenter: a model, whose speech network is used if it has one.

    Returns:
        The power of the loud frames, 0 for digital silence; and the regions of speech, in time order.

    Raises:
        AudioError: if the recording became shorter after it was opened.
    """
    rate = segmenter.streams[0].encoder.grid.sample_rate
    level, speech, _ = level_and_speech(recording.blocks(rate), recording.length(rate), rate, segmenter.speech)
    return level, speech


def measure_level(recording: Recording, sample_rate: int) -> float:
    """Measures only the level of a recording.

    Args:
        recording: the recording.
        sample_rate: at which it is analysed, in Hz.

    Returns:
        The level, as in `phonseg.model.analysis.Analysis`.

    Raises:
        AudioError: if the recording became shorter after it was opened.
    """
    return level_and_speech(recording.blocks(sample_rate), recording.length(sample_rate), sample_rate)[0]


@cache
def _level_spectra(sample_rate: int) -> LogMel:
    """Returns the encoder that measures level and speech. It is cached, since making it takes longer than using it."""
    return LogMel(window=256, sample_rate=sample_rate)
